"""Bringing a database to the tables of this release, and proving that the two agree."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text

from vault_svc.adapters.store.engines import connect
from vault_svc.adapters.tables import metadata
from vault_svc.domain.errors import AuditUnavailable, Broken
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from vault_svc.adapters.store.engines import Database

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('vault_svc migrations', 0))"


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; two processes at once do it once.

    ``AuditUnavailable`` where it can't be reached or written, ``Broken`` where a newer release has been at it.
    """
    database = connect(url)
    try:
        with _locked(database) as connection:
            command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise Broken(
            Text("数据库由更新的版本建立", "a newer release has made this database"),
            next_step=Text("请安装该版本或恢复旧备份", "install that release, or restore an older backup"),
        ) from error
    except database.errors as error:
        raise AuditUnavailable from error


def differences(url: str) -> list[str]:
    """Return what differs between the tables as migrated and as this release describes them; empty is right."""
    with _locked(connect(url)) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(one) for one in compare_metadata(context, metadata)]


@contextmanager
def _locked(database: Database) -> Iterator[Connection]:
    """Give a connection inside a transaction that only one process can have."""
    database.open_writer().close()  # makes the file, for its owner alone
    try:
        with database.writers.connect() as connection, connection.begin():
            connection.execute(text(database.begin))
            if connection.dialect.name == "postgresql":
                connection.execute(text(_LOCK))
            yield connection
            connection.execute(text("COMMIT"))
    finally:
        database.close()
        database.writers.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
