"""ACC-3: any alteration of an account is a request to the general manager, and happens only once approved."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.chain_cases import ORDINARY, PAYMENT, PEOPLE, fixed, request, vote
from vault_svc.domain.chain_votes import Voter, may_vote, still_stands

ALTERATIONS = ["account.open", "account.change", "account.custody", "account.close"]
ACCOUNTS = {"ordinary": ORDINARY, "payment": PAYMENT}


@pytest.mark.parametrize("kind", ALTERATIONS)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_nobody_but_the_general_manager_agrees(kind: str, account: str) -> None:
    """Not a custodian, not the IT lead, not the leader in charge, not the administrator."""
    chain = fixed(kind, "it", **ACCOUNTS[account])

    may = {name for name in PEOPLE if may_vote(chain, [], Voter(name, PEOPLE[name]), request(chain, "it"))}

    assert may == {"boss"}


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_no_number_of_other_votes_stands(kind: str) -> None:
    """Everybody else together is not the general manager."""
    chain = fixed(kind, "it")
    votes = [vote(name, *PEOPLE[name], after=minute) for minute, name in enumerate(sorted(set(PEOPLE) - {"boss"}))]

    assert not still_stands(chain, votes, PEOPLE)


@pytest.mark.parametrize(("kind", "asker"), list(itertools.product(ALTERATIONS, ["ops", "it", "leader"])))
def test_without_the_vote_nothing_stands_and_with_it_it_does(kind: str, asker: str) -> None:
    """Asked before and again when it is carried out."""
    account = PAYMENT if asker == "leader" else ORDINARY
    chain = fixed(kind, asker, **account)

    assert not still_stands(chain, [], PEOPLE)
    assert still_stands(chain, [vote("boss", "general_manager")], PEOPLE)
    assert chain.rule == "ACC-3"


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_the_general_managers_own_request_is_not_theirs_to_agree_to(kind: str) -> None:
    """The leader in charge agrees in their place."""
    chain = fixed(kind, "boss", **PAYMENT)

    assert not still_stands(chain, [vote("boss", "general_manager")], PEOPLE)
    assert still_stands(chain, [vote("leader", "leader_in_charge")], PEOPLE)
