"""Takes a company file off the disk or out of a call: its size, its encoding, its lines and its digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import vault_svc
from vault_svc.adapters.tomlfile import parse_toml
from vault_svc.domain.errors import Fault
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.reading import Source

MOST_BYTES = 1024 * 1024
"""Some ten thousand people; more is no company file."""


def file_digest(data: bytes) -> str:
    """Return the SHA-256 of the file as it was given, in hex."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Return what is in the file, cut after one byte too many so that ``parse`` refuses it; ``OSError`` passes."""
    with path.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def parse(data: bytes, *, file: str, faults: list[Fault]) -> Source | None:
    """Return the file's data with its lines, or None after noting why it can't be read."""
    if len(data) > MOST_BYTES:
        words = Text("文件过大(最多 1 MiB)", "the file is too big (1 MiB at most)")
        faults.append(Fault("too_big", words, file=file))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        faults.append(Fault("not_utf8", Text("文件须为 UTF-8 编码", "the file must be UTF-8"), file=file, line=line))
        return None
    return parse_toml(file, text, faults)


def demo_path() -> Path:
    """Return the made-up company that came with the program."""
    return Path(vault_svc.__file__).resolve().parent / "demo" / "company.toml"
