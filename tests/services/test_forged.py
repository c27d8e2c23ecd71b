from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.services.house import DESIGNER, MANAGER, OPERATIONS, PLANNER, SHOP, demote
from vault_svc.domain.access_requests import AccessRequest, RequestState, Vote, VoteDecision, body_of
from vault_svc.domain.accounts import OfficialAccount, Slot
from vault_svc.domain.errors import NotPermitted, Unavailable
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.services import memberships, reveals

if TYPE_CHECKING:
    from tests.services.house import House

APPROVED = {"state": RequestState.APPROVED}


def wanted(house: House, verb: str, account: str = SHOP) -> set[str]:
    """Whom the worker would put into a group now."""
    kept = house.store.read(lambda reader: reader.get(OfficialAccount, account))
    assert kept is not None
    return set(memberships.wanted(house.worker, kept)[verb])


def forge(house: House, *rows: object) -> None:
    """Put rows into the store past every rule."""
    house.store.write(lambda tx: [tx.add(row) for row in rows])


def tamper(house: House, asked: AccessRequest, **to: object) -> None:
    """Change a request in the store past every rule."""
    house.store.write(lambda tx: tx.change(AccessRequest, asked.serial, expect={}, to=to))


def forged_vote(house: House, asked: AccessRequest, *, signature: str, person: str = OPERATIONS) -> Vote:
    """A vote as its row would stand in the store."""
    at = house.at
    roles = ("custodian_of", "operations_lead")
    made = Vote(
        id=f"VO-{person}",
        serial=asked.serial,
        revision=asked.revision,
        step=0,
        person=person,
        roles=roles,
        decision=VoteDecision.APPROVE,
        digest=asked.digest,
        reason="",
        at=at,
        body=b"",
        signature=signature,
    )
    return replace(made, body=body_of(made))


def forged_grant(house: House, serial: str, person: str) -> Grant:
    """A grant as its row would stand in the store."""
    end = house.at + timedelta(days=1)
    return Grant(f"GR-{person}", serial, person, SHOP, "operations", house.at, end, 3, GrantState.IN_FORCE)


def carry_out(house: House, asked: AccessRequest) -> None:
    """Owe the work and have it done."""
    house.store.write(lambda tx: tx.owe("carry_out", {"serial": asked.serial}))
    house.work()


def moved_nothing(house: House, asked: AccessRequest) -> None:
    """The request ended void, no grant was made, and the vault's groups are as before."""
    assert house.state(asked.serial) is RequestState.VOID
    assert house.grants(asked.serial) == []
    assert house.users(SHOP) == set()
    assert house.actions(asked.serial)[-1] == EventTag.REQUEST_VOIDED


@pytest.mark.parametrize("signature", ["", "vault:v1:", "vault:v1:" + "A" * 86 + "=="])
def test_a_vote_that_its_voter_did_not_sign_moves_nothing(house: House, signature: str) -> None:
    """Whoever writes into the store can't vote for a custodian."""
    asked = house.ask_use()
    forge(house, forged_vote(house, asked, signature=signature))
    tamper(house, asked, state=RequestState.APPROVED, decided_at=house.at)

    carry_out(house, asked)

    moved_nothing(house, asked)


def test_a_vote_signed_by_another_key_moves_nothing(house: House) -> None:
    """The asker's own key is not the custodian's."""
    asked = house.ask_use()
    vote = forged_vote(house, asked, signature="")
    signature = house.vault.person.sign_vote(PLANNER, sn=asked.serial, body=vote.body)
    forge(house, replace(vote, signature=signature))
    tamper(house, asked, state=RequestState.APPROVED, decided_at=house.at)

    carry_out(house, asked)

    moved_nothing(house, asked)


def test_an_honest_signature_of_somebody_without_the_post_moves_nothing(house: House) -> None:
    """A designer who signs as a custodian is none."""
    asked = house.ask_use()
    vote = forged_vote(house, asked, signature="", person=DESIGNER)
    signature = house.vault.person.sign_vote(DESIGNER, sn=asked.serial, body=vote.body)
    forge(house, replace(vote, signature=signature))
    tamper(house, asked, state=RequestState.APPROVED, decided_at=house.at)

    carry_out(house, asked)

    moved_nothing(house, asked)


def test_an_honest_vote_carried_to_another_request_moves_nothing(house: House) -> None:
    """A signature binds the serial and the content."""
    honest = house.ask_use()
    house.agree(OPERATIONS, honest.serial)
    (vote,) = house.all(Vote, serial=honest.serial)
    asked = house.ask_use(DESIGNER)
    forge(house, replace(vote, id="VO-COPY", serial=asked.serial, digest=asked.digest))
    tamper(house, asked, state=RequestState.APPROVED, decided_at=house.at)

    carry_out(house, asked)

    assert house.state(asked.serial) is RequestState.VOID
    assert house.users(SHOP) == {PLANNER}


@pytest.mark.parametrize("field", ["ends_at", "payload", "requester", "chain"])
def test_what_was_approved_can_not_be_altered_afterwards(house: House, field: str) -> None:
    """A longer time, another account, another asker, an easier chain: the votes no longer belong to it."""
    asked = house.ask_use()
    house.agree(OPERATIONS, asked.serial)
    steps = [{**step, "people": [DESIGNER]} for step in asked.chain["steps"]]
    altered: dict[str, object] = {
        "ends_at": house.at + timedelta(days=20),
        "payload": {**asked.payload, "account": "mail-admin"},
        "requester": DESIGNER,
        "chain": {**asked.chain, "steps": steps},
    }
    tamper(house, asked, **{field: altered[field]})

    house.work()

    moved_nothing(house, asked)
    assert house.users("mail-admin") == set()


def test_a_forged_grant_opens_nothing(house: House) -> None:
    """The worker leaves it out, and the vault refuses who comes with it."""
    serials = {person: house.ask_use(person).serial for person in (PLANNER, DESIGNER)}
    forge(house, *(forged_grant(house, serial, person) for person, serial in serials.items()))

    house.store.write(lambda tx: tx.owe("memberships.account", {"account": SHOP}))
    house.work()

    assert wanted(house, "use") == house.users(SHOP) == set()
    for person, serial in serials.items():
        me = house.caller(person)
        promise = reveals.reveal(house.context, me, SHOP, purpose="operations", reason="看看")
        with pytest.raises(Unavailable):
            reveals.open_delivery(house.context, me, promise.id)
        with pytest.raises(NotPermitted):
            house.vault.person.read(person, sn=serial, account=SHOP, slot=Slot.VALUE)


@pytest.mark.parametrize("field", ["account", "ends_at", "person"])
def test_a_grant_made_longer_or_moved_opens_nothing(house: House, field: str) -> None:
    """Neither past the end that was approved, nor for another person or account."""
    asked = house.ask_use(hours=2)
    house.agree(OPERATIONS, asked.serial)
    house.work()
    assert wanted(house, "use") == {PLANNER}
    (grant,) = house.grants(asked.serial)
    altered: dict[str, object] = {
        "account": "tenpay",
        "ends_at": grant.ends_at + timedelta(days=9),
        "person": DESIGNER,
    }

    house.store.write(lambda tx: tx.change(Grant, grant.id, expect={}, to={field: altered[field]}))

    assert wanted(house, "use") == wanted(house, "use", "tenpay") == set()


@pytest.mark.parametrize("signed", [False, True])
def test_a_forged_approval_of_a_change_lets_nobody_write(house: House, *, signed: bool) -> None:
    """The group of the change stays empty unless the general manager has signed."""
    asked = house.ask(OPERATIONS, "account.change", {"account": SHOP, "what": "password"})
    if signed:
        house.agree(MANAGER, asked.serial)
    else:
        forge(house, forged_vote(house, asked, signature="vault:v1:AAAA", person=MANAGER))
        tamper(house, asked, state=RequestState.APPROVED, decided_at=house.at)

    found = wanted(house, "change")

    assert (OPERATIONS in found) is signed
    assert bool(found) is signed


def test_the_vote_of_who_lost_the_post_is_void_when_it_is_carried_out(house: House) -> None:
    """The right to vote is asked again at the moment of acting."""
    asked = house.ask_use()
    house.agree(OPERATIONS, asked.serial)
    demote(house, OPERATIONS)

    house.work()

    moved_nothing(house, asked)
