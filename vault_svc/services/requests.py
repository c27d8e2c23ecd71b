"""Asking, editing, withdrawing and reading requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import AccessRequest, RequestState, asked_digest, waits_until
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import NotFound, ReasonMissing, StaleDigest, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.admission import Asking, admit, facts
from vault_svc.services.gate import decide, refused, require
from vault_svc.services.kinds import spec
from vault_svc.services.outcomes import drop_grants
from vault_svc.services.request_views import RequestView, awaits, view

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vault_svc.services.context import Context
    from vault_svc.services.ports import Reader, Tx

SCAN = 200
"""How many requests are looked at in one go while a page is filled."""


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
        asked = _fixed(
            tx,
            context,
            caller,
            serial=serial,
            kind=kind,
            payload=kept,
            reason=reason,
            starts_at=starts_at,
            ends_at=ends_at,
            revision=1,
            at=at,
        )
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
            tx,
            context,
            caller,
            serial=serial,
            kind=before.kind,
            payload=kept,
            reason=reason,
            starts_at=starts_at,
            ends_at=ends_at,
            revision=revision,
            at=at,
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
        drop_grants(tx, serial, at=at)
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
            rows = tx.find(AccessRequest, order=("-serial",), limit=SCAN, after=(after,) if after else None, **where)
            found += [
                r
                for r in rows
                if _visible(tx, context, caller, r, at) and (not waiting or awaits(tx, context, caller, r, at=at))
            ]
            if len(rows) < SCAN:
                break
            after = rows[-1].serial
        more = found[limit - 1].serial if len(found) > limit else None
        return Page(found[:limit], more)

    return context.store.write(work)


def fresh_digest(asked: AccessRequest, shown: str) -> None:
    """Raise ``StaleDigest`` where the caller saw another content than what stands now."""
    if asked.digest != shown:
        raise StaleDigest(next_step=Text("请刷新后再决定", "load it again, then decide"))


def _fixed(
    tx: Tx,
    context: Context,
    caller: Caller,
    *,
    serial: str,
    kind: str,
    payload: Mapping[str, Any],
    reason: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
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
