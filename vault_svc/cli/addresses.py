"""Where the service is, and ids as parts of an address."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import quote, urlsplit

from vault_svc.cli.failures import USAGE, Failure
from vault_svc.domain.texts import Text

DEFAULT_URL: Final = "http://127.0.0.1:8000"


def checked_url(url: str) -> str:
    """Return the address without its last slash; in plain http only this machine is spoken to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        usable = parts.scheme in {"http", "https"} and bool(host) and not parts.username and not parts.query
    except ValueError:
        usable, host, parts = False, "", urlsplit("")
    if not usable or (parts.scheme == "http" and not _loopback(host)):
        words = Text(
            "地址须为 https://…(仅本机可用 http://)", "the address must be https://… (http:// on this machine only)"
        )
        raise Failure(USAGE, words, code="bad_url")
    return url.rstrip("/")


def part(word: str) -> str:
    """Return a word as one segment of a path, whatever stands in it; dots alone are refused, they would be walked."""
    if word in {"", ".", ".."}:
        raise Failure(USAGE, Text("编号不正确", "this is no id"), code="bad_id")
    return quote(word, safe="")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
