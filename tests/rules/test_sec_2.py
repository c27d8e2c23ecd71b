"""SEC-2: what was asked, decided and done is archived, and can be looked up."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.services.house import AUDITOR, DESIGNER, OPERATIONS, PLANNER, demote, open_house
from vault_svc.domain.access_requests import OPEN_STATES, VoteDecision
from vault_svc.domain.errors import NotFound
from vault_svc.services import audit, requests, votes
from vault_svc.services.dossier import dossier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.house import House

ENDS = {
    "approved": ["request.submitted", "request.voted", "request.approved", "request.carried_out", "request.closed"],
    "rejected": ["request.submitted", "request.voted", "request.rejected"],
    "withdrawn": ["request.submitted", "request.withdrawn"],
}
"""How a case ended and what the archive has to tell of it."""

every_end = pytest.mark.parametrize("how", ENDS)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The example company after opening day."""
    opened = open_house(tmp_path)
    yield opened
    opened.store.close()


def case(house: House, how: str) -> str:
    """A case that has ended in one of the three ways; its serial."""
    asked = house.ask_use()
    if how == "approved":
        house.agree(OPERATIONS, asked.serial)
        house.work()
        house.at += timedelta(hours=24)
        house.work()
        house.prove_again()
    elif how == "rejected":
        keeper = house.caller(OPERATIONS)
        votes.vote(
            house.context, keeper, asked.serial, decision=VoteDecision.REJECT, digest=asked.digest, reason="不合适"
        )
    else:
        requests.withdraw(house.context, house.caller(PLANNER), asked.serial, reason="不需要了")
    assert house.state(asked.serial) not in OPEN_STATES
    return asked.serial


@every_end
def test_a_stranger_hears_of_no_case(house: House, how: str) -> None:
    """SEC-2: who had no part gets the answer of a case that is not there."""
    serial = case(house, how)

    for look in (requests.show, dossier):
        for asked in (serial, "SQ-2026-999999"):
            with pytest.raises(NotFound):
                look(house.context, house.caller(DESIGNER), asked)
    assert requests.find(house.context, house.caller(DESIGNER)).items == []


def test_the_archive_takes_nothing_back(house: House, tmp_path: Path) -> None:
    """SEC-2: what is on record is neither edited nor deleted, not even by who holds the store."""
    serial = case(house, "rejected")
    raw = sqlite3.connect(tmp_path / "store.db", timeout=30)

    for statement in ("UPDATE events SET action='x' WHERE serial=?", "DELETE FROM events WHERE serial=?"):
        with pytest.raises(sqlite3.DatabaseError):
            raw.execute(statement, (serial,))
    raw.close()

    assert [action for action in house.actions(serial) if action in ENDS["rejected"]] == ENDS["rejected"]


@every_end
def test_every_party_keeps_the_case_after_its_end(house: House, how: str) -> None:
    """SEC-2: who asked and who decided still read it, also without the post by which they did."""
    serial = case(house, how)
    parties = [PLANNER] if how == "withdrawn" else [PLANNER, OPERATIONS]
    for person in parties:
        demote(house, person)

    for person in parties:
        me = house.caller(person)
        assert requests.show(house.context, me, serial).request.serial == serial
        assert dossier(house.context, me, serial)["request"]["serial"] == serial
        assert serial in {found.serial for found in requests.find(house.context, me).items}


@every_end
def test_the_auditor_finds_the_case_by_serial_and_by_rule(house: House, how: str) -> None:
    """SEC-2: every step of it stands under both."""
    serial = case(house, how)
    me = house.caller(AUDITOR)

    by_serial = audit.search(house.context, me, serial=serial).items
    by_rule = audit.search(house.context, me, rule="ACC-2", limit=500).items

    assert set(ENDS[how]) <= {event.action for event in by_serial}
    assert set(ENDS[how]) - {"request.closed"} <= {event.action for event in by_rule if event.serial == serial}


@every_end
def test_the_dossier_tells_the_whole_case(house: House, how: str) -> None:
    """SEC-2: what was asked and why, each vote with its signature and reason, each step as it was recorded."""
    serial = case(house, how)

    told = dossier(house.context, house.caller(AUDITOR), serial)

    actions = [json.loads(event)["action"] for event in told["events"]]
    assert [action for action in actions if action in ENDS[how]] == ENDS[how]
    assert told["request"]["reason"] == "上新"
    assert [vote["person"] for vote in told["votes"]] == ([] if how == "withdrawn" else [OPERATIONS])
    assert all(vote["signature"].startswith("vault:v1:") for vote in told["votes"])
    assert [grant["person"] for grant in told["grants"]] == ([PLANNER] if how == "approved" else [])
    why = {"approved": None, "rejected": "不合适", "withdrawn": "不需要了"}[how]
    assert told["request"]["outcome"] == why
    json.dumps(told)
