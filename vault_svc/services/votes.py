"""Agreeing, narrowing and rejecting: a vote is signed under the voter's own vault identity before it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import (
    AccessRequest,
    RequestKind,
    RequestState,
    Vote,
    VoteDecision,
    digest_of,
    stands_until,
    vote_body,
)
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.chain_votes import Outcome, Voter, may_vote, open_step, tally, vote_roles
from vault_svc.domain.errors import AlreadyVoted, Invalid, NotFound, ReasonMissing, StaleDigest, Violation, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.narrowing import Asked, Narrower, kept
from vault_svc.domain.narrowing import narrow as left_of
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.gate import refused, require
from vault_svc.services.kinds import spec
from vault_svc.services.request_views import RequestView, standing_roles, votes_of
from vault_svc.services.requests import fresh_digest, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the voter said."""

    decision: VoteDecision
    digest: str
    reason: str
    narrow: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Ballot:
    """A vote as it will stand, still without its signature, and what it leaves of the request."""

    vote: Vote
    left: AccessRequest


def vote(
    context: Context,
    caller: Caller,
    serial: str,
    *,
    decision: VoteDecision,
    digest: str,
    reason: str = "",
    narrow: Mapping[str, Any] | None = None,
) -> RequestView:
    """Vote on what was shown (``digest``). Asked again after the vault has signed, since it may have changed."""
    if decision is VoteDecision.REJECT and not reason.strip():
        raise ReasonMissing

    wanted = _Wanted(decision, digest, reason, narrow)

    def prepare(tx: Tx) -> _Ballot:
        return _ballot(tx, context, caller, serial, wanted)

    ballot = context.store.write(prepare)
    signature = context.person_vault.sign_vote(ballot.vote.person, sn=serial, body=ballot.vote.body)
    signed = replace(ballot.vote, signature=signature)

    def cast(tx: Tx) -> None:
        again = _ballot(tx, context, caller, serial, wanted)
        if again.vote.step != signed.step or again.vote.roles != signed.roles:
            raise StaleDigest(next_step=Text("请刷新后再决定", "load it again, then decide"))
        _cast(tx, context, caller, signed, again.left)

    context.store.write(cast)
    return show(context, caller, serial)


def _ballot(tx: Tx, context: Context, caller: Caller, serial: str, wanted: _Wanted) -> _Ballot:
    at = context.clock()
    decision, narrowing = wanted.decision, wanted.narrow
    obj = ObjectRef("request", serial)
    asked = tx.get(AccessRequest, serial)
    if asked is None or caller.person is None:
        raise NotFound
    fixed, given = FixedChain.from_json(asked.chain), votes_of(tx, asked)
    voter = Voter(caller.person, standing_roles(tx, context, caller.person, asked, at=at))
    # Order: one's own request before one's role, so that the answer names the rule that really decides.
    allowed = may_vote(fixed, given, voter, asked)
    if isinstance(allowed, Deny) and allowed.code == "own_request":
        raise refused(allowed, caller, Permission.REQUEST_VOTE, obj, serial=serial)
    require(tx, context, caller, Permission.REQUEST_VOTE, obj, at=at, hide=True, serial=serial)
    if asked.state is RequestState.SUBMITTED and at >= asked.expires_at:
        raise WrongState(Text("申请已过期", "the request has expired"))
    if isinstance(allowed, Deny):
        raise refused(allowed, caller, Permission.REQUEST_VOTE, obj, serial=serial)
    fresh_digest(asked, wanted.digest)
    step = open_step(fixed, given) or 0
    left = _narrowed(asked, narrowing) if narrowing and decision is VoteDecision.APPROVE else asked
    made = Vote(
        id=context.new_id("VO"),
        serial=serial,
        revision=asked.revision,
        step=step,
        person=caller.person,
        roles=vote_roles(fixed, step, voter),
        decision=decision,
        digest=asked.digest,
        reason=wanted.reason,
        at=at,
        body=b"",
        signature="",
        new_digest=left.digest if left is not asked else None,
        narrow=kept(Asked(asked.payload, asked.starts_at, asked.ends_at)) if left is not asked else None,
    )
    return _Ballot(replace(made, body=_signed_bytes(made)), left)


def _signed_bytes(made: Vote) -> bytes:
    return vote_body(
        serial=made.serial,
        revision=made.revision,
        step=made.step,
        person=made.person,
        roles=made.roles,
        decision=made.decision,
        digest=made.digest,
        reason=made.reason,
        at=made.at,
        new_digest=made.new_digest,
        narrow=made.narrow,
    )


def _narrowed(asked: AccessRequest, narrowing: Mapping[str, Any]) -> AccessRequest:
    unknown = sorted(set(narrowing) - {"from", "until", "lists"})
    if unknown:
        raise Invalid(violations=[Violation("extra_forbidden", Text("没有这一项", "no such field"), field="narrow")])
    wanted = Narrower(narrowing.get("lists"), _moment(narrowing, "from"), _moment(narrowing, "until"))
    known = spec(asked.kind)
    left = left_of(Asked(asked.payload, asked.starts_at, asked.ends_at), wanted, shrinkable=known.shrinkable)
    changed = replace(asked, payload=known.validate(dict(left.payload)), starts_at=left.starts_at, ends_at=left.ends_at)
    return replace(changed, digest=digest_of(changed))


def _moment(narrowing: Mapping[str, Any], key: str) -> datetime | None:
    if narrowing.get(key) is None:
        return None
    try:
        moment = datetime.fromisoformat(str(narrowing[key]))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901  # naive: refused just below
    if moment.tzinfo is None:
        wrong = Text("须为带时区的时间", "a time with its offset")
        raise Invalid(violations=[Violation("bad_time", wrong, field=f"narrow.{key}")])
    return moment


def _cast(tx: Tx, context: Context, caller: Caller, signed: Vote, left: AccessRequest) -> None:
    if tx.find(Vote, serial=signed.serial, revision=signed.revision, person=signed.person):
        raise AlreadyVoted
    tx.add(signed)
    _record(tx, EventTag.REQUEST_VOTED, caller, left, decision=signed.decision.value, step=signed.step)
    fixed = FixedChain.from_json(left.chain)
    outcome = tally(fixed, votes_of(tx, left)).outcome
    to: dict[str, object] = {
        "payload": left.payload,
        "starts_at": left.starts_at,
        "ends_at": left.ends_at,
        "digest": left.digest,
    }
    at = context.clock()
    if outcome is Outcome.APPROVED:
        wait = context.rules(tx).policies.chain(left.kind).expires.approval
        end = stands_until(at, wait=wait, starts_at=left.starts_at, ends_at=left.ends_at)
        to |= {"state": RequestState.APPROVED, "decided_at": at, "expires_at": end}
    elif outcome is Outcome.REJECTED:
        to |= {"state": RequestState.REJECTED, "decided_at": at, "closed_at": at, "outcome": signed.reason}
    expect = {"state": RequestState.SUBMITTED, "revision": signed.revision, "digest": signed.digest}
    if not tx.change(AccessRequest, left.serial, expect=expect, to=to):
        raise StaleDigest
    if outcome is Outcome.APPROVED:
        _record(tx, EventTag.REQUEST_APPROVED, caller, left)
        if fixed.by_service:
            tx.owe("carry_out", {"serial": left.serial}, key=f"carry_out:{left.serial}:{left.revision}")
        elif left.kind == RequestKind.ACCOUNT_CHANGE and left.object:
            tx.owe("memberships.account", {"account": left.object.removeprefix("account:")})
    elif outcome is Outcome.REJECTED:
        _record(tx, EventTag.REQUEST_REJECTED, caller, left, reason=signed.reason)


def _record(tx: Tx, tag: EventTag, caller: Caller, asked: AccessRequest, **details: object) -> None:
    draft = EventDraft(
        action=tag,
        actor=caller.subject,
        obj=asked.object or f"request:{asked.serial}",
        verdict=Verdict.ALLOW,
        rule=FixedChain.from_json(asked.chain).rule,
        serial=asked.serial,
        source=caller.source,
        details={"digest": asked.digest, "revision": asked.revision} | details,
    )
    tx.record(draft)
