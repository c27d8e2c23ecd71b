"""Voting on a fixed chain: who may, what counts, what still stands when it is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.chain_cases import ORDINARY, PAYMENT, PEOPLE, fixed, joint, request, vote
from vault_svc.domain.access_requests import RequestState
from vault_svc.domain.chain_votes import (
    Outcome,
    Voter,
    may_vote,
    open_step,
    outcome,
    tally,
    vote_roles,
)
from vault_svc.domain.permissions import Deny

JOIN: dict[str, Any] = {"about": "new", "posts": ("planner",)}


def voter(person: str, *more: str) -> Voter:
    """Somebody of the company, with more posts."""
    return Voter(person, PEOPLE.get(person, frozenset()) | set(more))


def test_the_asker_may_not_vote() -> None:
    """One's own request is refused by person, whatever the post."""
    chain = fixed("account.change", "ops")

    refused = may_vote(chain, [], voter("ops", "general_manager"), request(chain, "ops"))

    assert isinstance(refused, Deny)
    assert refused.code == "own_request"
    assert refused.rule == "ACC-3"


def test_the_person_concerned_may_not_vote() -> None:
    """The same for the one it is about."""
    chain = fixed("post.assign", "head", about="plan")

    refused = may_vote(chain, [], voter("plan", "general_manager"), request(chain, "head", about="plan"))

    assert isinstance(refused, Deny)
    assert refused.code == "own_request"


@pytest.mark.parametrize("person", sorted(set(PEOPLE) - {"boss", "ops"}))
def test_nobody_else_may_vote(person: str) -> None:
    """ACC-3: the general manager, and nobody in the place of one who is there."""
    chain = fixed("account.change", "ops")

    refused = may_vote(chain, [], voter(person), request(chain, "ops"))

    assert isinstance(refused, Deny)
    assert refused.code == "not_permitted"
    assert "总经理" in str(refused.next_step)


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.SUBMITTED])
def test_a_request_that_is_not_open_takes_no_vote(state: RequestState) -> None:
    """Only what is submitted can be decided."""
    chain = fixed("account.change", "ops")

    refused = may_vote(chain, [], voter("boss"), request(chain, "ops", state=state))

    assert isinstance(refused, Deny)
    assert refused.code == "wrong_state"


def test_a_chain_of_another_revision_takes_no_vote() -> None:
    """An edit fixes a new chain; the old one is nobody's."""
    chain = fixed("account.change", "ops")

    refused = may_vote(chain, [], voter("boss"), request(chain, "ops", revision=2))

    assert not refused


def test_a_second_vote_is_refused() -> None:
    """One vote a person, also under a second post in a later step."""
    chain = fixed("person.join", "people", **JOIN)
    votes = [vote("it", "it_lead")]

    refused = may_vote(chain, votes, voter("it", "general_manager"), request(chain, "people"))

    assert isinstance(refused, Deny)
    assert refused.code == "already_voted"


def test_a_later_step_is_not_open_yet() -> None:
    """Steps come in order."""
    chain = fixed("person.join", "people", **JOIN)

    refused = may_vote(chain, [], voter("boss"), request(chain, "people"))

    assert isinstance(refused, Deny)
    assert refused.code == "not_permitted"


def test_a_seat_that_is_taken_is_refused() -> None:
    """A second holder of a post adds nothing to a joint approval."""
    chain = joint()
    votes = [vote("it", "it_lead")]

    refused = may_vote(chain, votes, Voter("it-2", frozenset({"it_lead"})), request(chain, "ops"))

    assert isinstance(refused, Deny)
    assert "已经给出" in refused.reason.zh


def test_one_person_does_not_take_both_seats() -> None:
    """Both means two people: two posts are still one person."""
    chain = joint()
    votes = [vote("x", "it_lead", "marketing_director"), vote("x", "it_lead", "marketing_director", after=1)]

    assert open_step(chain, votes) == 0
    assert not may_vote(chain, votes, Voter("x", frozenset({"it_lead", "marketing_director"})), request(chain, "ops"))


def test_a_person_with_both_posts_leaves_either_seat_to_the_other() -> None:
    """The one who could take both seats takes the one that the other can't."""
    chain = joint()
    votes = [vote("x", "it_lead", "marketing_director"), vote("it", "it_lead", after=1)]

    assert open_step(chain, votes) is None


def test_the_right_person_may_vote() -> None:
    """The yes names its rule."""
    chain = fixed("account.change", "ops")

    allowed = may_vote(chain, [], voter("boss"), request(chain, "ops"))

    assert allowed
    assert allowed.rule == "ACC-3"
    assert vote_roles(chain, 0, voter("boss")) == ("general_manager",)


def test_a_custodian_who_is_not_the_asker_may_vote() -> None:
    """ACC-2: any one of the account's custodians."""
    chain = fixed("account.use", "plan", **ORDINARY)

    assert may_vote(chain, [], voter("ops"), request(chain, "plan"))
    assert may_vote(chain, [], voter("it"), request(chain, "plan"))
    assert not may_vote(chain, [], voter("leader"), request(chain, "plan"))


def test_for_payment_accounts_a_custodian_is_not_enough() -> None:
    """The general manager instead; the leader in charge is a custodian and still may not."""
    chain = fixed("account.use", "plan", **PAYMENT)

    assert not may_vote(chain, [], voter("leader"), request(chain, "plan"))
    assert may_vote(chain, [], voter("boss"), request(chain, "plan"))


@pytest.mark.parametrize(
    "forged",
    [
        vote("ops", "general_manager"),
        vote("boss", "general_manager", revision=2),
        vote("boss", "general_manager", step=1),
        vote("boss", "general_manager", step=-1),
        vote("boss", "department_head"),
        vote("boss"),
    ],
    ids=["own", "other revision", "other step", "no step", "other role", "no role"],
)
def test_a_vote_that_may_not_be_there_moves_nothing(forged: object) -> None:
    """Whatever a row in the store says, it counts only by the rules."""
    chain = fixed("account.change", "ops")

    counted = tally(chain, [forged])  # type: ignore[list-item]

    assert counted.outcome is Outcome.PENDING
    assert counted.counted == ((),)


def test_a_second_holder_of_a_post_fills_nothing() -> None:
    """In the store as at the door."""
    chain = joint()
    votes = [vote("it", "it_lead"), vote("it-2", "it_lead", after=1)]

    assert [len(step) for step in tally(chain, votes).counted] == [1]
    assert open_step(chain, votes) == 0


def test_a_request_whose_votes_are_complete_takes_no_more() -> None:
    """Even before its state is moved on."""
    chain = fixed("account.use", "plan", **ORDINARY)

    refused = may_vote(chain, [vote("it", "it_lead")], voter("ops"), request(chain, "plan"))

    assert isinstance(refused, Deny)
    assert refused.code == "wrong_state"


def test_one_person_does_not_fill_two_steps() -> None:
    """A second post gives no second vote, whatever lies in the store."""
    chain = fixed("person.join", "people", **JOIN)
    votes = [vote("x", "it_lead"), vote("x", "general_manager", step=1, after=1)]

    assert open_step(chain, votes) == 1


def test_the_asker_may_not_vote_even_on_a_chain_that_forgot_them() -> None:
    """The request says who asked, whatever the chain excludes."""
    chain = replace(fixed("account.change", "ops"), excluded=("somebody",))

    refused = may_vote(chain, [], voter("boss"), request(chain, "boss"))

    assert isinstance(refused, Deny)
    assert refused.code == "own_request"


def test_one_rejection_ends_it() -> None:
    """Whoever holds a seat of the open step can say no."""
    chain = fixed("account.use", "plan", **ORDINARY)

    said = outcome(chain, [vote("it", "it_lead", yes=False)], {"it": PEOPLE["it"]})

    assert said is Outcome.REJECTED


def test_a_rejection_by_somebody_without_a_seat_moves_nothing() -> None:
    """No is a vote like yes."""
    chain = fixed("account.change", "ops")

    assert tally(chain, [vote("plan", "planner", yes=False)]).outcome is Outcome.PENDING
    assert tally(chain, [vote("ops", "general_manager", yes=False)]).outcome is Outcome.PENDING


def test_all_steps_in_order_approve() -> None:
    """The open step moves on, then there is none."""
    chain = fixed("person.join", "people", **JOIN)
    first, second = vote("it", "it_lead"), vote("boss", "general_manager", step=1, after=1)

    assert open_step(chain, []) == 0
    assert open_step(chain, [first]) == 1
    assert open_step(chain, [first, second]) is None
    assert outcome(chain, [second, first], PEOPLE) is Outcome.APPROVED


def test_a_vote_for_a_later_step_that_came_first_does_not_count() -> None:
    """Order is by the time that the voter signed, not by the order of rows."""
    chain = fixed("person.join", "people", **JOIN)
    early = vote("boss", "general_manager", step=1)

    assert open_step(chain, [early, vote("it", "it_lead", after=1)]) == 1
