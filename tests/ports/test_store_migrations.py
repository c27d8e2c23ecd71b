"""The tables come from migrations, are as the release describes them, and refuse what must not happen."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.ports.samples import MONDAY, a_vote, an_event, seed
from vault_svc.adapters.store import SqlStore, differences, upgrade
from vault_svc.adapters.tables import APPEND_ONLY, TABLES
from vault_svc.domain.accounts import Exposure, Slot
from vault_svc.domain.audit import Checkpoint
from vault_svc.domain.errors import AuditUnavailable, Broken

if TYPE_CHECKING:
    from pathlib import Path

    from vault_svc.services.ports import Tx


def plain(url: str) -> sa.Engine:
    """A way in that knows nothing of the store's rules."""
    driver = "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"
    return sa.create_engine(sa.make_url(url).set(drivername=driver), poolclass=sa.NullPool)


def run(url: str, *statements: str) -> None:
    """Run SQL behind the store's back."""
    with plain(url).begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///file:x?uri=true", "xyz", ""])
def test_an_address_that_is_no_store_is_refused_without_repeating_it(url: str) -> None:
    """Only a plain SQLite file or a PostgreSQL; an address may hold a password, so it is not in the words."""
    with pytest.raises(ValueError, match="store") as caught:
        upgrade(url)

    assert "localhost" not in str(caught.value)
    assert "xyz" not in str(caught.value)


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    """No error of a library comes out, and no password."""
    for url in (f"sqlite:///{tmp_path}/none/store.db", f"postgresql://u:hidden-word@/x?host={tmp_path}"):
        with pytest.raises(AuditUnavailable) as caught:
            upgrade(url)

        assert "hidden-word" not in str(caught.value)


def test_a_stores_name_of_a_stream_is_plain(store_url: str) -> None:
    """A stream's name is shown and stands in file names."""
    for stream in ("", "API", "a b", "-a", "a/b", "流"):
        with pytest.raises(ValueError, match="stream"):
            SqlStore(store_url, stream=stream, clock=lambda: MONDAY)


def test_a_store_made_by_a_newer_release_is_left_alone(store_url: str) -> None:
    """Going back to an older release does not touch the tables."""
    run(store_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Broken):
        upgrade(store_url)


def test_migrations_and_tables_agree(store_url: str) -> None:
    """What the revisions make is what the release describes: columns, types, keys, indexes, rules."""
    assert differences(store_url) == []


def test_a_difference_is_found(store_url: str) -> None:
    """The comparison above can fail."""
    run(store_url, "ALTER TABLE heartbeats ADD COLUMN extra INTEGER", "DROP INDEX events_by_serial")

    assert len(differences(store_url)) == 2


def test_rules_have_the_names_that_the_release_gives_them(store_url: str) -> None:
    """Alembic does not compare checks and primary keys, so this does."""
    look = sa.inspect(plain(store_url))

    found = {
        table: {rule["name"] for rule in look.get_check_constraints(table)} | {look.get_pk_constraint(table)["name"]}
        for table in look.get_table_names()
        if table != "alembic_version"
    }

    for table in TABLES.values():
        wanted = {str(rule.name) for rule in table.constraints if isinstance(rule, sa.CheckConstraint)}
        assert found[table.name] == wanted | {str(table.primary_key.name)}


def test_upgrading_again_and_at_the_same_time_is_once(empty_url: str) -> None:
    """Two processes that start together make the tables once."""
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [empty_url] * 4)) == [None] * 4

    upgrade(empty_url)
    assert differences(empty_url) == []


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The database file and its log have mode 0600, also where somebody read before there was anything to read."""
    path = tmp_path / "store.db"
    early = SqlStore(f"sqlite:///{path}", stream="api", clock=lambda: MONDAY)
    with pytest.raises(AuditUnavailable):
        early.heads()
    early.close()
    upgrade(f"sqlite:///{path}")
    store = SqlStore(f"sqlite:///{path}", stream="api", clock=lambda: MONDAY)
    store.write(lambda tx: tx.record(an_event()))

    files = sorted(tmp_path.iterdir())
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
    store.close()

    assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
    assert modes == {0o600}


def _on_record(tx: Tx) -> None:
    tx.record(an_event())
    tx.add(a_vote())
    tx.add(Exposure("EX-1", "tmall", Slot.VALUE, 1, "linxiao", MONDAY, outside=True))
    tx.add(Checkpoint("CP-1", MONDAY, {}, "vault:v1:abc"))


@pytest.mark.parametrize("kind", sorted(APPEND_ONLY, key=str))
def test_the_engine_refuses_to_alter_the_record(store_url: str, store: SqlStore, kind: type) -> None:
    """UPDATE, DELETE and TRUNCATE fail behind the store's back as well."""
    seed(store)
    store.write(_on_record)
    table = TABLES[kind].name
    acts = [f"UPDATE {table} SET id = 'x'", f"DELETE FROM {table}"]
    acts += [] if store_url.startswith("sqlite") else [f"TRUNCATE {table}"]

    for act in acts:
        with pytest.raises(sa.exc.IntegrityError, match="append-only"):
            run(store_url, act)

    assert store.read(lambda reader: reader.count(kind)) == 1


def test_a_reader_can_not_write(store_url: str, store: SqlStore) -> None:
    """The connections for reading are closed against writes by the engine itself."""
    with pytest.raises(AuditUnavailable):
        store.read(lambda reader: reader._driver.execute("DELETE FROM heartbeats"))  # type: ignore[attr-defined]
