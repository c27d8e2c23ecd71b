"""The ``Store`` of ``services/ports.py`` over SQLite or PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from vault_svc.adapters.ids import Ids
from vault_svc.adapters.store.batch import Kit
from vault_svc.adapters.store.engines import connect
from vault_svc.adapters.store.reading import SqlReader
from vault_svc.adapters.store.statements import Statements
from vault_svc.adapters.store.writer import Writer
from vault_svc.domain.audit import Head
from vault_svc.domain.errors import AuditUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.adapters.store.engines import Driver
    from vault_svc.services.ports import Clock, Reader, Tx

T = TypeVar("T")

_STREAM: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


class SqlStore:
    """One process' door to the store; ``upgrade(url)`` first. ``stream`` names this process' chain of events.

    ``work`` handed to ``write`` may be run more than once (only the last run counts), by another thread, and holds up
    every other write while it runs: nothing slow, nothing but the transaction it is given.
    """

    def __init__(self, url: str, *, stream: str, clock: Clock) -> None:
        if not _STREAM.fullmatch(stream):
            raise ValueError("a stream's name is lower-case letters, digits and hyphens")
        self._database = connect(url)
        self._statements = Statements(self._database.dialect())
        self._writer = Writer(Kit(self._database, self._statements, stream, clock, Ids(clock)))

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run one write and return its result once it is on disk; see ``ports.Store``."""
        return self._writer.write(work)

    def read(self, work: Callable[[Reader], T]) -> T:
        """Run one read on a consistent snapshot; ``AuditUnavailable`` where the store can't be read."""
        try:
            with self._database.reading() as driver:
                return work(SqlReader(driver, self._statements))
        except self._database.errors as error:
            raise AuditUnavailable from error

    def heads(self) -> list[Head]:
        """Return the newest link of every stream, by name; two look-ups a stream, however long it is."""
        try:
            with self._database.reading() as driver:
                return list(self._heads(driver))
        except self._database.errors as error:
            raise AuditUnavailable from error

    def close(self) -> None:
        """Finish the writes that wait and let go of every connection."""
        self._writer.close()
        self._database.close()

    def _heads(self, driver: Driver) -> list[Head]:
        following, newest = self._statements.next_stream, self._statements.newest_event
        heads: list[Head] = []
        name = ""
        while (row := driver.execute(following.sql, following.parameters((name,))).fetchone()) is not None:
            (name,) = row
            found = driver.execute(newest.sql, newest.parameters((name,))).fetchone()
            heads.append(Head(*found or (name, 0, "")))
        return heads
