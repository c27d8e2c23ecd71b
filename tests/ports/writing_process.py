"""A process of its own that writes people with an event each, and prints each event's id once it was told.

``writing_process.py URL STREAM PREFIX TIMES``
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from vault_svc.adapters.store import SqlStore
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.people import Person, PersonState

if TYPE_CHECKING:
    from vault_svc.services.ports import Tx


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def join(name: str, tx: Tx) -> str:
    """Somebody new, on record."""
    tx.add(Person(name, name, None, None, None, PersonState.ACTIVE, now()))
    return tx.record(EventDraft("person.joined", "machine:test", f"person:{name}"))


def main(url: str, stream: str, prefix: str, times: str) -> None:
    """Write one after the other."""
    store = SqlStore(url, stream=stream, clock=now)
    for number in range(int(times)):
        sys.stdout.write(f"{store.write(partial(join, f'{prefix}{number}'))}\n")
        sys.stdout.flush()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
