"""One writer a process: alone, a caller commits for itself; else one thread commits for all that wait.

Syncing the disk is what a write costs, so writes that wait at the same moment share one transaction. Handing the turn
from caller to caller gave batches of two; one thread that takes all that wait gives batches of all. After a crowd was
answered its callers tend to come back together: for as long as a sync takes at most, the thread waits for as many.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vault_svc.adapters.store.batch import Batch, Outcome
from vault_svc.adapters.store.reading import SqlReader
from vault_svc.adapters.store.writing import RunAgain
from vault_svc.domain.audit import Event
from vault_svc.domain.errors import AuditUnavailable, Conflict, VaultSvcError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault_svc.adapters.store.batch import Kit
    from vault_svc.adapters.store.engines import Driver
    from vault_svc.services.ports import Tx

T = TypeVar("T")

_TRIES: Final = 5
"""How often a batch is run again that met another process' write."""

_MOST: Final = 256
"""The most writes in one transaction: the first of them waits for the last."""

_PATIENCE_S: Final = 0.01
"""The longest that anybody waits for others to come: a disk that once hung must not hold up the next one alone."""


class _Waiting:
    """A caller's write and the latch that the caller sleeps on; a bare lock is the cheapest one there is."""

    __slots__ = ("latch", "outcome")

    def __init__(self, outcome: Outcome[Any]) -> None:
        self.outcome = outcome
        self.latch = threading.Lock()
        self.latch.acquire()


class Writer:
    """Runs writes one after the other, on one connection; ``work`` may be run more than once, its last run counts."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._driver: Driver | None = None
        self._state = threading.Condition()  # guards all below
        self._busy = False
        self._closed = False
        self._waiting: deque[_Waiting] = deque()
        self._thread: threading.Thread | None = None
        self._turn_of: int | None = None
        self._crowd = 1  # how many were answered together last
        self._sync_s = 0.0  # how long their commit took

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run one write and return its result once it is on disk."""
        outcome = Outcome(work)
        waiting = self._line_up(outcome)
        if waiting is None:
            try:
                self._run([outcome])
            finally:
                self._leave()
        else:
            waiting.latch.acquire()
        return outcome.result()

    def close(self) -> None:
        """Finish what waits, refuse what comes, let go of the connection."""
        with self._state:
            self._closed = True
            self._state.notify_all()
            self._state.wait_for(lambda: not self._busy and not self._waiting)
            thread = self._thread
        if thread is not None:
            thread.join()
        self._drop()

    def _line_up(self, outcome: Outcome[Any]) -> _Waiting | None:
        """Take the turn (None) or a place in the line."""
        with self._state:
            if self._closed:
                raise AuditUnavailable
            if self._turn_of == threading.get_ident():
                raise RuntimeError("a write inside a write would wait for itself")
            if self._crowd == 1 and not self._busy and not self._waiting:
                self._busy = True
                return None
            waiting = _Waiting(outcome)
            self._waiting.append(waiting)
            if self._thread is None:
                self._start()
            elif not self._busy and len(self._waiting) in {1, self._crowd}:
                self._state.notify()
            return waiting

    def _leave(self) -> None:
        with self._state:
            self._busy = False
            if self._waiting or self._closed:
                self._state.notify_all()

    def _serve(self) -> None:
        """Commit for those who wait; should a fault of our own end this thread, another one takes over."""
        try:
            while taken := self._take():
                try:
                    self._run([one.outcome for one in taken])
                finally:
                    self._leave()
                    for one in taken:
                        one.latch.release()
        finally:
            with self._state:
                self._thread = None
                if self._waiting:
                    self._start()

    def _take(self) -> list[_Waiting]:
        """Wait for those who wait and take the turn for them; none once the store is closed."""
        with self._state:
            self._state.wait_for(lambda: not self._busy and (self._waiting or self._closed))
            self._state.wait_for(lambda: len(self._waiting) >= self._crowd or self._closed, timeout=self._sync_s)
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
            self._busy, self._crowd = bool(taken), max(len(taken), 1)
            return taken

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    def _run(self, outcomes: Sequence[Outcome[Any]]) -> None:
        """Run these writes in one transaction; afterwards each has its value or its error."""
        self._turn_of = threading.get_ident()
        settled = False
        try:
            settled = any(self._tried(outcomes) for _ in range(_TRIES))
        finally:
            self._turn_of = None
            if not settled:  # met others too often, or an interrupt or a fault of our own is on its way up
                self._drop()
                _fail(outcomes, AuditUnavailable)

    def _tried(self, outcomes: Sequence[Outcome[Any]]) -> bool:
        """Whether the outcomes stand; False to run them again."""
        database = self._kit.database
        fresh = self._driver is None
        batch: Batch | None = None
        try:
            driver = self._driver = self._driver or database.open_writer()
            batch = Batch(driver, self._kit, alone=len(outcomes) == 1)
            for outcome in outcomes:
                batch.run(outcome)
            begun = time.monotonic()
            batch.commit()
            self._sync_s = min(time.monotonic() - begun, _PATIENCE_S)
        except RunAgain:
            self._drop()
            return False
        except database.errors as error:
            self._drop()
            if batch is None and not fresh:
                return False  # the connection had died in between: once more with a new one
            if batch is not None and not batch.committing and self._met_another(error):
                return False
            if batch is None or not self._kept(batch):
                _fail(outcomes, partial(self._meaning, error))
        return True

    def _met_another(self, error: Exception) -> bool:
        """Whether another process' write was in the way: it locked the same rows, or took our place in the stream."""
        database = self._kit.database
        return database.worth_another_try(error) or isinstance(database.failure(error), Conflict)

    def _kept(self, batch: Batch) -> bool:
        """Whether a commit whose answer was lost has happened: its last event is there, or is not."""
        if not batch.committing or batch.last_event is None:
            return False
        database, statements = self._kit.database, self._kit.statements
        try:
            with database.reading() as driver:
                return SqlReader(driver, statements).count(Event, id=batch.last_event) == 1
        except database.errors:
            return False

    def _meaning(self, error: Exception) -> VaultSvcError:
        """What an error of the whole transaction means to each caller: no one of them has met a conflict."""
        failure = self._kit.database.failure(error)
        return AuditUnavailable() if isinstance(failure, Conflict) else failure

    def _drop(self) -> None:
        """Let go of the connection; what it had begun is rolled back by that."""
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(*self._kit.database.errors):
                driver.close()


def _fail(outcomes: Sequence[Outcome[Any]], failure: Callable[[], VaultSvcError]) -> None:
    """Nothing was kept: each caller hears so, but for those whose own error owes no record."""
    for outcome in outcomes:
        if outcome.owes_record:
            outcome.error = failure()
