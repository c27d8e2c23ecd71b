"""Made-up people, accounts and requests for the port tests, and a clock that ticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestState, Vote, VoteDecision
from vault_svc.domain.accounts import AccountState, CheckOut, OfficialAccount, Sensitivity
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person, PersonState

if TYPE_CHECKING:
    from vault_svc.services.ports import Store

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


class TickingClock:
    """A clock that goes on by one millisecond each time it is asked; safe to ask from many threads."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self._start = start
        self._ticks = count()

    def __call__(self) -> datetime:
        return self._start + timedelta(milliseconds=next(self._ticks))


def a_person(name: str = "linxiao", *, display: str = "林晓", mail: str | None = None) -> Person:
    """Somebody who can sign in."""
    return Person(name, display, None, None, mail, PersonState.ACTIVE, MONDAY)


def an_account(account_id: str = "tmall") -> OfficialAccount:
    """An account in order."""
    return OfficialAccount(
        id=account_id,
        name="天猫旗舰店",
        kind="shop_platform",
        sensitivity=Sensitivity.ORDINARY,
        custodians=("operations_lead", "it_lead"),
        state=AccountState.IN_ORDER,
        opened_at=MONDAY,
    )


def a_request(serial: str = "SQ-2026-000001", *, requester: str = "linxiao") -> AccessRequest:
    """A request that waits for votes."""
    return AccessRequest(
        serial=serial,
        kind="account.use",
        payload={"account": "tmall", "次数": 3},
        reason="活动页",
        requester=requester,
        state=RequestState.SUBMITTED,
        digest="d" * 64,
        chain={"steps": [{"roles": ["it_lead"]}]},
        submitted_at=MONDAY,
        expires_at=MONDAY + timedelta(days=7),
    )


def a_vote(vote_id: str = "VT-1", *, serial: str = "SQ-2026-000001", person: str = "linxiao") -> Vote:
    """A vote on that request."""
    return Vote(
        id=vote_id,
        serial=serial,
        revision=1,
        step=0,
        person=person,
        roles=("it_lead",),
        decision=VoteDecision.APPROVE,
        digest="d" * 64,
        reason="",
        at=MONDAY,
        body=b"\x00signed\xff",
        signature="vault:v1:abc",
    )


def a_check_out(check_out_id: str = "CO-1", *, account: str = "tmall", person: str = "linxiao") -> CheckOut:
    """An open check-out."""
    return CheckOut(check_out_id, account, person, "operations", "盘点", MONDAY, MONDAY + timedelta(hours=2))


def a_grant(grant_id: str = "GR-1", *, reveals_left: int = 3) -> Grant:
    """A grant in force."""
    return Grant(
        id=grant_id,
        serial="SQ-2026-000001",
        person="linxiao",
        account="tmall",
        purpose="operations",
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(days=3),
        reveals_left=reveals_left,
        state=GrantState.IN_FORCE,
    )


def an_event(obj: str = "account:tmall", *, action: str = "account.read", actor: str = "person:linxiao") -> EventDraft:
    """Something to put on record."""
    return EventDraft(action, actor, obj)


def seed(store: Store) -> None:
    """One person, one account, one request."""

    def add(tx: object) -> None:
        for item in (a_person(), an_account(), a_request()):
            tx.add(item)  # type: ignore[attr-defined]  # a Tx

    store.write(add)
