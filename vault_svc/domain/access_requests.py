"""Requests for somebody's consent: their states, what a vote binds, and how they end.

A request passes ``submitted → approved → carried_out → closed``; every other state is an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


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


OPEN_STATES = frozenset({RequestState.SUBMITTED, RequestState.APPROVED, RequestState.CARRIED_OUT})


class VoteDecision(StrEnum):
    """What a vote says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One request. ``chain`` is fixed at submission (see ``chains``), ``digest`` covers what is asked.

    ``revision`` grows with each edit and makes the votes of earlier revisions void. ``about`` is the person whom it
    concerns where that is not the requester. ``ends_at`` of a grant may be None where the kind has no end.
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

    A narrowing vote binds ``digest`` (what was shown) and ``new_digest`` (what it left). ``step`` counts from 0.
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
