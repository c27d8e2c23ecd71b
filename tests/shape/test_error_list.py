"""docs/errors.md is the closed list of codes: what it says is what the API answers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.shape.tree import ROOT
from vault_svc.api import errors as answers

if TYPE_CHECKING:
    from vault_svc.domain.texts import Text

Row = tuple[int, str, str, str]
_ROW = re.compile(r"^\| `([a-z_]+)` \| (\d{3}) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def documented() -> list[Row]:
    """The rows of the table: status, code, Chinese, English."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return [(int(status), code, zh, en) for code, status, zh, en in _ROW.findall(text)]


def answered() -> set[Row]:
    """What the API can answer: our own errors, what the framework refuses, and the last resort."""
    unexpected = json.loads(bytes(answers.of_unexpected("en").body))
    every: list[tuple[int, str, Text]] = [
        *((status, error.code, error.message) for error, status in answers.STATUS.items()),
        *((status, code, words) for status, (code, words) in answers.PLAIN.items()),
        (unexpected["status"], unexpected["code"], answers.UNEXPECTED),
    ]
    return {(status, code, words.zh, words.en) for status, code, words in every}


def test_no_error_is_documented_that_is_never_answered() -> None:
    """A program is not told to wait for a code that no answer has."""
    assert set(documented()) - answered() == set()


def test_every_error_that_can_be_answered_is_documented() -> None:
    """The list is closed: each code with its status and its words stands in it."""
    assert answered() - set(documented()) == set()


def test_the_list_is_in_order_and_names_nothing_twice() -> None:
    """Read by status from the top, each code once."""
    rows = documented()

    statuses = [status for status, *_ in rows]
    codes = [code for _, code, *_ in rows]

    assert statuses == sorted(statuses)
    assert len(codes) == len(set(codes))
