"""The file apart from the store that keeps every checkpoint as well, so that a store can't be set back unseen."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from vault_svc.domain.audit import Checkpoint, canonical
from vault_svc.domain.errors import AuditChainBroken, AuditUnavailable, NoRoom
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL: Final = frozenset({"ENOSPC", "EDQUOT", "EFBIG"})


class CheckpointFile:
    """One checkpoint a line, only ever added to; several processes may add at once. Keep it on another disk if you can.

    A line without its end is what a crash left of an ``append`` that never returned: it is passed over, and the next
    ``append`` takes its place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, checkpoint: Checkpoint) -> None:
        """Add one; it is on disk when this returns. ``NoRoom`` or ``AuditUnavailable`` where it can't be."""
        line = canonical(
            {
                "at": checkpoint.at.isoformat(),
                "heads": dict(checkpoint.heads),
                "id": checkpoint.id,
                "signature": checkpoint.signature,
            }
        )
        try:
            new = not self._path.exists()
            with self._locked() as file:
                _add(file, line + b"\n")
            if new:
                self._sync_folder()
        except OSError as error:
            raise (NoRoom() if _name(error) in _FULL else AuditUnavailable()) from error

    def read(self) -> list[Checkpoint]:
        """Return all, oldest first; ``AuditChainBroken`` where a line is none, ``AuditUnavailable`` for no reading."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise AuditUnavailable from error
        return [_read(line, number) for number, line in enumerate(lines[:-1], start=1)]

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Give the open file to one process at a time."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _add(file: int, line: bytes) -> None:
    """Write behind the last whole line and sync; what could not be written whole is taken back."""
    end = _end_of_lines(file)
    try:
        os.ftruncate(file, end)
        os.lseek(file, end, os.SEEK_SET)
        written = 0
        while written < len(line):
            written += os.write(file, line[written:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def _end_of_lines(file: int) -> int:
    """Return the place behind the last line that has an end, looking backwards from the end of the file."""
    place, step = os.lseek(file, 0, os.SEEK_END), 4096
    while place > 0:
        start = max(place - step, 0)
        found = os.pread(file, place - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


def _read(line: bytes, number: int) -> Checkpoint:
    try:
        kept = json.loads(line)
        return Checkpoint(kept["id"], datetime.fromisoformat(kept["at"]), kept["heads"], kept["signature"])
    except (ValueError, KeyError, TypeError) as error:
        words = Text(f"检查点文件第 {number} 行已损坏", f"line {number} of the checkpoint file is damaged")
        raise AuditChainBroken(words) from error


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "")
