"""The same port tests on both engines: a fresh, migrated database for each test."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.ports.samples import TickingClock
from tests.postgres import PostgresServer, running_postgres
from vault_svc.adapters.store import SqlStore, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vault_svc.services.ports import Clock

SQLITE = "sqlite"
POSTGRES = "postgresql"


class OpenStore(Protocol):
    """Opens another store on the test's database; all are closed when the test ends."""

    def __call__(self, stream: str = ..., *, clock: Clock | None = ...) -> SqlStore: ...


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this process' tests."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """A database with all tables, to make others like it."""
    name = postgres.make_database()
    upgrade(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to make others like it."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=[SQLITE, POSTGRES])
def engine(request: pytest.FixtureRequest) -> str:
    """Which of the two engines the test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if engine == SQLITE:
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.make_database()
    yield server.url(name)
    server.drop_database(name)


@contextmanager
def migrated(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Make a database with all tables and no rows as long as the block lasts, and give its address."""
    if engine == SQLITE:
        path = folder / "store.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.make_database(template=request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def store_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own with all tables and no rows."""
    with migrated(engine, request, tmp_path) as url:
        yield url


@pytest.fixture
def open_store(store_url: str) -> Iterator[OpenStore]:
    """Open stores on the test's database."""
    opened: list[SqlStore] = []

    def open_one(stream: str = "api", *, clock: Clock | None = None) -> SqlStore:
        opened.append(SqlStore(store_url, stream=stream, clock=clock or TickingClock()))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> SqlStore:
    """A store on the test's database."""
    return open_store()
