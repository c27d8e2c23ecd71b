"""Rows as files for people and programs: CSV that Excel opens safely, and JSON Lines. Both stream."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BOM: Final = b"\xef\xbb\xbf"
"""Without it Excel in China reads UTF-8 as GB18030."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a cell a formula (OWASP, CSV injection), with the full-width forms that East Asian Excel takes as well."""

_FLUSH_AT: Final = 16_384


def write_csv(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Give a CSV file in pieces: its columns are the keys of the first row, which every row must have.

    Text that a spreadsheet would run is led by an apostrophe, which makes it text; numbers stay numbers.
    """
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer, lineterminator="\r\n")
    columns: list[str] | None = None
    yield _BOM
    for row in rows:
        if columns is None:
            columns = list(row)
            out.writerow(map(_cell, columns))
        if row.keys() != set(columns):
            raise ValueError("a row has other columns than the first")
        out.writerow([_cell(row[column]) for column in columns])
        if buffer.tell() >= _FLUSH_AT:
            yield _taken(buffer)
    yield _taken(buffer)


def write_jsonl(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Give one JSON object a line, keys in the order of the row."""
    for row in rows:
        yield json.dumps({key: _plain(value) for key, value in row.items()}, ensure_ascii=False).encode() + b"\n"


FORMATS: Final = {"csv": write_csv, "jsonl": write_jsonl}
"""Name of a format → its writer."""


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: object) -> object:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool | int | float):
        return plain
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    # Spreadsheets pass over spaces before a formula.
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _plain(value: Any) -> Any:
    """Return what JSON can hold; bytes are text here."""
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.decode()
        case tuple() | frozenset():
            return list(value)
        case _:
            return value
