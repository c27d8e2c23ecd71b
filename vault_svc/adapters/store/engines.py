"""The two engines: how to connect so that a commit is on disk when it returns, and what their errors mean."""

from __future__ import annotations

import abc
import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from vault_svc.domain.errors import AuditUnavailable, Conflict, NoRoom, VaultSvcError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.engine import URL, Dialect

_READERS: Final = 24
"""Reads at once; more wait for their turn. PostgreSQL's own limit is 100 for all processes together."""

_WAIT_S: Final = 30
"""How long to wait for another process' write or for a free reader."""


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    rowcount: int

    def fetchone(self) -> Sequence[Any] | None:
        """Return the next row."""
        ...

    def fetchall(self) -> list[Sequence[Any]]:
        """Return all rows."""
        ...


class Driver(Protocol):
    """What is used of a driver's connection; it runs in autocommit, transactions are spelled out."""

    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Database(abc.ABC):
    """One database; see ``connect``."""

    begin: str
    begin_reading: str

    def __init__(self, url: URL, **connect_args: Any) -> None:
        self._writers = create_engine(url, poolclass=NullPool, connect_args=connect_args)
        self._readers = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=_READERS - 8,
            pool_timeout=_WAIT_S,
            connect_args=connect_args,
        )
        self.errors: tuple[type[Exception], ...] = (self._writers.dialect.loaded_dbapi.Error, SQLAlchemyError)
        event.listen(self._writers, "connect", lambda driver, _: self.prepare(driver, reading=False))
        event.listen(self._readers, "connect", lambda driver, _: self.prepare(driver, reading=True))

    @abc.abstractmethod
    def prepare(self, driver: Driver, *, reading: bool) -> None:
        """Set a new connection up."""

    @abc.abstractmethod
    def dialect(self) -> Dialect:
        """Return the dialect to compile for, with parameters by place."""

    @abc.abstractmethod
    def append(self, driver: Driver, sql: str, rows: list[list[object]]) -> None:
        """Run one statement for many rows."""

    @abc.abstractmethod
    def lock_stream(self, driver: Driver, stream: str) -> None:
        """Keep other processes from adding to this stream until the transaction ends."""

    @abc.abstractmethod
    def failure(self, error: Exception) -> VaultSvcError:
        """Return what an error of the driver means to the service."""

    @abc.abstractmethod
    def worth_another_try(self, error: Exception) -> bool:
        """Whether the same transaction may succeed when it is run again."""

    @property
    def writers(self) -> Engine:
        """SQLAlchemy's engine for migrations."""
        return self._writers

    def open_writer(self) -> Driver:
        """Return a connection of its own for the writer."""
        fairy = self._writers.raw_connection()
        driver: Driver = fairy.driver_connection  # type: ignore[assignment]  # typed as the bare DBAPI
        fairy.detach()
        return driver

    @contextmanager
    def reading(self) -> Iterator[Driver]:
        """Give a connection inside a snapshot that can't write."""
        fairy = self._begin_reading()
        try:
            yield fairy.driver_connection
        except self.errors:
            fairy.invalidate()
            raise
        finally:
            fairy.close()  # the pool rolls back

    def _begin_reading(self) -> Any:
        fairy = self._readers.raw_connection()
        try:
            fairy.driver_connection.execute(self.begin_reading)  # type: ignore[union-attr]
        except self.errors:
            # The server may have gone and come back since this connection was made: once more with a new one.
            fairy.invalidate()
            fairy = self._readers.raw_connection()
            fairy.driver_connection.execute(self.begin_reading)  # type: ignore[union-attr]
        return fairy

    def close(self) -> None:
        """Close the readers that are not in use."""
        self._readers.dispose()


class Sqlite(Database):
    """SQLite in WAL mode; every commit is synced."""

    begin = "BEGIN IMMEDIATE"
    begin_reading = "BEGIN"

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.query:
            raise ValueError("the store needs a plain file: sqlite:////path/to/store.db")
        self._path = Path(url.database)
        super().__init__(url, isolation_level=None, timeout=_WAIT_S, check_same_thread=False, cached_statements=512)

    def prepare(self, driver: Driver, *, reading: bool) -> None:
        """Set the pragmas; ``query_only`` closes a reader's connection against writes."""
        if not reading:
            _switch_to_wal(driver)
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA trusted_schema = OFF")
        if reading:
            driver.execute("PRAGMA query_only = ON")

    def open_writer(self) -> Driver:
        """Return a connection; a new file is for its owner alone (SQLite gives its log the same mode).

        A file that is there is not opened besides SQLite: closing it would let go of SQLite's locks (POSIX).
        """
        with suppress(OSError):  # SQLite itself tells what is wrong
            if self._path.exists() and self._path.stat().st_size == 0:
                self._path.chmod(0o600)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        return super().open_writer()

    def dialect(self) -> Dialect:
        """SQLite's own style is by place."""
        return self._writers.dialect

    def append(self, driver: Driver, sql: str, rows: list[list[object]]) -> None:
        """The connection itself takes many rows."""
        driver.executemany(sql, rows)  # type: ignore[attr-defined]  # sqlite3's connection has it

    def lock_stream(self, driver: Driver, stream: str) -> None:
        """``BEGIN IMMEDIATE`` has done it."""

    def failure(self, error: Exception) -> VaultSvcError:
        """Read SQLite's result code."""
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_CONSTRAINT:
                return Conflict()
            case sqlite3.SQLITE_FULL:
                return NoRoom()
            case _:
                return AuditUnavailable()

    def worth_another_try(self, error: Exception) -> bool:
        """Writers are one at a time here: nothing meets."""
        return False


def _switch_to_wal(driver: Driver) -> None:
    """Have the file keep a log. For this switch alone SQLite does not wait by itself while another process makes it."""
    latest = time.monotonic() + _WAIT_S
    while True:
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
            time.sleep(0.01)
        else:
            return


class Postgres(Database):
    """PostgreSQL by psycopg; every commit waits for the server's log."""

    begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: URL) -> None:
        super().__init__(url.set(drivername="postgresql+psycopg"), autocommit=True, connect_timeout=10)

    def prepare(self, driver: Driver, *, reading: bool) -> None:
        """Set time zone and limits; never a commit that is answered before it is on disk."""
        limit = f"{_WAIT_S}s"
        driver.execute(
            "SELECT set_config('timezone', 'UTC', false), set_config('lock_timeout', %s, false),"
            " set_config('statement_timeout', %s, false), set_config('idle_in_transaction_session_timeout', %s, false)",
            (limit, "0" if reading else limit, "0" if reading else limit),
        )
        driver.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )

    def dialect(self) -> Dialect:
        """Psycopg's dialect with ``%s`` in place of names."""
        made: Dialect = type(self._writers.dialect)(paramstyle="format")  # type: ignore[call-arg]  # DefaultDialect's
        return made

    def append(self, driver: Driver, sql: str, rows: list[list[object]]) -> None:
        """Psycopg sends many rows in one pipeline."""
        driver.cursor().executemany(sql, rows)  # type: ignore[attr-defined]  # psycopg's connection has it

    def lock_stream(self, driver: Driver, stream: str) -> None:
        """Take a lock that ends with the transaction."""
        driver.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"vault_svc stream {stream}",))

    def failure(self, error: Exception) -> VaultSvcError:
        """Read the SQLSTATE: class 23 is a broken constraint, 53100 a full disk."""
        state = getattr(error, "sqlstate", None) or ""
        if state.startswith("23"):
            return Conflict()
        return NoRoom() if state == "53100" else AuditUnavailable()

    def worth_another_try(self, error: Exception) -> bool:
        """Serialization failure and deadlock."""
        return getattr(error, "sqlstate", None) in {"40001", "40P01"}


def connect(url: str) -> Database:
    """Return the database of ``sqlite:////file`` or ``postgresql://…``; ``ValueError`` for any other, never with it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the store's address can't be read") from None
    match parsed.get_backend_name():
        case "sqlite":
            return Sqlite(parsed)
        case "postgresql":
            return Postgres(parsed)
        case _:
            raise ValueError("the store is SQLite or PostgreSQL")
