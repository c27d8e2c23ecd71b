from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.adapters.tabular import FORMATS, write_csv, write_jsonl
from vault_svc.domain.audit import Verdict

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\n=x",
    " =1+1",
    "\uff1dcmd|' /C calc'!A0",
    "\uff0b",
    "\uff0d1",
    "\uff20x",
    "\u3000=1",
]


def read(pieces: Any) -> list[list[str]]:
    """The cells as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(text: str) -> None:
    """In a cell and in a heading: it is text and nothing else."""
    cells = read(write_csv([{text: text}]))

    assert cells == [[f"'{text}"], [f"'{text}"]]


def test_a_row_with_other_columns_is_an_error() -> None:
    """Cells never stand under another heading."""
    with pytest.raises(ValueError, match="columns"):
        list(write_csv([{"a": 1}, {"b": 1}]))


def test_csv_begins_with_the_mark_that_excel_in_china_needs() -> None:
    """UTF-8 is told from GB18030 by its first three bytes."""
    assert b"".join(write_csv([{"列": "值"}])) == b"\xef\xbb\xbf" + "列\r\n值\r\n".encode()


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula; yes, no and nothing are plain."""
    assert read(write_csv([{"n": -5, "f": -0.5, "b": True, "none": None}])) == [
        ["n", "f", "b", "none"],
        ["-5", "-0.5", "True", ""],
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1))
def test_any_text_comes_back_from_csv(rows: list[tuple[str, str]]) -> None:
    """Quotes, line breaks and commas are kept; only an apostrophe may have been put before."""
    cells = read(write_csv([{"a": a, "b": b} for a, b in rows]))

    assert len(cells) == len(rows) + 1
    for got, wanted in zip(cells[1:], rows, strict=True):
        assert [cell.removeprefix("'") for cell in got] == [cell.removeprefix("'") for cell in wanted]


def test_rows_are_written_as_they_come() -> None:
    """Nothing waits for the last row: a long export does not fill the memory."""
    taken = 0

    def rows() -> Any:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield {"text": "x" * 100}

    pieces = write_csv(rows())
    next(pieces)
    next(pieces)

    assert taken < 1000


def test_jsonl_keeps_the_kinds_of_values() -> None:
    """One object a line, in the order of the row; what JSON lacks is text."""
    row = {
        "z": 1,
        "at": datetime(2026, 1, 5, tzinfo=UTC),
        "on": date(2026, 1, 5),
        "verdict": Verdict.DENY,
        "body": b"{}",
        "roles": ("a",),
        "无": None,
    }

    lines = b"".join(write_jsonl([row, {"text": "a\nb"}])).decode().splitlines()

    assert list(json.loads(lines[0]).items()) == [
        ("z", 1),
        ("at", "2026-01-05T00:00:00+00:00"),
        ("on", "2026-01-05"),
        ("verdict", "deny"),
        ("body", "{}"),
        ("roles", ["a"]),
        ("无", None),
    ]
    assert json.loads(lines[1]) == {"text": "a\nb"}


@pytest.mark.parametrize(("name", "empty"), [("csv", b"\xef\xbb\xbf"), ("jsonl", b"")])
def test_no_rows_make_an_empty_file(name: str, empty: bytes) -> None:
    """An export that finds nothing is a file, too."""
    assert b"".join(FORMATS[name]([])) == empty
