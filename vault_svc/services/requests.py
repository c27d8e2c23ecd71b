"""Asking, editing, withdrawing and reading requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import (
    OPEN_STATES,
    AccessRequest,
    RequestKind,
    RequestState,
    Vote,
    asked_digest,
    waits_until,
)
from vault_svc.domain.audit import Event, EventDraft, Verdict
from vault_svc.domain.chain_votes import Voter, may_carry_out, may_vote, tally
from vault_svc.domain.errors import NotFound, ReasonMissing, StaleDigest, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.permissions import Allow, Caller, Deny, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.admission import Asking, admit, facts
from vault_svc.services.gate import decide, refused, require, roles_of
from vault_svc.services.kinds import spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vault_svc.services.context import Context, WorkerContext
    from vault_svc.services.ports import Reader, Tx


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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``next_cursor`` asks for the next one."""

    items: list[AccessRequest]
    next_cursor: str | None = None


def submit(
    context: Context,
    caller: Caller,
    *,
    kind: str,
    payload: Mapping[str, Any],
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> RequestView:
    """Ask for something. The chain is fixed now, together with the digest of what is asked."""
    kept = spec(kind).validate(dict(payload))
    _reasoned(reason)

    def work(tx: Tx) -> AccessRequest:
        at = context.clock()
        serial = f"SQ-{at.year}-{tx.number(f'SQ-{at.year}'):06d}"
        asked = _fixed(tx, context, caller, serial, kind, kept, reason, starts_at, ends_at, revision=1, at=at)
        tx.add(asked)
        _record(tx, EventTag.REQUEST_SUBMITTED, caller, asked, kind=kind, payload=kept, reason=reason)
        return asked

    asked = context.store.write(work)
    return show(context, caller, asked.serial)


def edit(
    context: Context,
    caller: Caller,
    serial: str,
    *,
    payload: Mapping[str, Any],
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> RequestView:
    """Change what is asked while it waits: a new revision, so every earlier vote is void."""
    _reasoned(reason)

    def work(tx: Tx) -> None:
        at = context.clock()
        require(tx, context, caller, Permission.REQUEST_EDIT, ObjectRef("request", serial), at=at, hide=True)
        before = _get(tx, serial)
        kept = spec(before.kind).validate(dict(payload))
        revision = before.revision + 1
        asked = _fixed(
            tx, context, caller, serial, before.kind, kept, reason, starts_at, ends_at, revision=revision, at=at
        )
        if asked.object != before.object:
            raise WrongState(Text("不能改为另一个对象,请重新申请", "it can't be about something else, ask anew"))
        fields = ("payload", "reason", "digest", "chain", "revision", "starts_at", "ends_at", "expires_at", "about")
        expect = {"state": RequestState.SUBMITTED, "revision": before.revision}
        if not tx.change(AccessRequest, serial, expect=expect, to={name: getattr(asked, name) for name in fields}):
            raise WrongState
        _record(tx, EventTag.REQUEST_EDITED, caller, asked, payload=kept, reason=reason)

    context.store.write(work)
    return show(context, caller, serial)


def withdraw(context: Context, caller: Caller, serial: str, *, reason: str) -> RequestView:
    """Take a request back; its requester can until something was carried out."""
    _reasoned(reason)

    def work(tx: Tx) -> None:
        at = context.clock()
        require(tx, context, caller, Permission.REQUEST_WITHDRAW, ObjectRef("request", serial), at=at, hide=True)
        asked = _get(tx, serial)
        waiting = (RequestState.SUBMITTED, RequestState.APPROVED)
        end = {"state": RequestState.WITHDRAWN, "closed_at": at, "outcome": reason}
        if not tx.change(AccessRequest, serial, expect={"state__in": waiting}, to=end):
            raise WrongState
        _record(tx, EventTag.REQUEST_WITHDRAWN, caller, asked, reason=reason)
        if asked.object and asked.object.startswith("account:"):
            tx.owe("memberships.account", {"account": asked.object.removeprefix("account:")})

    context.store.write(work)
    return show(context, caller, serial)


def show(context: Context, caller: Caller, serial: str) -> RequestView:
    """Return a request to whoever has, had or is asked to take a part in it."""

    def work(tx: Tx) -> RequestView:
        at = context.clock()
        require(tx, context, caller, Permission.REQUEST_READ, ObjectRef("request", serial), at=at, hide=True)
        return view(tx, context, caller, _get(tx, serial), at=at)

    return context.store.write(work)


def find(
    context: Context,
    caller: Caller,
    *,
    state: str | None = None,
    kind: str | None = None,
    mine: bool = False,
    waiting: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Return the requests that the caller may see, newest first; ``waiting``: those that wait for the caller."""

    def work(tx: Tx) -> Page:
        at = context.clock()
        require(tx, context, caller, Permission.REQUEST_LIST, ObjectRef("request"), at=at)
        where: dict[str, Any] = {"requester": caller.person} if mine else {}
        where |= {"state": state} if state else {}
        where |= {"kind": kind} if kind else {}
        found: list[AccessRequest] = []
        after = cursor
        while len(found) <= limit:
            rows = tx.find(
                AccessRequest, order=("-serial",), limit=200, after=(after,) if after else None, **where
            )
            found += [r for r in rows if _visible(tx, context, caller, r, at) and (not waiting or awaits(tx, context, caller, r, at=at))]
            if len(rows) < 200:
                break
            after = rows[-1].serial
        more = found[limit - 1].serial if len(found) > limit else None
        return Page(found[:limit], more)

    return context.store.write(work)


def awaits(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, *, at: datetime) -> bool:
    """Whether the request waits for a vote or for being carried out by the caller."""
    return bool({"vote", "carry_out", "begin_change"} & set(verbs(reader, context, caller, asked, at=at)))


def view(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, *, at: datetime) -> RequestView:
    """Return the request with its steps, open verbs and timeline."""
    fixed = FixedChain.from_json(asked.chain)
    counted = tally(fixed, votes_of(reader, asked))
    steps = tuple(
        StepView(step.words, tuple(sorted({w for s in step.seats for w in (s.roles or (s.word,))})), given, at_ == counted.open)
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
        by = may_carry_out(fixed, votes, caller.person, {caller.person: held} | roles_now(reader, context, votes, asked, at=at))
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


def fresh_digest(asked: AccessRequest, shown: str) -> None:
    """Raise ``StaleDigest`` where the caller saw another content than what stands now."""
    if asked.digest != shown:
        raise StaleDigest(next_step=Text("请刷新后再决定", "load it again, then decide"))


def _fixed(
    tx: Tx,
    context: Context,
    caller: Caller,
    serial: str,
    kind: str,
    payload: Mapping[str, Any],
    reason: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    *,
    revision: int,
    at: datetime,
) -> AccessRequest:
    known = spec(kind)
    obj, about = known.obj(payload), known.about(payload)
    target = ObjectRef(*obj.split(":", 1))
    require(tx, context, caller, Permission.REQUEST_SUBMIT, ObjectRef(kind), at=at, relations_to=target)
    asking = Asking(tx, context, caller, known.kind, payload, obj, about, at, starts_at, ends_at)
    admit(asking)
    policies = asking.policies
    fixed = policies.fix(facts(asking, revision=revision))
    if isinstance(fixed, Deny):
        raise refused(fixed, caller, Permission.REQUEST_SUBMIT, target, serial=serial)
    chain = fixed.to_json()
    wait = policies.chain(kind).expires.request
    return AccessRequest(
        serial=serial,
        kind=kind,
        payload=payload,
        reason=reason,
        requester=caller.person or "",
        state=RequestState.SUBMITTED,
        digest=asked_digest(
            serial=serial,
            revision=revision,
            kind=kind,
            payload=payload,
            reason=reason,
            starts_at=starts_at,
            ends_at=ends_at,
            chain=chain,
        ),
        chain=chain,
        submitted_at=at,
        expires_at=waits_until(at, wait=wait, ends_at=ends_at),
        revision=revision,
        starts_at=starts_at,
        ends_at=ends_at,
        about=about,
        object=obj,
    )


def _visible(reader: Reader, context: Context, caller: Caller, asked: AccessRequest, at: datetime) -> bool:
    return bool(decide(reader, context, caller, Permission.REQUEST_READ, ObjectRef("request", asked.serial), at=at))


def _get(reader: Reader, serial: str) -> AccessRequest:
    asked = reader.get(AccessRequest, serial)
    if asked is None:
        raise NotFound
    return asked


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


def _record(tx: Tx, tag: EventTag, caller: Caller, asked: AccessRequest, **details: object) -> str:
    return tx.record(
        EventDraft(
            action=tag,
            actor=caller.subject,
            obj=asked.object or f"request:{asked.serial}",
            verdict=Verdict.ALLOW,
            rule=FixedChain.from_json(asked.chain).rule,
            serial=asked.serial,
            source=caller.source,
            details={"digest": asked.digest, "revision": asked.revision} | details,
        )
    )
