"""The disk is full, the file can't grow, the server goes away: nothing is half done, and it is said which of them."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.ports.conftest import POSTGRES, SQLITE
from tests.ports.samples import TickingClock, a_person, an_event
from vault_svc.adapters.checkpointfile import CheckpointFile
from vault_svc.adapters.store import SqlStore
from vault_svc.domain.audit import Checkpoint, Event, EventDraft
from vault_svc.domain.errors import AuditUnavailable, NoRoom, NotPermitted, VaultSvcError
from vault_svc.domain.people import Person
from vault_svc.domain.verification import verify_record

if TYPE_CHECKING:
    from tests.ports.conftest import OpenStore
    from vault_svc.services.ports import Tx

only_sqlite = pytest.mark.parametrize("engine", [SQLITE], indirect=True)
only_postgres = pytest.mark.parametrize("engine", [POSTGRES], indirect=True)


def join(name: str, size: int = 10) -> Any:
    """Add somebody, with an event of a size."""

    def work(tx: Tx) -> str:
        tx.add(a_person(name))
        return tx.record(EventDraft("person.joined", "machine:test", f"person:{name}", details={"x": "x" * size}))

    return work


def whole(store: SqlStore) -> int:
    """Check that people and events belong together and the chain holds; return how many there are."""
    events, people = store.read(lambda reader: (reader.find(Event), reader.count(Person)))
    assert len(events) == people
    assert list(verify_record(events, checkpoints=[], signed=lambda _: True)) == []
    return people


def fill(store: SqlStore, *, callers: int) -> tuple[int, list[VaultSvcError]]:
    """Write until nothing goes any more; return how many were told of success, and the errors."""
    told: list[int] = []
    errors: list[VaultSvcError] = []
    turn = iter(range(10**6))
    lock = threading.Lock()

    def caller(_: int) -> None:
        while not errors:
            with lock:
                number = next(turn)
            try:
                store.write(join(f"p{number}", 2000))
            except VaultSvcError as error:
                errors.append(error)
            else:
                told.append(number)

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(caller, range(callers)))
    return len(told), errors


@only_sqlite
@pytest.mark.parametrize("callers", [1, 16])
def test_a_full_database_is_no_room(store: SqlStore, callers: int) -> None:
    """SQLite says FULL: every caller is told the truth, and writing goes on once there is room."""
    store.write(lambda tx: tx.number("SQ"))
    assert store._writer._driver is not None
    store._writer._driver.execute("PRAGMA max_page_count = 200")

    told, errors = fill(store, callers=callers)

    assert {type(error) for error in errors} == {NoRoom}
    assert whole(store) == told
    store.write(join("later"))  # with a new connection, which knows of no limit
    assert whole(store) == told + 1


LIMITED = """
import resource, sys
from tests.faults.test_store_failing import fill, whole
from tests.ports.samples import TickingClock
from vault_svc.adapters.store import SqlStore
store = SqlStore(sys.argv[1], stream="api", clock=TickingClock())
resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, resource.RLIM_INFINITY))
told, errors = fill(store, callers=int(sys.argv[2]))
assert whole(store) == told, (whole(store), told)
print(told, *sorted({type(error).__name__ for error in errors}))
"""


@only_sqlite
@pytest.mark.parametrize("callers", ["1", "16"])
def test_a_file_that_can_not_grow_is_unavailable(open_store: OpenStore, store_url: str, callers: str) -> None:
    """The system refuses to write (here: a limit on file sizes): nothing half done, nothing told that is not there."""
    root = Path(__file__).parents[2]

    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, store_url, callers], capture_output=True, text=True, check=False, cwd=root
    )

    told, *errors = ended.stdout.split() or [ended.stderr]
    assert errors in (["AuditUnavailable"], ["NoRoom"])
    assert whole(open_store()) == int(told) > 0


@only_postgres
def test_a_full_disk_of_the_server_is_no_room(store: SqlStore, store_url: str) -> None:
    """The server's own error for it, raised where it would raise it: at an insert."""
    with psycopg.connect(store_url) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute("CREATE TRIGGER full_disk BEFORE INSERT ON events EXECUTE FUNCTION full_disk()")

    with pytest.raises(NoRoom):
        store.write(join("lin"))

    assert whole(store) == 0


@pytest.mark.parametrize(("owed", "told"), [([an_event()], AuditUnavailable), ([], NotPermitted)])
def test_a_refusal_that_can_not_be_recorded_is_told_as_such(
    store: SqlStore, owed: list[EventDraft], told: type[VaultSvcError]
) -> None:
    """Closed by default: without its record even a refusal is not answered; one that owes none is."""

    def refused(tx: Tx) -> None:
        tx.add(a_person())
        assert store._writer._driver is not None
        store._writer._driver.close()
        raise NotPermitted(events=owed)

    with pytest.raises(told):
        store.write(refused)

    assert whole(store) == 0
    store.write(join("lin"))
    assert whole(store) == 1


@only_postgres
def test_a_server_that_was_restarted_is_found_again(store: SqlStore, store_url: str) -> None:
    """Connections that died between two calls cost nobody an error."""
    store.write(join("before"))
    assert whole(store) == 1

    _end_all(store_url)

    store.write(join("after"))
    assert whole(store) == 2


@only_postgres
def test_a_connection_lost_in_the_middle_keeps_nothing(store: SqlStore, store_url: str) -> None:
    """The write is told as not done, and is not; the next one is."""

    def cut_off(tx: Tx) -> None:
        join("lost")(tx)
        _end_all(store_url)
        tx.count(Person)

    with pytest.raises(AuditUnavailable):
        store.write(cut_off)

    assert whole(store) == 0
    store.write(join("next"))
    assert whole(store) == 1


def _end_all(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class LosesAnswers:
    """A connection whose commit happens (or not) and whose answer is lost."""

    def __init__(self, driver: Any, error: Exception, *, happens: bool) -> None:
        self._driver = driver
        self._error = error
        self._happens = happens

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql != "COMMIT":
            return self._driver.execute(sql, *parameters)
        if self._happens:
            self._driver.execute(sql)
        raise self._error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


@pytest.mark.parametrize("happens", [True, False])
def test_a_lost_answer_is_looked_up(store: SqlStore, *, happens: bool) -> None:
    """A commit whose answer was lost is success where its events are there, and failure where they are not."""
    database = store._database
    open_writer = database.open_writer
    lost = database._writers.dialect.loaded_dbapi.OperationalError("the answer was lost")
    drivers = iter([LosesAnswers(open_writer(), lost, happens=happens)])
    database.open_writer = lambda: next(drivers, None) or open_writer()  # type: ignore[method-assign]

    if happens:
        assert store.write(join("lin")).startswith("EV-")
    else:
        with pytest.raises(AuditUnavailable):
            store.write(join("lin"))

    assert whole(store) == int(happens)
    store.write(join("next"))
    assert whole(store) == int(happens) + 1


@only_sqlite
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_our_own_ends_no_more_than_its_batch(store: SqlStore) -> None:
    """Callers of the batch hear that nothing was done, and the next ones are served, by a new thread."""
    held, inside = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        inside.set()
        held.wait()

    def fault(*_: Any) -> None:
        raise MemoryError

    append = store._database.append
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(store.write, hold)
        inside.wait()
        store._database.append = fault  # type: ignore[method-assign,assignment]
        waiting = [pool.submit(store.write, join(f"p{number}")) for number in range(4)]
        while len(store._writer._waiting) < 4:
            held.wait(0.001)
        held.set()
        errors = [type(future.exception()) for future in waiting]
        store._database.append = append  # type: ignore[method-assign]
        later = [pool.submit(store.write, join(f"q{number}")) for number in range(20)]
        told = [future.result() for future in later]

    assert first.result() is None
    assert errors == [AuditUnavailable] * 4
    assert len(told) == whole(store) == 20


def test_a_store_that_can_not_be_read_is_unavailable(tmp_path: Path) -> None:
    """Reads are closed as well; no error of a library comes out."""
    for url in (f"sqlite:///{tmp_path}/none/x.db", f"postgresql://u@/x?host={tmp_path}"):
        store = SqlStore(url, stream="api", clock=TickingClock())

        with pytest.raises(AuditUnavailable):
            store.read(lambda reader: reader.count(Event))
        with pytest.raises(AuditUnavailable):
            store.heads()
        with pytest.raises(AuditUnavailable):
            store.write(lambda tx: tx.record(an_event()))

        store.close()


CHECKPOINT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from vault_svc.adapters.checkpointfile import CheckpointFile
from vault_svc.domain.audit import Checkpoint
from vault_svc.domain.errors import NoRoom
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
file = CheckpointFile(Path(sys.argv[1]))
for number in range(9):
    try:
        file.append(Checkpoint(f"CP-{number}", datetime(2026, 1, 5, tzinfo=UTC), {}, "x" * 50))
    except NoRoom:
        break
print(number)
"""


def test_a_checkpoint_that_finds_no_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Half a line is taken back."""
    path = tmp_path / "checkpoints.jsonl"

    ended = subprocess.run([sys.executable, "-c", CHECKPOINT, path], capture_output=True, text=True, check=True)

    kept: list[Checkpoint] = CheckpointFile(path).read()
    assert 0 < len(kept) == int(ended.stdout)
    assert path.read_bytes().endswith(b"\n")
