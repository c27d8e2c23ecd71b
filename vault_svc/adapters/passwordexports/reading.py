"""Finds out what an export is and hands it to its reader. Nothing is written anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.adapters.passwordexports.bitwarden import read_bitwarden
from vault_svc.adapters.passwordexports.keepass import read_keepass
from vault_svc.adapters.passwordexports.tables import is_browsers, read_browser, read_sheet
from vault_svc.domain.password_exports import MOST_BYTES, ExportFormat, refuse
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vault_svc.domain.password_exports import ExportReading

_READERS: Final[Mapping[ExportFormat, Callable[[bytes], ExportReading]]] = {
    ExportFormat.BROWSER: read_browser,
    ExportFormat.SHEET: read_sheet,
    ExportFormat.BITWARDEN: read_bitwarden,
    ExportFormat.KEEPASS2: read_keepass,
}
_KDBX: Final = b"\x03\xd9\xa2\x9a"
_ZIP: Final = b"PK\x03\x04"
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, *, format: str | None = None) -> ExportReading:  # noqa: A002  # the option's name outside
    """Return what an export holds, every value as it was written.

    ``format`` is one of ``ExportFormat``; without it the content decides. ``Invalid`` where it can't be read whole: the
    error names the line or entry and never a value.
    """
    if len(data) > MOST_BYTES:
        raise refuse("too_big", Text("文件过大(最多 10 MiB)", "the file is too big (10 MiB at most)"))
    if format is not None and format not in set(ExportFormat):
        known = ", ".join(ExportFormat)
        raise refuse("unknown_format", Text(f"格式只能是 {known}", f"the format can be: {known}"))
    return _READERS[ExportFormat(format) if format is not None else _detect(data)](data)


def _detect(data: bytes) -> ExportFormat:
    if data.startswith(_KDBX):
        text = Text("这是加密的 KeePass 数据库,请导出为 XML", "this is an encrypted KeePass database, export it as XML")
        raise refuse("encrypted", text)
    if data.startswith(_ZIP):
        text = Text("这是 Excel 工作簿或压缩包,请另存为 CSV", "this is a workbook or archive, save it as CSV")
        raise refuse("not_text", text)
    start = data[:256]
    for mark in _MARKS:
        start = start.removeprefix(mark)
    start = start.replace(b"\0", b"").lstrip()
    if start.startswith(b"{"):
        return ExportFormat.BITWARDEN
    if start.startswith(b"<"):
        return ExportFormat.KEEPASS2
    return ExportFormat.BROWSER if is_browsers(data) else ExportFormat.SHEET
