"""Narrowing: an approver may agree to less, and exactly that is carried out; to more or to something else, never."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.house import MANAGER, OPERATIONS, PLANNER, SHOP
from vault_svc.domain.access_requests import RequestState, VoteDecision
from vault_svc.domain.errors import Invalid, NotFound, ReasonMissing, StaleDigest, WrongState
from vault_svc.services import votes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.house import House
    from vault_svc.domain.access_requests import AccessRequest
    from vault_svc.services.request_views import RequestView


def voted(
    house: House,
    asked: AccessRequest,
    person: str = OPERATIONS,
    *,
    decision: VoteDecision = VoteDecision.APPROVE,
    reason: str = "",
    narrow: Mapping[str, Any] | None = None,
) -> RequestView:
    """Vote on what was shown."""
    return votes.vote(
        house.context,
        house.caller(person),
        asked.serial,
        decision=decision,
        digest=asked.digest,
        reason=reason,
        narrow=narrow,
    )


@pytest.mark.parametrize(
    "narrow",
    [
        {"until": "2026-03-01T00:00:00+08:00"},
        {"until": "2026-01-05T12:00:00"},
        {"until": "soon"},
        {"purpose": "maintenance"},
        {"lists": {"account": "alipay-login"}},
    ],
)
def test_nothing_grows_and_nothing_else_changes(house: House, narrow: dict[str, Any]) -> None:
    """The request stands as it was asked."""
    asked = house.ask_use()

    with pytest.raises(Invalid):
        voted(house, asked, narrow=narrow)

    assert house.request(asked.serial) == asked


def test_a_shorter_time_is_what_is_carried_out(house: House) -> None:
    """The grant ends when the approver said, and the record holds."""
    asked = house.ask_use(hours=24)
    end = house.at + timedelta(hours=2)

    voted(house, asked, narrow={"until": end.isoformat()})
    house.work()

    assert [grant.ends_at for grant in house.grants(asked.serial)] == [end]
    assert house.state(asked.serial) is RequestState.CARRIED_OUT
    assert house.users(SHOP) == {PLANNER}


def test_the_page_of_another_is_stale_after_a_narrowing(house: House) -> None:
    """A first of two votes narrows; the second must have seen it."""
    payload = {"name": "new.one", "display": "新人", "department": "it", "posts": ["planner", "designer"]}
    asked = house.ask("zhou.ning", "person.join", payload | {"mail": "new@example.com"})

    voted(house, asked, "xu.tao", narrow={"lists": {"posts": ["planner"]}})
    with pytest.raises(StaleDigest):
        voted(house, asked, MANAGER)
    house.agree(MANAGER, asked.serial)

    assert house.state(asked.serial) is RequestState.APPROVED
    assert house.request(asked.serial).payload["posts"] == ["planner"]


def test_a_rejection_needs_a_reason(house: House) -> None:
    """And ends the request with it."""
    asked = house.ask_use()

    with pytest.raises(ReasonMissing):
        voted(house, asked, decision=VoteDecision.REJECT, reason=" ")
    voted(house, asked, decision=VoteDecision.REJECT, reason="不需要")

    ended = house.request(asked.serial)
    assert (ended.state, ended.outcome) == (RequestState.REJECTED, "不需要")


def test_an_expired_request_takes_no_vote(house: House) -> None:
    """Not even before the worker has looked."""
    asked = house.ask_use(hours=1)
    house.at += timedelta(hours=2)
    house.prove_again()

    with pytest.raises(WrongState):
        voted(house, asked)


def test_an_unknown_serial_is_not_found(house: House) -> None:
    """Whoever asks."""
    with pytest.raises(NotFound):
        votes.vote(house.context, house.caller(MANAGER), "SQ-2026-999999", decision=VoteDecision.APPROVE, digest="x")
