"""Writes of many callers: one writer for all that wait, against a commit for every call under one lock.

Each call is one UPDATE, one event and its link to the chain, on SQLite with ``synchronous=FULL``. Both sides run the
same statements by the same code; they differ in who commits and when. Rounds are interleaved, ratios are medians of the
ratios of one round. With 1 ms added to each commit, this machine's disk stands for one that syncs as slowly as most do.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vault_svc.adapters.ids import Ids
from vault_svc.adapters.store import upgrade
from vault_svc.adapters.store.batch import Batch, Kit
from vault_svc.adapters.store.engines import connect
from vault_svc.adapters.store.statements import Statements
from vault_svc.adapters.store.writer import Writer
from vault_svc.adapters.store.writing import SqlTx
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.sessions import TryCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.services.ports import Tx

ROUNDS = 5
KEYS = 64


class Side(Protocol):
    """One of the two ways to write."""

    def write(self, work: Callable[[Tx], None]) -> None:
        """Run one write; it is on disk when this returns."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True)
class Case:
    """How many callers make how many calls, what a sync costs more, and what ratio is wanted."""

    callers: int
    calls: int
    slower_ms: float
    at_least: float


CASES = (
    Case(callers=1, calls=600, slower_ms=0, at_least=0.9),
    Case(callers=64, calls=2560, slower_ms=0, at_least=2),
    Case(callers=64, calls=1280, slower_ms=1, at_least=6),
)


class SlowDisk:
    """A connection whose commits take longer by a fixed time."""

    def __init__(self, driver: Any, slower_ms: float) -> None:
        self._driver = driver
        self._slower_s = slower_ms / 1000

    def execute(self, sql: str, *parameters: Any) -> Any:
        """Run a statement, a commit after its delay."""
        if sql == "COMMIT" and self._slower_s:
            time.sleep(self._slower_s)
        return self._driver.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


class CommitEveryCall:
    """The straight way: take the lock, do the work, commit, let go. No savepoint, since nobody shares the commit."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._driver = kit.database.open_writer()
        self._lock = threading.Lock()

    def write(self, work: Callable[[Tx], None]) -> None:
        """Run one write."""
        kit = self._kit
        with self._lock:
            batch = Batch(self._driver, kit, alone=True)
            work(
                SqlTx(
                    self._driver,
                    kit.statements,
                    database=kit.database,
                    ledger=batch,
                    clock=kit.clock,
                    new_id=kit.new_id,
                )
            )
            batch.commit()

    def close(self) -> None:
        """Close the connection."""
        self._driver.close()


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def kit_for(path: Path, slower_ms: float) -> Kit:
    """What both sides are made of, on a new file with its rows."""
    url = f"sqlite:///{path}"
    upgrade(url)
    database = connect(url)
    open_writer = database.open_writer
    database.open_writer = lambda: SlowDisk(open_writer(), slower_ms)  # type: ignore[method-assign]
    kit = Kit(database, Statements(database.dialect()), "api", now, Ids(now))
    writer = Writer(kit)
    for key in range(KEYS):
        writer.write(lambda tx, key=key: tx.add(TryCounter(f"name:{key}", 0, now())))  # type: ignore[misc]
    writer.close()
    return kit


def call(side: Side, key: str) -> None:
    """One call: UPDATE, event, link."""
    draft = EventDraft("session.refused", "anonymous", f"session:{key}", source="127.0.0.1", details={"tries": 1})

    def work(tx: Tx) -> None:
        assert tx.change(TryCounter, key, expect={"tries__lt": 10}, to={"tries": 1})
        tx.record(draft)

    side.write(work)


def seconds(make: Callable[[Kit], Side], case: Case, path: Path) -> float:
    """How long all calls of a case take."""
    side = make(kit_for(path, case.slower_ms))
    barrier = threading.Barrier(case.callers + 1)

    def caller(number: int) -> None:
        barrier.wait()
        for _ in range(case.calls // case.callers):
            call(side, f"name:{number % KEYS}")

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(case.callers)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    side.close()
    return took


def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Measure one case in interleaved rounds."""
    ours: list[float] = []
    theirs: list[float] = []
    for round_ in range(ROUNDS):
        pair = [(Writer, ours), (CommitEveryCall, theirs)]
        for make, times in pair if round_ % 2 else reversed(pair):
            path = folder / f"{case.callers}-{case.slower_ms:g}-{round_}-{make.__name__}.db"
            times.append(seconds(make, case, path) / case.calls * 1e6)  # type: ignore[arg-type]  # Writer is generic
    return {
        "what": f"{case.callers} callers, +{case.slower_ms:g} ms a sync",
        "ratio": round(statistics.median(their / our for our, their in zip(ours, theirs, strict=True)), 3),
        "at_least": case.at_least,
        "us_a_call": {
            "one writer": round(statistics.median(ours), 1),
            "a commit each": round(statistics.median(theirs), 1),
        },
    }


def run() -> dict[str, Any]:
    """Measure all cases."""
    with tempfile.TemporaryDirectory(prefix="vault-svc-bench-", dir="/var/tmp") as folder:  # a real disk
        ratios = [measure(case, Path(folder)) for case in CASES]
    return {
        "title": "Writes: one writer a process, against a commit for every call",
        "rounds": ROUNDS,
        "ratios": ratios,
    }


if __name__ == "__main__":
    for line in run()["ratios"]:
        print(line)
