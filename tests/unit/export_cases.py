"""Made-up exports for tests, written here or lying in tests/data/exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from vault_svc.adapters.passwordexports import read

if TYPE_CHECKING:
    from vault_svc.domain.password_exports import ExportReading
    from vault_svc.domain.secrets import Secret

EXPORTS = Path(__file__).resolve().parent.parent / "data" / "exports"
SENTINEL = "Sentinel-Geheim-7"


def content(name: str) -> bytes:
    """The bytes of one of the made-up exports; the sheet lies there as UTF-8 and is saved here as spreadsheets do."""
    if name == "sheet-gb18030.csv":
        return (EXPORTS / "sheet.csv").read_bytes().decode().encode("gb18030")
    return (EXPORTS / name).read_bytes()


def reading(name: str) -> ExportReading:
    """Read one of the made-up exports."""
    return read(content(name))


def shown(value: Secret | None) -> str | None:
    """The plain value of a made-up secret."""
    return None if value is None else value.reveal()


def csv(*lines: str) -> bytes:
    """A table with the usual columns."""
    return "\r\n".join(["name,url,username,password", *lines]).encode()


def bitwarden(*items: object) -> bytes:
    """An unencrypted export of Bitwarden."""
    return json.dumps({"encrypted": False, "items": list(items)}).encode()


def keepass(*entries: str) -> bytes:
    """An export of KeePass with one group."""
    inner = "".join(f"<Entry>{entry}</Entry>" for entry in entries)
    return f"<KeePassFile><Root><Group>{inner}</Group></Root></KeePassFile>".encode()


def string(key: str, value: str, attributes: str = "") -> str:
    """One field of a KeePass entry."""
    return f"<String><Key>{key}</Key><Value{attributes}>{value}</Value></String>"
