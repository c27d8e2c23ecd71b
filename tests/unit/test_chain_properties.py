"""Whatever votes lie in the store, in whatever order: only the rules decide."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.chain_cases import PEOPLE, fixed, request, shipped, vote
from vault_svc.domain.chain_fixing import fix, matches
from vault_svc.domain.chain_votes import Outcome, Voter, may_vote, outcome, still_stands, tally, vote_roles
from vault_svc.domain.chains import Chain, Mode, Need, RequestFacts, Step
from vault_svc.domain.fixed_chains import FixedChain, FixedStep
from vault_svc.domain.matching import most_filled
from vault_svc.domain.permissions import Deny

if TYPE_CHECKING:
    from vault_svc.domain.access_requests import Vote

ROLES = ["general_manager", "leader_in_charge", "it_lead", "operations_lead", "marketing_director"]
NAMES = ["a", "b", "c", "d", "e"]

people = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(ROLES), max_size=3), min_size=2)
words = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)


@st.composite
def needs(draw: st.DrawFn) -> Need:
    """Any way in which a step can be written."""
    named = tuple(draw(words))
    mode = draw(st.sampled_from(list(Mode)))
    quorum = {Mode.ANY_OF: 1, Mode.ALL_OF: len(named)}.get(mode) or draw(st.integers(1, len(named)))
    return Need(mode, named, quorum)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Chain, RequestFacts]:
    """Any chain, any company, any asker and person concerned."""
    like = shipped().chain("person.reset")
    steps = tuple(Step(need) for need in draw(st.lists(needs(), min_size=1, max_size=3)))
    held = draw(people)
    holders = {role: frozenset(name for name in held if role in held[name]) for role in ROLES}
    about = draw(st.sampled_from([None, *NAMES]))
    asked = RequestFacts(kind=like.kind, requester=draw(st.sampled_from(NAMES)), holders=holders, about=about)
    return replace(like, steps=steps), asked


@st.composite
def some_votes(draw: st.DrawFn) -> list[Vote]:
    """Votes as a forger could write them: any person, step, revision, roles."""
    made = draw(
        st.lists(
            st.builds(
                lambda person, roles, step, yes, revision: vote(person, *roles, step=step, yes=yes, revision=revision),
                st.sampled_from(NAMES),
                st.lists(st.sampled_from(ROLES), max_size=3, unique=True),
                st.integers(-1, 3),
                st.sampled_from([True, True, True, False]),
                st.sampled_from([1, 1, 1, 2]),
            ),
            max_size=12,
        )
    )
    return [replace(one, id=f"VO-{at}", at=one.at.replace(minute=at)) for at, one in enumerate(made)]


def filled(step: FixedStep, votes: tuple[Vote, ...]) -> bool:
    """By trying everything: different people in all places, each by a role that the vote names."""
    if step.mode is not Mode.ALL_OF:
        return len({one.person for one in votes if step.held_by(one.person, one.roles)}) >= step.quorum
    return any(
        all(seat.held_by(one.person, one.roles) for seat, one in zip(step.seats, order, strict=False))
        for order in itertools.permutations(votes, len(step.seats))
    )


@given(case=cases(), votes=some_votes())
def test_own_votes_never_count_and_nobody_counts_twice(case: tuple[Chain, RequestFacts], votes: list[Vote]) -> None:
    """By person, over all steps, in any order."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return

    counted = [one.person for step in tally(made, votes).counted for one in step]

    assert not {asked.requester, asked.about} & set(counted)
    assert len(set(counted)) == len(counted)


@given(case=cases(), votes=some_votes())
def test_approved_exactly_when_every_step_is_filled(case: tuple[Chain, RequestFacts], votes: list[Vote]) -> None:
    """By different people who may; checked by trying all ways to seat them."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return

    now = tally(made, votes)

    every = all(filled(step, given) for step, given in zip(made.steps, now.counted, strict=True))
    assert (now.outcome is Outcome.APPROVED) == (every and now.rejected is None)
    assert now.open is None or not filled(made.steps[now.open], now.counted[now.open])


@given(case=cases(), votes=some_votes())
def test_a_voter_without_posts_now_counts_for_nothing(case: tuple[Chain, RequestFacts], votes: list[Vote]) -> None:
    """With nobody in post, nothing is approved and nothing stands."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return

    assert outcome(made, votes, {}) is Outcome.PENDING
    assert not still_stands(made, votes, {})


@given(case=cases())
def test_a_chain_that_was_fixed_can_be_completed(case: tuple[Chain, RequestFacts]) -> None:
    """Either it is refused at once, or different people who are there and may can fill all places."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return

    places = [place for step in made.steps for place in _places(step, asked)]

    assert most_filled(places) == len(places)


@given(case=cases())
def test_a_chain_that_different_people_can_fill_is_not_refused(case: tuple[Chain, RequestFacts]) -> None:
    """A refusal has a reason: where nobody is a party and there are enough people, it is fixed as written."""
    chain, asked = case
    outsider = replace(asked, requester="stranger", about=None)
    asked_roles = [(step.need, [set(outsider.holders[word]) for word in step.need.words]) for step in chain.steps]
    places = [
        place
        for need, seats in asked_roles
        for place in (seats if need.mode is Mode.ALL_OF else [set[str]().union(*seats)] * need.quorum)
    ]

    made = fix(chain, outsider, shipped().roles)

    assert isinstance(made, FixedChain) == (most_filled(places) == len(places))


@given(case=cases(), order=st.lists(st.sampled_from(NAMES), max_size=12))
def test_votes_that_were_allowed_are_the_votes_that_count(case: tuple[Chain, RequestFacts], order: list[str]) -> None:
    """The question before the vote and the count after it never disagree."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return
    votes: list[Vote] = []
    for minute, name in enumerate(order):
        held = frozenset(role for role, holders in asked.holders.items() if name in holders)
        step = tally(made, votes).open
        if step is None:
            break
        if may_vote(made, votes, Voter(name, held), request(made, asked.requester, about=asked.about)):
            roles = vote_roles(made, step, Voter(name, held))
            votes.append(vote(name, *roles, step=step, after=minute))

    assert sum(map(len, tally(made, votes).counted)) == len(votes)


@given(case=cases())
def test_every_chain_that_was_fixed_matches_its_rules(case: tuple[Chain, RequestFacts]) -> None:
    """Whoever acts on it later finds it justified."""
    chain, asked = case
    made = fix(chain, asked, shipped().roles)
    if isinstance(made, Deny):
        return

    assert matches(made, chain, asked, shipped().roles)


@given(case=cases(), other=cases())
def test_a_chain_of_other_rules_does_not_match(
    case: tuple[Chain, RequestFacts], other: tuple[Chain, RequestFacts]
) -> None:
    """Fixed by weaker rules, it is found; only seats of stand-ins may differ from what is written."""
    chain, asked = case
    made = fix(other[0], asked, shipped().roles)
    if isinstance(made, Deny) or not matches(made, chain, asked, shipped().roles):
        return

    written = {word for step in chain.steps for word in step.need.words}
    assert [step.quorum for step in made.steps] == [step.need.quorum for step in chain.steps]
    assert {seat.word for step in made.steps for seat in step.seats if not seat.in_place_of} <= written


@given(case=cases())
def test_a_fixed_chain_survives_the_store(case: tuple[Chain, RequestFacts]) -> None:
    """JSON and back changes nothing."""
    made = fix(*case, shipped().roles)
    if isinstance(made, Deny):
        return

    assert FixedChain.from_json(made.to_json()) == made


@given(seats=st.lists(st.frozensets(st.sampled_from(NAMES)), max_size=5))
def test_most_filled_is_the_most(seats: list[frozenset[str]]) -> None:
    """The matching against trying every order of people."""
    ways = itertools.permutations([*NAMES, *[""] * len(seats)], len(seats))

    best = max(sum(name in seat for seat, name in zip(seats, way, strict=True)) for way in set(ways))

    assert most_filled(seats) == best


def test_the_people_of_the_tests_are_enough() -> None:
    """The shipped chains are fixed with them, so the other tests are not empty."""
    assert fixed("person.join", "people", about="new", posts=("planner",)).steps
    assert PEOPLE


def _places(step: FixedStep, asked: RequestFacts) -> list[set[str]]:
    able = [
        {name for role in seat.roles for name in asked.holders.get(role, ())} - asked.excluded for seat in step.seats
    ]
    return able if step.mode is Mode.ALL_OF else [set[str]().union(*able)] * step.quorum
