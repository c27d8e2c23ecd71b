"""Shapes of what is written by hand: mail addresses, web addresses, digests, addresses of servers."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

_MAIL = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}", re.ASCII
)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_VISIBLE = re.compile(r"[^\s\x00-\x20\x7f-\xa0]+")
_LONGEST_MAIL = 254
_LONGEST_URL = 512
_LAST_PORT = 65535


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether it is this machine itself."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def is_mail(text: str) -> bool:
    """Whether it is one plain mail address: no display name, no comment, nothing that could end a header."""
    return len(text) <= _LONGEST_MAIL and bool(_MAIL.fullmatch(text))


def is_web_address(text: str) -> bool:
    """Whether it is an ``http`` or ``https`` address without a name or password in it."""
    if len(text) > _LONGEST_URL or not _VISIBLE.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def is_sha256(text: str) -> bool:
    """Whether it is a SHA-256 in small hex digits."""
    return bool(_SHA256.fullmatch(text))


def parse_address(text: str) -> Address | None:
    """Return host and port of ``host:port`` (``[::1]:5432`` for IPv6), None where it is something else."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or not 1 <= int(port[:6]) <= _LAST_PORT:
        return None
    if host.startswith("[") and host.endswith("]"):
        try:
            return Address(str(ipaddress.IPv6Address(host[1:-1])), int(port))
        except ValueError:
            return None
    return Address(host, int(port)) if _HOST.fullmatch(host) else None


def host_of(url: str) -> str:
    """Return the host of a web address, empty where it is none."""
    return (urlsplit(url).hostname or "") if is_web_address(url) else ""
