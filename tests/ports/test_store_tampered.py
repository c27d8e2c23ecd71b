"""Whoever gets at the store itself, past its triggers, is found by verifying what it then gives back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.ports.samples import MONDAY, TickingClock
from vault_svc.adapters.store import SqlStore
from vault_svc.adapters.tables import events
from vault_svc.domain.audit import Checkpoint, Event, EventDraft
from vault_svc.domain.verification import FindingCode, verify_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ports.conftest import OpenStore
    from vault_svc.services.ports import Reader

EDITS = {
    "stream": "'apj'",
    "seq": "99",
    "id": "'EV-other'",
    "at": None,
    "action": "'account.listed'",
    "actor": "'person:other'",
    "on_behalf": "NULL",
    "obj": "'account:other'",
    "verdict": "'allow'",
    "rule": "NULL",
    "serial": "'SQ-9'",
    "source": "''",
    "prev": f"'{'1' * 64}'",
    "hash": f"'{'1' * 64}'",
    "body": None,
}


@pytest.fixture
def full(open_store: OpenStore) -> SqlStore:
    """A store with eight events of one stream and three of another."""
    store = open_store("api")
    for number in range(8):
        draft = EventDraft(
            "account.read", f"person:p{number}", "account:tmall", on_behalf="person:lin", rule="ACC-2", source="::1"
        )
        store.write(lambda tx, draft=draft: tx.record(draft))  # type: ignore[misc]
    worker = open_store("worker-1")
    for _ in range(3):
        worker.write(lambda tx: tx.record(EventDraft("grant.ended", "machine:worker-1", "grant:1")))
    return store


def past_the_triggers(url: str, *statements: str) -> None:
    """Run SQL as somebody who owns the database and has taken the triggers away."""
    sqlite = url.startswith("sqlite")
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="sqlite" if sqlite else "postgresql+psycopg"), poolclass=sa.NullPool
    )
    drops = [f"DROP TRIGGER events_refuse_{act}{'' if sqlite else ' ON events'}" for act in ("update", "delete")]
    with engine.begin() as connection:
        for statement in [*drops, *statements]:
            connection.execute(sa.text(statement))


def verified(store: SqlStore, *checkpoints: Checkpoint) -> list[tuple[FindingCode, str, int]]:
    """What verifying the store's events finds, read page by page."""

    def pages(reader: Reader) -> Iterator[Event]:
        after: tuple[object, ...] | None = None
        while page := reader.find(Event, order=("stream", "seq"), limit=3, after=after):
            yield from page
            after = (page[-1].stream, page[-1].seq)

    findings = store.read(
        lambda reader: list(verify_record(pages(reader), checkpoints=checkpoints, signed=lambda _: True))
    )
    return [(one.code, one.stream, one.seq) for one in findings]


def a_checkpoint(store: SqlStore) -> Checkpoint:
    """The heads as they are now."""
    return Checkpoint("CP-1", MONDAY, {head.stream: {"seq": head.seq, "hash": head.hash} for head in store.heads()}, "")


def test_the_edits_below_are_of_every_column() -> None:
    """A column that is added to events has to be thought of here."""
    assert set(EDITS) == set(events.c.keys())


@pytest.mark.parametrize("column", EDITS)
def test_an_edit_of_any_column_is_found(full: SqlStore, store_url: str, column: str) -> None:
    """Each column of one event, on both engines."""
    sqlite = store_url.startswith("sqlite")
    values = {
        "at": "replace(at, '2026', '2025')" if sqlite else "at - interval '1 microsecond'",
        "body": "CAST(replace(CAST(body AS TEXT), 'tmall', 'tmal1') AS BLOB)"
        if sqlite
        else "convert_to(replace(convert_from(body, 'UTF8'), 'tmall', 'tmal1'), 'UTF8')",
    }
    value = EDITS[column] or values[column]

    past_the_triggers(store_url, f"UPDATE events SET {column} = {value} WHERE stream = 'api' AND seq = 5")

    findings = verified(full)
    assert findings
    assert {(stream, seq) for _, stream, seq in findings} <= {("api", 5), ("api", 99), ("apj", 5)}


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (["DELETE FROM events WHERE stream = 'api' AND seq = 3"], (FindingCode.DELETION, "api", 3)),
        (["DELETE FROM events WHERE stream = 'api' AND seq > 6"], (FindingCode.CUT_TAIL, "api", 7)),
        (["DELETE FROM events WHERE stream = 'worker-1'"], (FindingCode.STREAM_GONE, "worker-1", 1)),
        (
            [
                "UPDATE events SET seq = 100 WHERE stream = 'api' AND seq = 3",
                "UPDATE events SET seq = 3 WHERE stream = 'api' AND seq = 4",
                "UPDATE events SET seq = 4 WHERE stream = 'api' AND seq = 100",
            ],
            (FindingCode.MOVE, "api", 3),
        ),
    ],
)
def test_what_is_deleted_or_swapped_is_found(
    full: SqlStore, store_url: str, statements: list[str], finding: tuple[FindingCode, str, int]
) -> None:
    """A deletion, a cut tail, a stream that is gone and a swap."""
    head = a_checkpoint(full)

    past_the_triggers(store_url, *statements)

    assert verified(full, head)[0] == finding


def test_one_changed_byte_of_the_file_is_found(migrated_sqlite: Path, tmp_path: Path) -> None:
    """Not by SQL at all: one byte of an event in the database file."""
    path = tmp_path / "store.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = SqlStore(f"sqlite:///{path}", stream="api", clock=TickingClock())
    for number in range(40):
        store.write(lambda tx, number=number: tx.record(EventDraft("account.read", f"person:p{number:02}", "a:1")))  # type: ignore[misc]
    store.close()
    content = path.read_bytes()
    place = content.index(b'"actor":"person:p17"') + len(b'"actor":"person:p')
    path.write_bytes(content[:place] + b"2" + content[place + 1 :])

    altered = SqlStore(f"sqlite:///{path}", stream="api", clock=TickingClock())
    findings = verified(altered)
    altered.close()

    assert findings == [(FindingCode.EDIT, "api", 18)]


def test_an_untouched_store_has_no_findings(full: SqlStore) -> None:
    """On both engines, with a signed checkpoint."""
    assert verified(full, a_checkpoint(full)) == []


def test_moments_and_bytes_come_back_so_that_the_chain_holds(open_store: OpenStore) -> None:
    """Microseconds, Chinese and emoji in details survive the engine: hashes are over what is stored."""
    moment = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    store = open_store("api", clock=lambda: moment)
    store.write(
        lambda tx: tx.record(
            EventDraft("a.b", "person:林", "账户:💳", details={"理由": "换行\n\x00", "n": [1.5, None]})
        )
    )

    assert verified(store) == []
    (event,) = store.read(lambda reader: reader.find(Event))
    assert event == replace(event, at=moment)
