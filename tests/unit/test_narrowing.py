"""An approver may narrow, never widen, never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.chain_cases import NOON, fixed, request, vote
from vault_svc.domain.access_requests import digest_of
from vault_svc.domain.errors import Invalid
from vault_svc.domain.narrowing import Asked, Narrower, agreed, kept, narrow, only_shrinks

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.access_requests import AccessRequest, Vote

DAY = timedelta(days=1)
ASKED = Asked({"account": "blog", "add": ["it_lead", "operations_lead"], "note": "x"}, NOON, NOON + 10 * DAY)
LISTS = frozenset({"add", "remove"})


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Narrower(), "nothing_narrowed"),
        (Narrower(lists={}), "nothing_narrowed"),
        (Narrower(lists={"add": ["it_lead", "operations_lead"]}), "nothing_narrowed"),
        (Narrower(ends_at=NOON + 10 * DAY), "nothing_narrowed"),
        (Narrower(starts_at=NOON - DAY), "earlier"),
        (Narrower(ends_at=NOON + 11 * DAY), "later"),
        (Narrower(starts_at=NOON + 10 * DAY), "empty_span"),
        (Narrower(ends_at=NOON), "empty_span"),
        (Narrower(lists={"add": ["it_lead", "general_manager"]}), "widened"),
        (Narrower(lists={"add": ["it_lead", "it_lead"]}), "widened"),
        (Narrower(lists={"add": ["operations_lead", "it_lead"]}), "widened"),
        (Narrower(lists={"add": "it_lead"}), "widened"),
        (Narrower(lists={"add": None}), "widened"),
        (Narrower(lists={"add": [True]}), "widened"),
        (Narrower(lists={"add": ["\ud800"]}), "widened"),
        (Narrower(lists={"add": [float("nan")]}), "widened"),
        (Narrower(lists={"add": [object()]}), "widened"),
        (Narrower(lists={"remove": ["it_lead"]}), "not_narrowable"),
        (Narrower(lists={"account": "alipay"}), "not_narrowable"),
        (Narrower(lists={"note": "y"}), "not_narrowable"),
        (Narrower(lists={"purpose": "maintenance"}), "not_narrowable"),
    ],
)
def test_anything_but_less_is_refused(wanted: Narrower, code: str) -> None:
    """Longer, earlier, more, other, reordered, or nothing at all."""
    with pytest.raises(Invalid) as refused:
        narrow(ASKED, wanted, shrinkable=LISTS)

    assert {violation.code for violation in refused.value.violations} == {code}


def test_every_violation_comes_at_once() -> None:
    """The approver mends it in one go."""
    with pytest.raises(Invalid) as refused:
        narrow(ASKED, Narrower({"account": "x"}, NOON - DAY, NOON + 20 * DAY), shrinkable=LISTS)

    assert len(refused.value.violations) == 3


def test_less_is_left() -> None:
    """A later start, an earlier end, fewer items; the rest stays."""
    left = narrow(ASKED, Narrower({"add": ["it_lead"]}, NOON + DAY, NOON + 2 * DAY), shrinkable=LISTS)

    assert left == Asked({**ASKED.payload, "add": ["it_lead"]}, NOON + DAY, NOON + 2 * DAY)


def test_an_open_end_can_be_closed() -> None:
    """No end is the longest there is."""
    left = narrow(replace(ASKED, ends_at=None), Narrower(ends_at=NOON + 300 * DAY), shrinkable=LISTS)

    assert left.ends_at == NOON + 300 * DAY


moments = st.none() | st.integers(0, 20).map(lambda days: NOON + days * DAY)
items = st.lists(st.sampled_from("abcd"), max_size=4, unique=True)
askeds = st.builds(lambda add, keep, a, b: Asked({"add": add, "keep": keep}, a, b), items, items, moments, moments)


@given(
    asked=askeds,
    lists=st.none() | st.fixed_dictionaries({}, optional={"add": items, "keep": items}),
    a=moments,
    b=moments,
)
def test_whatever_is_wanted_only_shrinks(
    asked: Asked, lists: dict[str, Any] | None, a: datetime | None, b: datetime | None
) -> None:
    """What is let through is a true part of what was asked, and narrowing it back is not possible."""
    try:
        left = narrow(asked, Narrower(lists, a, b), shrinkable={"add"})
    except Invalid:
        return

    assert set(left.payload["add"]) <= set(asked.payload["add"])
    assert left.payload["keep"] == asked.payload["keep"]
    assert asked.starts_at is None or (left.starts_at is not None and left.starts_at >= asked.starts_at)
    assert asked.ends_at is None or (left.ends_at is not None and left.ends_at <= asked.ends_at)
    assert only_shrinks(asked, left, shrinkable={"add"})
    assert not only_shrinks(left, asked, shrinkable={"add"})


@given(before=askeds, after=askeds)
def test_only_shrinks_agrees_with_plain_words(before: Asked, after: Asked) -> None:
    """Parts in order, later starts, earlier ends, and nothing else."""
    order = [item for item in before.payload["add"] if item in after.payload["add"]]
    plain = (
        after.payload["add"] == order
        and after.payload["keep"] == before.payload["keep"]
        and (before.starts_at is None or (after.starts_at or NOON - DAY) >= before.starts_at)
        and (before.ends_at is None or (after.ends_at or NOON + 99 * DAY) <= before.ends_at)
    )

    assert only_shrinks(before, after, shrinkable={"add"}) == plain


def test_another_field_is_no_shrinking() -> None:
    """A payload keeps its fields."""
    assert not only_shrinks(Asked({"add": ["a"]}), Asked({}), shrinkable={"add"})
    assert not only_shrinks(Asked({}), Asked({"add": []}), shrinkable={"add"})


def test_what_is_only_equal_is_not_the_same() -> None:
    """To Python 1 is true; in signed JSON it is not."""
    assert not only_shrinks(Asked({"add": [1]}), Asked({"add": [True]}), shrinkable={"add"})


def wide() -> AccessRequest:
    """A request of two steps that can be narrowed."""
    chain = fixed("person.join", "people", about="new", posts=("planner", "designer"))
    made = request(chain, "people", payload={"name": "new", "posts": ["planner", "designer"]}, about="new")
    return replace(made, digest=digest_of(made))


def narrowed() -> tuple[list[Vote], AccessRequest]:
    """The IT lead agreed to two posts, the general manager left one."""
    before = wide()
    after = replace(before, payload={"name": "new", "posts": ["planner"]})
    after = replace(after, digest=digest_of(after))
    first = vote("it", "it_lead", digest=before.digest)
    left = kept(Asked(before.payload))
    second = vote(
        "boss", "general_manager", step=1, after=1, digest=before.digest, new_digest=after.digest, narrow=left
    )
    return [first, second], after


def test_earlier_votes_stand_after_a_narrowing() -> None:
    """It only shrank, and the one who narrowed signed both."""
    votes, request_now = narrowed()

    assert agreed(votes, request_now, shrinkable={"posts"})


def test_later_votes_bind_what_was_left() -> None:
    """After a narrowing one votes on less."""
    _, after = narrowed()
    before = wide()
    first = vote("it", "it_lead", digest=before.digest, new_digest=after.digest, narrow=kept(Asked(before.payload)))
    second = vote("boss", "general_manager", step=1, after=1, digest=after.digest)

    assert agreed([first, second], after, shrinkable={"posts"})
    assert not agreed([first, replace_digest(second, before.digest)], after, shrinkable={"posts"})


def test_what_may_not_shrink_is_not_agreed_to() -> None:
    """The kind decides what can be struck out."""
    votes, after = narrowed()

    assert not agreed(votes, after, shrinkable=set())


def test_a_widening_that_calls_itself_narrowing_is_found() -> None:
    """A first vote for one post never becomes one for two."""
    before = replace(wide(), payload={"name": "new", "posts": ["planner"]})
    before = replace(before, digest=digest_of(before))
    after = wide()
    first = vote("it", "it_lead", digest=before.digest)
    left = kept(Asked(before.payload))
    second = vote(
        "boss", "general_manager", step=1, after=1, digest=before.digest, new_digest=after.digest, narrow=left
    )

    assert not agreed([first, second], after, shrinkable={"posts"})


@pytest.mark.parametrize(
    "damage",
    [{"payload": {"name": "other", "posts": ["planner"]}}, {"reason": "x"}, {"revision": 2}, {"ends_at": NOON}],
)
def test_a_request_altered_afterwards_is_not_agreed_to(damage: dict[str, Any]) -> None:
    """In any of its parts, with or without a new digest."""
    votes, after = narrowed()
    altered = replace(after, **damage)

    assert not agreed(votes, altered, shrinkable={"posts"})
    assert not agreed(votes, replace(altered, digest=digest_of(altered)), shrinkable={"posts"})
    assert not agreed(votes, replace(after, digest="0" * 64), shrinkable={"posts"})


@pytest.mark.parametrize(
    "left", [{}, {"payload": 1, "from": None, "until": None}, {"payload": {}, "from": "soon", "until": None}]
)
def test_a_narrowing_that_kept_something_else_is_no_narrowing(left: dict[str, Any]) -> None:
    """A row that can't be read is refused, it does not stop the worker."""
    (first, second), after = narrowed()
    strange = vote(
        "boss", "general_manager", step=1, after=1, digest=second.digest, new_digest=after.digest, narrow=left
    )

    assert not agreed([first, strange], after, shrinkable={"posts"})


def test_without_votes_nothing_is_agreed() -> None:
    """Silence is no consent."""
    assert not agreed([], wide(), shrinkable={"posts"})


def replace_digest(given_vote: Vote, digest: str) -> Vote:
    """The same vote on something else, rightly signed."""
    return vote(given_vote.person, *given_vote.roles, step=given_vote.step, after=1, digest=digest)
