"""What a vote binds, how a request moves, and when it ends."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.chain_cases import NOON, fixed, request, vote
from vault_svc.domain.access_requests import (
    OPEN_STATES,
    AccessRequest,
    RequestState,
    Vote,
    VoteDecision,
    body_of,
    digest_of,
    may_become,
    move,
    stands_until,
    starts,
    vote_body,
    waits_until,
)
from vault_svc.domain.errors import WrongState
from vault_svc.domain.narrowing import agreed

DAY = timedelta(days=1)
END = NOON + 30 * DAY


def asked(**more: Any) -> AccessRequest:
    """A request with a true digest."""
    made = request(fixed("account.change", "ops"), "ops", payload={"account": "tmall", "what": "password"}, **more)
    return replace(made, digest=digest_of(made))


def binding(of: AccessRequest, **more: Any) -> Vote:
    """The general manager's vote on it."""
    return vote("boss", "general_manager", **{"digest": of.digest, **more})


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "SQ-2026-000002"},
        {"revision": 2},
        {"kind": "account.close"},
        {"payload": {"account": "alipay", "what": "password"}},
        {"payload": {}},
        {"reason": "另一个理由"},
        {"starts_at": NOON},
        {"ends_at": END},
        {"chain": {**fixed("account.change", "ops").to_json(), "excluded": ["x"]}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_covers_all_that_is_asked(change: dict[str, Any]) -> None:
    """Whatever it left out could be changed after the vote."""
    assert digest_of(replace(asked(), **change)) != asked().digest


def test_the_digest_is_the_same_in_every_time_zone() -> None:
    """One moment, one digest."""
    shanghai = END.astimezone(timezone(timedelta(hours=8)))

    assert asked(ends_at=END).digest == asked(ends_at=shanghai).digest


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "SQ-2026-000002"},
        {"revision": 2},
        {"step": 1},
        {"person": "plan"},
        {"roles": ("leader_in_charge",)},
        {"decision": VoteDecision.REJECT},
        {"digest": "x"},
        {"new_digest": "y"},
        {"reason": "因为"},
        {"at": NOON + DAY},
        {"narrow": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_vote_signs_everything_that_it_says(change: dict[str, Any]) -> None:
    """A row that was altered no longer matches its signed bytes."""
    signed = binding(asked())

    assert body_of(replace(signed, **change)) != signed.body


def test_a_vote_signs_canonical_json_with_its_own_name() -> None:
    """Bytes that can't be taken for anything else that is signed in the vault."""
    body = json.loads(binding(asked()).body)

    assert body["what"] == "vault-svc/vote"
    assert body["at"] == NOON.isoformat()
    assert body["decision"] == "approve"


def test_the_order_of_roles_does_not_matter() -> None:
    """A set of roles has one form."""
    said = {
        "serial": "SQ-2026-000001",
        "revision": 1,
        "step": 0,
        "person": "it",
        "decision": VoteDecision.APPROVE,
        "digest": "d",
        "reason": "",
        "at": NOON,
    }

    assert vote_body(roles=["a", "b"], **said) == vote_body(roles=["b", "a"], **said)  # type: ignore[arg-type]


def test_no_votes_bind_nothing() -> None:
    """Silence is no consent."""
    assert not agreed([], asked(), shrinkable=())


def test_an_altered_request_is_bound_by_nobody() -> None:
    """Neither with its old digest nor with a new one."""
    before = asked()
    votes = [binding(before)]
    altered = replace(before, payload={"account": "alipay", "what": "password"})

    assert agreed(votes, before, shrinkable=())
    assert not agreed(votes, altered, shrinkable=())
    assert not agreed(votes, replace(altered, digest=digest_of(altered)), shrinkable=())


@pytest.mark.parametrize("change", [{"person": "it"}, {"body": b""}, {"reason": "x"}, {"serial": "SQ-2026-000009"}])
def test_an_altered_vote_binds_nothing(change: dict[str, Any]) -> None:
    """The row must say what was signed."""
    assert not agreed([replace(binding(asked()), **change)], asked(), shrinkable=())


WAYS = {
    RequestState.SUBMITTED: {"approved", "rejected", "withdrawn", "expired", "void"},
    RequestState.APPROVED: {"carried_out", "withdrawn", "expired", "void", "failed"},
    RequestState.CARRIED_OUT: {"closed", "lapsed"},
}


@pytest.mark.parametrize(("state", "to"), list(itertools.product(RequestState, RequestState)))
def test_a_request_moves_along_known_ways_only(state: RequestState, to: RequestState) -> None:
    """Every pair of states; an end stays an end."""
    allowed = to in WAYS.get(state, set())

    assert may_become(state, to) == allowed
    if not allowed:
        with pytest.raises(WrongState):
            move(state, to)


def test_open_states_are_those_with_a_way_on() -> None:
    """The two lists can't drift apart."""
    assert set(WAYS) == OPEN_STATES
    assert move(RequestState.SUBMITTED, RequestState.APPROVED) is RequestState.APPROVED


@pytest.mark.parametrize(
    ("wanted", "start"), [(None, NOON), (NOON - DAY, NOON), (NOON, NOON), (NOON + DAY, NOON + DAY)]
)
def test_a_grant_starts_at_the_later_of_approval_and_from(wanted: datetime | None, start: datetime) -> None:
    """Waiting for an approver does not eat it."""
    assert starts(NOON, asked=wanted) == start


@pytest.mark.parametrize(
    ("ends_at", "until"), [(None, NOON + 14 * DAY), (NOON + 20 * DAY, NOON + 14 * DAY), (NOON + DAY, NOON + DAY)]
)
def test_a_request_waits_until_its_own_end_at_most(ends_at: datetime | None, until: datetime) -> None:
    """What is over need not be decided."""
    assert waits_until(NOON, wait=14 * DAY, ends_at=ends_at) == until


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "until"),
    [
        (None, None, NOON + 7 * DAY),
        (NOON + 10 * DAY, None, NOON + 17 * DAY),
        (NOON - DAY, None, NOON + 7 * DAY),
        (NOON + 10 * DAY, NOON + 12 * DAY, NOON + 12 * DAY),
    ],
)
def test_an_approval_stands_from_its_start_on(
    starts_at: datetime | None, ends_at: datetime | None, until: datetime
) -> None:
    """Something that was asked for later does not expire before it begins."""
    assert stands_until(NOON, wait=7 * DAY, starts_at=starts_at, ends_at=ends_at) == until


def test_moments_are_utc_in_signed_bytes() -> None:
    """The zone of the writer leaves no trace."""
    local = NOON.astimezone(timezone(timedelta(hours=8)))

    assert body_of(replace(binding(asked()), at=local)) == binding(asked()).body
    assert NOON.tzinfo is UTC
