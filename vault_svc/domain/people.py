"""People, departments and posts.

A login name is one identity whatever way it is spelled; a person holds posts over spans of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

PersonName = NewType("PersonName", str)
"""A canonical login name; see ``names.canonical_name``."""


class PersonState(StrEnum):
    """``active`` may sign in; ``ended`` never again (its name is not reused)."""

    ACTIVE = "active"
    ENDED = "ended"


class PasswordState(StrEnum):
    """``one_time`` was set by somebody else, ``owed`` was used by another (DB-6): both allow only changing it."""

    ONE_TIME = "one_time"
    IN_ORDER = "in_order"
    OWED = "owed"


@dataclass(frozen=True, slots=True)
class Department:
    """A department and the person who heads it."""

    id: str
    name: str
    head: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in: of a department (company) or of an agency (outside), never both."""

    name: str
    display: str
    department: str | None
    agency: str | None
    mail: str | None
    state: PersonState
    created_at: datetime
    known_to_vault: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Password:
    """A person's password as it is kept: a hash, its age and its state. ``expires_at`` by the rules' profile."""

    person: str
    hash: str
    state: PasswordState
    set_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PastPassword:
    """A hash that may not come back soon."""

    id: str
    person: str
    hash: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A role held by a person from one moment until another (``until`` None: open end)."""

    id: str
    person: str
    role: str
    since: datetime
    until: datetime | None = None
    acting_for: str | None = None
    serial: str | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether the post is held at that moment; the end is exclusive."""
        return self.since <= at and (self.until is None or at < self.until)


def subject(name: str) -> str:
    """Return the subject of a person: no role and no machine can be spelled like it."""
    return f"person:{name}"
