"""Requests for somebody's consent: their states, what a vote binds, and how they end.

A request passes ``submitted → approved → carried_out → closed``; every other state is an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from vault_svc.domain.audit import canonical, digest
from vault_svc.domain.errors import WrongState
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta


class RequestState(StrEnum):
    """The states of ``contract.md`` §3, in the order of a request's life."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    FAILED = "failed"
    LAPSED = "lapsed"


class RequestKind(StrEnum):
    """The kinds of requests, ``noun.verb``; each has a chain in ``policies/chains.toml``."""

    ACCOUNT_CHANGE = "account.change"
    ACCOUNT_CLOSE = "account.close"
    ACCOUNT_CUSTODY = "account.custody"
    ACCOUNT_OPEN = "account.open"
    ACCOUNT_USE = "account.use"
    PERSON_JOIN = "person.join"
    PERSON_RESET = "person.reset"
    POLICY_CHANGE = "policy.change"
    POST_ASSIGN = "post.assign"


TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.SUBMITTED: frozenset(
        {
            RequestState.APPROVED,
            RequestState.REJECTED,
            RequestState.WITHDRAWN,
            RequestState.EXPIRED,
            RequestState.VOID,
        }
    ),
    RequestState.APPROVED: frozenset(
        {
            RequestState.CARRIED_OUT,
            RequestState.WITHDRAWN,
            RequestState.EXPIRED,
            RequestState.VOID,
            RequestState.FAILED,
        }
    ),
    RequestState.CARRIED_OUT: frozenset({RequestState.CLOSED, RequestState.LAPSED}),
}
"""Every change of state that there is; a state that is not a key is an end."""

OPEN_STATES = frozenset({RequestState.SUBMITTED, RequestState.APPROVED, RequestState.CARRIED_OUT})


class VoteDecision(StrEnum):
    """What a vote says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One request. ``chain`` is fixed at submission (see ``chains``), ``digest`` covers what is asked.

    ``revision`` grows with each edit and makes the votes of earlier revisions void. ``about`` is the person whom it
    concerns where that is not the requester. ``starts_at`` and ``ends_at`` are as asked (the digest covers them):
    None means from the approval on, and without an end.
    """

    serial: str
    kind: str
    payload: Mapping[str, Any]
    reason: str
    requester: str
    state: RequestState
    digest: str
    chain: Mapping[str, Any]
    submitted_at: datetime
    expires_at: datetime
    revision: int = 1
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    about: str | None = None
    object: str | None = None
    decided_at: datetime | None = None
    carried_out_by: str | None = None
    carried_out_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote, signed under the voter's own vault identity. ``body`` are the signed bytes, ``revision`` what it binds.

    A narrowing vote binds ``digest`` (what was shown) and ``new_digest`` (what it left), and keeps in ``narrow`` what
    was asked before (``narrowing.kept``). ``step`` counts from 0.
    """

    id: str
    serial: str
    revision: int
    step: int
    person: str
    roles: tuple[str, ...]
    decision: VoteDecision
    digest: str
    reason: str
    at: datetime
    body: bytes
    signature: str
    new_digest: str | None = None
    narrow: Mapping[str, Any] | None = None


def asked_digest(
    *,
    serial: str,
    revision: int,
    kind: str,
    payload: Mapping[str, Any],
    reason: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    chain: Mapping[str, Any],
) -> str:
    """Return the digest of what is asked: a vote binds it, and whatever is left out here could be changed unseen."""
    return digest(
        {
            "v": 1,
            "what": "vault-svc/asked",
            "serial": serial,
            "revision": revision,
            "kind": kind,
            "payload": dict(payload),
            "reason": reason,
            "from": moment(starts_at),
            "until": moment(ends_at),
            "chain": dict(chain),
        }
    )


def digest_of(request: AccessRequest) -> str:
    """Return the digest that a request as it stands should have; where ``request.digest`` differs, it was altered."""
    return asked_digest(
        serial=request.serial,
        revision=request.revision,
        kind=request.kind,
        payload=request.payload,
        reason=request.reason,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        chain=request.chain,
    )


def vote_body(
    *,
    serial: str,
    revision: int,
    step: int,
    person: str,
    roles: Sequence[str],
    decision: VoteDecision,
    digest: str,
    reason: str,
    at: datetime,
    new_digest: str | None = None,
    narrow: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the canonical bytes that the voter signs in the vault (``vault.md`` §6)."""
    return canonical(
        {
            "v": 1,
            "what": "vault-svc/vote",
            "serial": serial,
            "revision": revision,
            "step": step,
            "person": person,
            "roles": sorted(roles),
            "decision": decision.value,
            "digest": digest,
            "new_digest": new_digest,
            "narrow": None if narrow is None else dict(narrow),
            "reason": reason,
            "at": moment(at),
        }
    )


def body_of(vote: Vote) -> bytes:
    """Return the bytes that this vote must have signed; where ``vote.body`` differs, the row was altered."""
    return vote_body(
        serial=vote.serial,
        revision=vote.revision,
        step=vote.step,
        person=vote.person,
        roles=vote.roles,
        decision=vote.decision,
        digest=vote.digest,
        reason=vote.reason,
        at=vote.at,
        new_digest=vote.new_digest,
        narrow=vote.narrow,
    )


def may_become(state: RequestState, to: RequestState) -> bool:
    """Whether a request may go from one state to another."""
    return to in TRANSITIONS.get(state, frozenset())


def move(state: RequestState, to: RequestState) -> RequestState:
    """Return the new state. ``WrongState`` where there is no such way."""
    if not may_become(state, to):
        raise WrongState(Text("申请当前的状态不允许此操作", "the state of the request does not allow it"))
    return to


def waits_until(submitted_at: datetime, *, wait: timedelta, ends_at: datetime | None) -> datetime:
    """Return when a request expires that nobody has decided: after its wait, or when its own end comes first."""
    return min(submitted_at + wait, ends_at) if ends_at else submitted_at + wait


def starts(approved_at: datetime, *, asked: datetime | None) -> datetime:
    """Return when the clock of a grant starts: waiting for an approver does not eat it."""
    return max(approved_at, asked) if asked else approved_at


def stands_until(
    approved_at: datetime, *, wait: timedelta, starts_at: datetime | None, ends_at: datetime | None
) -> datetime:
    """Return when an approval expires that nobody has carried out."""
    end = starts(approved_at, asked=starts_at) + wait
    return min(end, ends_at) if ends_at else end


def moment(at: datetime | None) -> str | None:
    """Return a moment as it stands in signed bytes: UTC, ISO 8601."""
    return None if at is None else at.astimezone(UTC).isoformat()
