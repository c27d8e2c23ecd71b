"""One write: what ``work`` is given to read, change, record and owe with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from vault_svc.adapters.store.conditions import read_conditions
from vault_svc.adapters.store.reading import SqlReader, key_conditions
from vault_svc.adapters.tables import APPEND_ONLY
from vault_svc.domain.audit import Event
from vault_svc.domain.errors import Conflict, VaultSvcError
from vault_svc.domain.operations import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from vault_svc.adapters.store.engines import Cursor, Database, Driver
    from vault_svc.adapters.store.statements import Statement, Statements
    from vault_svc.domain.audit import EventDraft
    from vault_svc.services.ports import Clock


class Ledger(Protocol):
    """Where the events of a batch are gathered."""

    def note(self, draft: EventDraft) -> str:
        """Take an event and return its id."""
        ...

    def flush(self) -> None:
        """Write what was taken so far, so that it can be read."""
        ...


class RunAgain(Exception):
    """The engine gave the transaction up for another one's sake; the batch is run again."""


class SqlTx(SqlReader):
    """A ``Tx``. After an error of the engine it takes nothing more: the write is undone whatever ``work`` makes of it.

    A ``Conflict`` of ``add`` for a taken key is not such an error; ``work`` may catch it and go on. ``cause`` is the
    engine's error, ``again`` whether all of the transaction is worth another try.
    """

    def __init__(
        self,
        driver: Driver,
        statements: Statements,
        *,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        new_id: Callable[[str], str],
    ) -> None:
        super().__init__(driver, statements)
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._new_id = new_id
        self._broken: VaultSvcError | None = None
        self.again = False
        self.cause: Exception | None = None

    def finish(self) -> None:
        """Raise what broke this write, if anything did."""
        if self._broken is not None:
            raise self._broken

    def get(self, kind: type[Any], *key: object) -> Any:
        """As the reader; events of this write are seen as well."""
        self._settle(kind)
        return super().get(kind, *key)

    def find(self, kind: type[Any], /, **query: Any) -> list[Any]:
        """As the reader; events of this write are seen as well."""
        self._settle(kind)
        return super().find(kind, **query)

    def count(self, kind: type[Any], /, **where: object) -> int:
        """As the reader; events of this write are seen as well."""
        self._settle(kind)
        return super().count(kind, **where)

    def add(self, item: object) -> None:
        """Insert a new one; ``Conflict`` where its key (or a unique field) is taken."""
        cls = type(item)
        kind = self._statements.kind(cls)
        if cls is Event:
            raise ValueError("events are put on record by record()")
        if self._run(self._statements.insert(cls), kind.values_of(item)).rowcount == 0:
            raise Conflict

    def change(self, kind: type[Any], *key: object, expect: Mapping[str, object], to: Mapping[str, object]) -> bool:
        """Update the one with this key if its fields are as expected, by one conditional ``UPDATE``."""
        known = self._alterable(kind, to)
        shape, expected = read_conditions(known.table, expect)
        fields = tuple(to)
        statement = self._statements.update(kind, fields, (*key_conditions(known, key), *shape))
        return self._run(statement, [*(to[field] for field in fields), *key, *expected]).rowcount == 1

    def remove(self, kind: type[Any], *key: object) -> bool:
        """Delete one; ``ValueError`` for what is on record for ever."""
        known = self._alterable(kind, {})
        return self._run(self._statements.delete(kind, key_conditions(known, key)), key).rowcount == 1

    def number(self, series: str) -> int:
        """Return the next number of a series; its row stays locked to the end of the write, hence no gaps."""
        (value,) = self._run(self._statements.next_number, (series,)).fetchone() or (0,)
        return int(value)

    def record(self, draft: EventDraft) -> str:
        """Put an event on record with this write and return its id."""
        event_id: str = self._guarded(lambda: self._ledger.note(draft))
        return event_id

    def owe(
        self, topic: str, payload: Mapping[str, Any], *, not_before: datetime | None = None, key: str | None = None
    ) -> str:
        """Owe a message with this write and return its id; that of the first one where the key was used before."""
        now = self._clock()
        message = Message(
            id=self._new_id("MS"),
            topic=topic,
            payload=payload,
            created_at=now,
            not_before=not_before or now,
            key=key,
        )
        statement = self._statements.insert(Message, key="key")
        if self._run(statement, self._statements.kind(Message).values_of(message)).rowcount:
            return message.id
        (first,) = self.find(Message, key=key)
        return str(first.id)

    def _alterable(self, kind: type[Any], to: Mapping[str, object]) -> Any:
        known = self._statements.kind(kind)
        if kind in APPEND_ONLY:
            raise ValueError(f"{kind.__name__} is on record for ever")
        unknown = [field for field in to if field not in known.fields]
        if unknown:
            raise ValueError(f"{known.table.name} has no field {unknown[0]!r}")
        return known

    def _settle(self, kind: type[Any]) -> None:
        if kind is Event:
            self._guarded(self._ledger.flush)

    def _run(self, statement: Statement, values: Sequence[object]) -> Cursor:
        parameters = statement.parameters(values)
        cursor: Cursor = self._guarded(lambda: self._driver.execute(statement.sql, parameters))
        return cursor

    def _guarded(self, call: Callable[[], Any]) -> Any:
        if self._broken is not None:
            raise self._broken
        try:
            return call()
        except self._database.errors as error:
            self.cause, self.again = error, self._database.worth_another_try(error)
            self._broken = self._database.failure(error)
            raise self._broken from error
