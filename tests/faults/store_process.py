"""A process that writes and is killed: it prints the id of each event once it was told, and stops where it shall.

``store_process.py URL POINT``: five writes, then one that stops at the named point and waits to be killed.
``store_process.py URL many``: sixteen callers write as fast as they can until they are killed.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from vault_svc.adapters.store import SqlStore
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.people import Person, PersonState

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.services.ports import Tx

BEFORE = {"before_begin": "BEGIN", "before_commit": "COMMIT"}
AFTER = {"after_begin": "BEGIN", "after_commit": "COMMIT"}


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def say(word: str) -> None:
    """Tell the parent; one system call, so that lines of several threads do not mix."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def stop(point: str) -> None:
    """Wait here for the end."""
    say(f"at {point}")
    threading.Event().wait()


class Stopping:
    """A connection that stops before or after a statement of the writer."""

    def __init__(self, driver: Any, point: str) -> None:
        self._driver = driver
        self._point = point

    def execute(self, sql: str, *parameters: Any) -> Any:
        """Run a statement, unless it is where to stop."""
        if sql.startswith(BEFORE.get(self._point, "-")):
            stop(self._point)
        cursor = self._driver.execute(sql, *parameters)
        if sql.startswith(AFTER.get(self._point, "-")):
            stop(self._point)
        return cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


def join(name: str, point: str, tx: Tx) -> str:
    """Somebody new, a number, a message and an event."""
    tx.add(Person(name, name, None, None, None, PersonState.ACTIVE, now()))
    tx.number("SQ")
    tx.owe("welcome", {"name": name}, key=name)
    if point == "inside_work":
        stop(point)
    return tx.record(EventDraft("person.joined", "machine:test", f"person:{name}"))


def stopped(url: str, point: str) -> None:
    """Five writes that are told, and one that is not."""
    store = SqlStore(url, stream="api", clock=now)
    for number in range(5):
        say(store.write(partial(join, f"p{number}", "")))
    store.close()
    store = SqlStore(url, stream="api", clock=now)
    database = store._database
    open_writer, append = database.open_writer, database.append
    database.open_writer = lambda: Stopping(open_writer(), point)  # type: ignore[method-assign]

    def stopping(step: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            if point == "before_events":
                stop(point)
            step(*arguments)
            if point == "after_events":
                stop(point)

        return run

    database.append = stopping(append)  # type: ignore[method-assign]
    store.write(partial(join, "p5", point))


def many(url: str) -> None:
    """Sixteen callers without end."""
    store = SqlStore(url, stream="api", clock=now)
    numbers = count()

    def caller() -> None:
        while True:
            say(store.write(partial(join, f"p{next(numbers)}", "")))

    threads = [threading.Thread(target=caller) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    address, where = sys.argv[1:]
    if where == "many":
        many(address)
    else:
        stopped(address, where)
