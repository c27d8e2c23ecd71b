from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.unit.company_cases import demo, document
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import Event
from vault_svc.domain.company import Company, Engagement, RegisteredDatabase
from vault_svc.domain.errors import WrongState
from vault_svc.domain.people import Department, Person, Post
from vault_svc.services.company import Opened, import_on_opening_day

if TYPE_CHECKING:
    from vault_svc.adapters.store import SqlStore

DIGEST = "ab" * 32
OPENING = datetime(2026, 12, 1, 1, tzinfo=UTC)


def opened(store: SqlStore) -> Opened:
    """Take the demo company into the store."""
    ids = itertools.count()
    return import_on_opening_day(
        store, document(demo()), digest=DIGEST, clock=lambda: OPENING, new_id=lambda prefix: f"{prefix}-{next(ids)}"
    )


def test_a_second_time_is_refused(store: SqlStore) -> None:
    """Where there is a company, nothing is imported whole, and nothing changes."""
    opened(store)
    before = store.heads()

    with pytest.raises(WrongState):
        opened(store)

    assert store.heads() == before
    assert store.read(lambda reader: reader.count(Company)) == 1


def test_everything_is_there(store: SqlStore) -> None:
    """Departments, people, posts, accounts, databases and engagements come in one write; the last two inactive."""
    opened(store)

    kinds = (Company, Department, Person, Post, OfficialAccount, RegisteredDatabase, Engagement)
    assert store.read(lambda reader: [reader.count(kind) for kind in kinds]) == [1, 3, 13, 15, 10, 2, 1]
    assert store.read(lambda reader: reader.count(RegisteredDatabase, active=True)) == 0
    assert store.read(lambda reader: reader.count(Engagement, active=True)) == 0


def test_accounts_wait_for_their_vault(store: SqlStore) -> None:
    """Accounts are opening, without a version, and keep whether their first value is to be generated."""
    opened(store)

    accounts = {account.id: account for account in store.read(lambda reader: reader.find(OfficialAccount))}

    assert {account.state for account in accounts.values()} == {AccountState.OPENING}
    assert {account.version for account in accounts.values()} == {0}
    assert [account.id for account in accounts.values() if not account.stand_in] == ["bank-basic"]


def test_what_is_owed(store: SqlStore) -> None:
    """The caller is told who needs a first password and which accounts need a first value."""
    result = opened(store)

    assert len(result.people) == 13
    assert {account.id for account in result.accounts} == {a.id for a in document(demo()).accounts}
    assert result.company.file_digest == DIGEST


def test_on_record(store: SqlStore) -> None:
    """One event tells of the file with its digest and that nobody approved; one more for each person and account."""
    opened(store)

    events = store.read(lambda reader: reader.find(Event))

    tags = [event.action for event in events]
    assert (tags.count("company.imported"), tags.count("person.joined"), tags.count("account.imported")) == (1, 13, 10)
    assert {event.actor for event in events} == {"machine:opening-day"}
    assert DIGEST.encode() in events[0].body
    assert b"opening day" in events[0].body
    assert {event.rule for event in events if event.action == "account.imported"} == {"ACC-2"}


def test_bodies_come_back_as_they_were(store: SqlStore) -> None:
    """The tables of databases and engagements are kept whole."""
    opened(store)

    engagement = store.read(lambda reader: reader.get(Engagement, "yunfan-2026"))

    assert engagement is not None
    assert engagement.body == document(demo()).engagements[0].body
