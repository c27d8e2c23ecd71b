"""What the company file brings beside people and accounts: kept and checked now, active with later kinds of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Company:
    """The one company this service works for; ``file_digest`` is the SHA-256 of the file it was opened with."""

    id: str
    name: str
    timezone: str
    incident_partner: str
    file_digest: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class RegisteredDatabase:
    """A database with the scope of its levels (``body``: the company file's table); inactive until it is opened."""

    id: str
    name: str
    engine: str
    body: Mapping[str, Any]
    active: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """An agency's contract (``body``: the company file's table); inactive until it is opened."""

    id: str
    agency: str
    name: str
    body: Mapping[str, Any]
    active: bool = False
