"""Sessions and the counting of failed tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
STEP_UP = timedelta(minutes=5)
MAX_TRIES = 10
TRY_WINDOW = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person; only the hash of its bearer is kept. ``proved_at`` is the last proof of presence."""

    id: str
    token_hash: str
    person: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime
    proved_how: str
    expires_at: datetime
    source: str
    client: str
    ended_at: datetime | None = None

    def alive(self, at: datetime) -> bool:
        """Whether it still counts: not ended, not idle too long, not past its end."""
        return self.ended_at is None and at < self.expires_at and at - self.seen_at <= IDLE

    def freshly_proved(self, at: datetime) -> bool:
        """Whether the last proof of presence is young enough for a privileged act."""
        return at - self.proved_at <= STEP_UP


@dataclass(frozen=True, slots=True)
class TryCounter:
    """Failed tries for one key (``name:…`` or ``address:…``) since ``first_at``."""

    key: str
    tries: int
    first_at: datetime
    locked_until: datetime | None = None
