"""How old a password may get (DB-5: changed at regular times) and in which state that leaves its owner."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from vault_svc.domain.people import PasswordState

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.people import Password

EXPIRED: Literal["expired"] = "expired"
"""What the gate calls a password past its end; it is never stored, because it comes by itself."""

_DAY = timedelta(days=1)


def state_of(password: Password, *, at: datetime) -> PasswordState | Literal["expired"]:
    """Return the state that counts at that moment: all but ``in_order`` allow nothing but changing it."""
    if password.state is PasswordState.IN_ORDER and at >= password.expires_at:
        return EXPIRED
    return password.state


def one_time_over(password: Password, *, at: datetime) -> bool:
    """Whether a one-time password has waited too long: it can't be exchanged any more, a new one has to be issued."""
    return password.state is PasswordState.ONE_TIME and at >= password.expires_at


def notice_due(password: Password, *, rules: PasswordRules, at: datetime) -> int | None:
    """Return in how many days (the last one is 0) the password ends if its owner is to be told now, None if not."""
    left = password.expires_at - at
    if password.state is not PasswordState.IN_ORDER or not timedelta(0) < left <= rules.notice:
        return None
    return left // _DAY
