"""Counting tries of a password: at most ten in thirty minutes for each key, in a table of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.errors import TooMany
from vault_svc.domain.sessions import MAX_TRIES, TRY_WINDOW, TryCounter
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.services.ports import Tx

_WAIT = Text("请等待后再试,或请系统管理员协助", "wait, or ask the system administrator")


def count_try(tx: Tx, *keys: str, at: datetime) -> None:
    """Count one try for each key; ``TooMany`` where one has had its tries.

    To be committed before the password is looked at: a hundred tries at once are a hundred tries.
    """
    for key in keys:
        counter = tx.get(TryCounter, key)
        if counter is None or at - counter.first_at >= TRY_WINDOW:
            tx.remove(TryCounter, key)
            tx.add(TryCounter(key, tries=1, first_at=at))
        elif counter.tries >= MAX_TRIES:
            wait = int((counter.first_at + TRY_WINDOW - at).total_seconds()) + 1
            raise TooMany(retry_after_s=wait, next_step=_WAIT)
        else:
            tx.change(TryCounter, key, expect={}, to={"tries": counter.tries + 1})


def forget_tries(tx: Tx, *keys: str) -> None:
    """Begin anew after a right password."""
    for key in keys:
        tx.remove(TryCounter, key)
