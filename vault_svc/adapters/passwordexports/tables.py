"""Tables of passwords: what a browser exports, and the spreadsheet that most shops start from, saved as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.adapters.passwordexports.columns import BOOKKEEPING, HINTS, Column, meanings, plain
from vault_svc.domain.password_exports import (
    ExportedEntry,
    ExportFormat,
    ExportReading,
    Loss,
    check_count,
    check_value,
    refuse,
    unique_keys,
)
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DELIMITERS = ",\t;"
_MOST_COLUMNS = 100
_REPLACED = "\ufffd"


_BROWSERS = ("name,url,username,password", "url,username,password", "title,url,username,password")


def is_browsers(data: bytes) -> bool:
    """Whether the first line is one that browsers write, in their encoding."""
    first = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].replace(b'"', b"").lower()
    if not first.startswith(tuple(words.encode() for words in _BROWSERS)):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_browser(data: bytes) -> ExportReading:
    """Read a browser's CSV, which is always UTF-8. ``Invalid`` where it is no such table."""
    try:
        return _read(ExportFormat.BROWSER, data.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as broken:
        raise _not_decodable(data, broken) from None


def read_sheet(data: bytes) -> ExportReading:
    """Read a spreadsheet's CSV: UTF-16 by its mark, else UTF-8, else GB18030. ``Invalid`` where it is no such table."""
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    broken: UnicodeDecodeError | None = None
    for encoding in encodings:
        try:
            return _read(ExportFormat.SHEET, data.decode(encoding), encoding.removesuffix("-sig"))
        except UnicodeDecodeError as fault:
            broken = broken or fault
    raise _not_decodable(data, broken) from None


def _not_decodable(data: bytes, broken: UnicodeDecodeError | None) -> Exception:
    line = data.count(b"\n", 0, broken.start) + 1 if broken else 1
    text = Text("文字编码有误,请另存为 UTF-8 的 CSV", "the encoding is broken, save it as CSV in UTF-8")
    return refuse("encoding", text, where=line, fmt=ExportFormat.SHEET)


@dataclass(frozen=True, slots=True)
class _Header:
    names: tuple[str, ...]
    meanings: tuple[Column | None, ...]

    def cell(self, row: Sequence[str], column: Column) -> str:
        return row[self.meanings.index(column)] if column in self.meanings else ""

    def secret(self, row: Sequence[str], column: Column) -> Secret | None:
        value = self.cell(row, column)
        return Secret(value) if value else None

    def others(self, row: Sequence[str]) -> Iterator[tuple[str, Secret]]:
        for name, meaning, value in zip(self.names, self.meanings, row, strict=True):
            if meaning is None and value and plain(name) not in BOOKKEEPING:
                yield name.strip() or "?", Secret(value)


def _read(fmt: ExportFormat, text: str, encoding: str) -> ExportReading:
    rows = _rows(fmt, text)
    _, names = next(rows, (1, []))
    header = _header(fmt, names)
    entries: list[ExportedEntry] = []
    losses: list[Loss] = []
    for line, row in rows:
        if not any(row):
            continue
        if len(row) != len(header.names):
            text_ = Text("列数与表头不符", "it has another number of columns than the first line")
            raise refuse("columns", text_, where=line, fmt=fmt)
        for value in row:
            check_value(value, where=line, fmt=fmt)
        if any(_REPLACED in value for value in row):
            losses.append(Loss("damaged", Text("内容在导出前已损坏", "a value was damaged before the export"), line))
        entries.append(_entry(header, line, row))
        check_count(len(entries))
    left_out = sorted(plain(name) for name in header.names if plain(name) in BOOKKEEPING)
    if left_out:
        listed = ", ".join(left_out)
        losses.append(Loss("columns", Text(f"未导入的列: {listed}", f"columns that are not taken: {listed}")))
    return ExportReading(fmt, encoding, tuple(entries), tuple(losses))


def _rows(fmt: ExportFormat, text: str) -> Iterator[tuple[int, list[str]]]:
    """Return each row with the line that it begins on; line breaks inside quotes stay as they are."""
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            text_ = Text("引号或换行有误", "quotes or line breaks are wrong")
            raise refuse("not_csv", text_, where=line, fmt=fmt) from None
        yield line, row
        line = reader.line_num + 1


def _header(fmt: ExportFormat, names: Sequence[str]) -> _Header:
    if len(names) > _MOST_COLUMNS:
        raise refuse("columns", Text("列数过多", "it has too many columns"), where=1, fmt=fmt)
    try:
        found = meanings(names)
    except ValueError:
        text = Text("有两列都是密码,请只保留一列", "two columns are the password, leave one of them")
        raise refuse("two_passwords", text, where=1, fmt=fmt) from None
    if Column.PASSWORD not in found:
        text = Text(
            "第一行须为列名,其中要有「密码」列", "the first line must name the columns, one of them the password"
        )
        raise refuse("no_password_column", text, where=1, fmt=fmt)
    return _Header(tuple(names), found)


def _entry(header: _Header, line: int, row: Sequence[str]) -> ExportedEntry:
    return ExportedEntry(
        where=line,
        name=header.cell(row, Column.NAME),
        url=header.cell(row, Column.URL),
        username=header.cell(row, Column.USERNAME),
        password=header.secret(row, Column.PASSWORD),
        notes=header.secret(row, Column.NOTES),
        totp=header.secret(row, Column.TOTP),
        extra=unique_keys(header.others(row)),
        hints={hint.value: value for hint in sorted(HINTS) if (value := header.cell(row, hint))},
    )
