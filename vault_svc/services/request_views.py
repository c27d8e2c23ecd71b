"""A request as people see it: its steps, who holds what, and what the caller may do with it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import OPEN_STATES, AccessRequest, RequestKind, RequestState, Vote
from vault_svc.domain.audit import Event
from vault_svc.domain.chain_votes import Voter, may_carry_out, may_vote, tally
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.permissions import Allow
from vault_svc.services.gate import roles_of

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.permissions import Caller
    from vault_svc.domain.texts import Text
    from vault_svc.services.context import Context, WorkerContext
    from vault_svc.services.ports import Reader


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as people see it, with the votes that were given on it in the present revision."""

    needs: Text
    roles: tuple[str, ...]
    votes: tuple[Vote, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with its steps, what the caller may do with it, and its timeline."""

    request: AccessRequest
    steps: tuple[StepView, ...]
    may: tuple[str, ...]
    events: tuple[Event, ...]


def awaits(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, *, at: datetime) -> bool:
    """Whether the request waits for a vote or for being carried out by the caller."""
    return bool({"vote", "carry_out", "begin_change"} & set(verbs(reader, context, caller, asked, at=at)))


def view(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, *, at: datetime) -> RequestView:
    """Return the request with its steps, open verbs and timeline."""
    fixed = FixedChain.from_json(asked.chain)
    counted = tally(fixed, votes_of(reader, asked))
    steps = tuple(
        StepView(
            step.words,
            tuple(sorted({w for s in step.seats for w in (s.roles or (s.word,))})),
            given,
            at_ == counted.open,
        )
        for at_, (step, given) in enumerate(zip(fixed.steps, counted.counted, strict=True))
    )
    events = tuple(reader.find(Event, serial=asked.serial, order=("at", "id")))
    return RequestView(asked, steps, verbs(reader, context, caller, asked, at=at), events)


def verbs(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, *, at: datetime) -> tuple[str, ...]:
    """Return what the caller may do with the request now."""
    if caller.person is None or asked.state not in OPEN_STATES or at >= asked.expires_at:
        return ()
    held = standing_roles(reader, context, caller.person, asked, at=at)
    fixed, votes = FixedChain.from_json(asked.chain), votes_of(reader, asked)
    found: list[str] = []
    if asked.state is RequestState.SUBMITTED:
        if isinstance(may_vote(fixed, votes, Voter(caller.person, held), asked), Allow):
            found.append("vote")
        found += ["edit"] if asked.requester == caller.person else []
    if asked.state is RequestState.APPROVED:
        by = may_carry_out(
            fixed, votes, caller.person, {caller.person: held} | roles_now(reader, context, votes, asked, at=at)
        )
        if isinstance(by, Allow):
            found.append("begin_change" if asked.kind == RequestKind.ACCOUNT_CHANGE else "carry_out")
    if asked.requester == caller.person and asked.state is not RequestState.CARRIED_OUT:
        found.append("withdraw")
    return tuple(found)


def votes_of(reader: Reader, asked: AccessRequest) -> list[Vote]:
    """Return the votes of the present revision in the order given."""
    return reader.find(Vote, serial=asked.serial, revision=asked.revision, order=("at", "id"))


def standing_roles(
    reader: Reader, context: Context | WorkerContext, person: str, asked: AccessRequest, *, at: datetime
) -> frozenset[str]:
    """Return the posts of a person and the relations to what is asked, as the chain words them."""
    held = roles_of(reader, context, person, at=at)
    fixed = FixedChain.from_json(asked.chain)
    words = {seat.word for step in fixed.steps for seat in step.seats if person in seat.people}
    words |= {seat.word for seat in fixed.carry_out if person in seat.people}
    return held | (words if held else frozenset())


def roles_now(
    reader: Reader, context: Context | WorkerContext, votes: list[Vote], asked: AccessRequest, *, at: datetime
) -> dict[str, frozenset[str]]:
    """Return person → what they hold now, for everybody who voted."""
    return {vote.person: standing_roles(reader, context, vote.person, asked, at=at) for vote in votes}
