"""The bearer between two commands: one file, 0600, in the user's config folder, an entry for each address."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from vault_svc.cli.failures import Failure
from vault_svc.domain.texts import Text

_OTHERS = 0o077


def path() -> Path:
    """Return where the file lies; it need not exist."""
    return Path(typer.get_app_dir("vault-svc")) / "session.json"


def token(url: str) -> str | None:
    """Return the bearer for an address, None where nobody has signed in there."""
    entry = _read().get(url)
    kept = entry.get("token") if isinstance(entry, dict) else None
    return kept if isinstance(kept, str) else None


def keep(url: str, *, bearer: str, person: str) -> None:
    """Keep a new bearer for an address."""
    _write({**_read(), url: {"token": bearer, "person": person}})


def forget(url: str) -> None:
    """Drop the bearer for an address; the file goes with the last one."""
    rest = {address: entry for address, entry in _read().items() if address != url}
    if rest:
        _write(rest)
    else:
        path().unlink(missing_ok=True)


def _read() -> dict[str, Any]:
    try:
        if path().stat().st_mode & _OTHERS:
            words = Text(
                f"会话文件 {path()} 他人可读,请删除后重新登录", f"others can read {path()}: delete it, sign in"
            )
            raise Failure(3, words, code="session_file_open")
        found = json.loads(path().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {}  # half a file is no session; signing in writes a whole one
    return found if isinstance(found, dict) else {}


def _write(entries: dict[str, Any]) -> None:
    folder = path().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".session-")  # made with 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(entries, file)
        Path(name).replace(path())
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
