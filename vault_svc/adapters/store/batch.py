"""One transaction of the writer: a savepoint for each write, their events linked at the end, one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Self, TypeVar

from vault_svc.adapters.store.writing import RunAgain, SqlTx
from vault_svc.domain.audit import GENESIS, Event, Head, seal
from vault_svc.domain.errors import Malformed, VaultSvcError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from vault_svc.adapters.store.engines import Database, Driver
    from vault_svc.adapters.store.statements import Statements
    from vault_svc.domain.audit import EventDraft
    from vault_svc.services.ports import Clock, Tx

T = TypeVar("T")

_BEGIN_ONE: Final = "SAVEPOINT one_write"
_KEEP_ONE: Final = "RELEASE SAVEPOINT one_write"
_UNDO_ONE: Final = "ROLLBACK TO SAVEPOINT one_write"


class Outcome(Generic[T]):
    """A write and how it went: a value or whatever was raised, which its own caller shall get and nobody else.

    As a context manager it holds what is raised inside, be it an interrupt: the other writes of the batch go on.
    """

    __slots__ = ("error", "value", "work")

    def __init__(self, work: Callable[[Tx], T]) -> None:
        self.work = work
        self.value: T | None = None
        self.error: BaseException | None = None

    def clear(self) -> None:
        """Forget an earlier run."""
        self.value, self.error = None, None

    @property
    def owes_record(self) -> bool:
        """Whether the caller may hear of it only once something is on disk: a success, or a refusal with its events."""
        return self.error is None or (isinstance(self.error, VaultSvcError) and bool(self.error.events))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True

    def result(self) -> T:
        """Return the value or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # it was set where there is no error


class Kit(NamedTuple):
    """What every batch of a store needs."""

    database: Database
    statements: Statements
    stream: str
    clock: Clock
    new_id: Callable[[str], str]


class Batch:
    """The writes of one transaction, begun here. Errors of the driver outside of a write are raised: nothing was kept.

    A write that is ``alone`` needs no savepoint: the transaction itself is undone.
    """

    def __init__(self, driver: Driver, kit: Kit, *, alone: bool) -> None:
        self._driver = driver
        self._kit = kit
        self._alone = alone
        driver.execute(kit.database.begin)
        self._rows: list[list[object]] = []
        self._head: Head | None = None
        self.last_event: str | None = None
        self.committing = False

    def run(self, outcome: Outcome[Any]) -> None:
        """Run one write and keep how it went. ``RunAgain`` where all have to be run again."""
        outcome.clear()
        rows, length, head = self._rows, len(self._rows), self._head
        if not self._alone:
            self._driver.execute(_BEGIN_ONE)
        tx = self._tx()
        with outcome:
            outcome.value = outcome.work(tx)
            tx.finish()
        if tx.again:
            raise RunAgain
        if outcome.error is None:
            if not self._alone:
                self._driver.execute(_KEEP_ONE)
            return
        self._undo(tx)
        # What was flushed since is undone as well: back to what waited before.
        self._rows, self._head = rows, head
        del rows[length:]
        if isinstance(outcome.error, VaultSvcError) and outcome.error.events:
            self._record_refusal(outcome, outcome.error)

    def note(self, draft: EventDraft) -> str:
        """Link an event to the chain, keep it for ``flush`` and return its id; what can't be kept fails here."""
        kit = self._kit
        head = self._head or self._newest()
        try:
            event = seal(
                draft, stream=head.stream, seq=head.seq + 1, event_id=kit.new_id("EV"), at=kit.clock(), prev=head.hash
            )
        except UnicodeEncodeError:
            raise Malformed from None
        statements = kit.statements
        self._rows.append(statements.append_event.parameters(statements.kind(Event).values_of(event)))
        self._head = Head(event.stream, event.seq, event.hash)
        self.last_event = event.id
        return event.id

    def flush(self) -> None:
        """Insert the events that wait, all by one call of the driver."""
        if self._rows:
            rows, self._rows = self._rows, []
            self._kit.database.append(self._driver, self._kit.statements.append_event.sql, rows)

    def commit(self) -> None:
        """Write the events and make everything last."""
        self.flush()
        self.committing = True
        self._driver.execute("COMMIT")

    def _record_refusal(self, outcome: Outcome[Any], error: VaultSvcError) -> None:
        """Put the events of a refused write on record; where that is impossible its caller hears so instead."""
        tx = self._tx()
        with outcome:
            for draft in error.events:
                tx.record(draft)
            raise error
        if tx.again:
            raise RunAgain

    def _undo(self, tx: SqlTx) -> None:
        undo = ("ROLLBACK", self._kit.database.begin) if self._alone else (_UNDO_ONE, _KEEP_ONE)
        try:
            for statement in undo:
                self._driver.execute(statement)
        except self._kit.database.errors as error:
            # The engine has given up the whole transaction (SQLite does on a full disk); the first error says why.
            raise (tx.cause or error) from None

    def _tx(self) -> SqlTx:
        kit = self._kit
        return SqlTx(
            self._driver, kit.statements, database=kit.database, ledger=self, clock=kit.clock, new_id=kit.new_id
        )

    def _newest(self) -> Head:
        """Read the newest link inside the transaction: another process may write to the same stream."""
        stream, statement = self._kit.stream, self._kit.statements.newest_event
        self._kit.database.lock_stream(self._driver, stream)
        row = self._driver.execute(statement.sql, statement.parameters((stream,))).fetchone()
        return Head(stream, 0, GENESIS) if row is None else Head(*row)
