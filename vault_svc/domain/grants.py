"""Grants: what an approved request opened for one person, for a purpose, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class GrantState(StrEnum):
    """``pending`` until the vault carries it, ``in_force`` until its end, then ``ended``."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Grant:
    """Use of one account by one person. ``reveals_left`` counts down; each reveal needs a reason of its own."""

    id: str
    serial: str
    person: str
    account: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    reveals_left: int
    state: GrantState
    ended_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether the time is inside the span; the end is exclusive."""
        return self.starts_at <= at < self.ends_at
