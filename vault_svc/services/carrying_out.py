"""Carrying out what was approved: asked again just before, exactly as approved, and only once.

``carry_out`` is a person's word that it shall happen now; ``run`` is the worker's job that does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState, starts
from vault_svc.domain.accounts import AccountState, OfficialAccount, Sensitivity
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.chain_votes import may_carry_out, still_stands
from vault_svc.domain.errors import NotFound, Unavailable, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person, PersonState, Post
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.purposes import Allowance, Audience
from vault_svc.domain.texts import Text
from vault_svc.services import memberships
from vault_svc.services.admission import new_custodians
from vault_svc.services.gate import refused, require
from vault_svc.services.requests import RequestView, roles_now, show, standing_roles, votes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.services.context import Context, WorkerContext
    from vault_svc.services.ports import Reader, Tx


def carry_out(context: Context, caller: Caller, serial: str) -> RequestView:
    """Say that an approved request shall be carried out now; the worker does it and puts the outcome on record."""

    def work(tx: Tx) -> None:
        at = context.clock()
        obj = ObjectRef("request", serial)
        require(tx, context, caller, Permission.REQUEST_CARRY_OUT, obj, at=at, hide=True, serial=serial)
        asked = tx.get(AccessRequest, serial)
        if asked is None or caller.person is None:
            raise NotFound
        if asked.state is not RequestState.APPROVED or at >= asked.expires_at:
            raise WrongState
        if asked.kind == RequestKind.ACCOUNT_CHANGE:
            raise WrongState(next_step=Text("请在账户页开始更换", "begin the change at the account"))
        votes = votes_of(tx, asked)
        held = roles_now(tx, context, votes, asked, at=at)
        held[caller.person] = standing_roles(tx, context, caller.person, asked, at=at)
        allowed = may_carry_out(FixedChain.from_json(asked.chain), votes, caller.person, held)
        if isinstance(allowed, Deny):
            raise refused(allowed, caller, Permission.REQUEST_CARRY_OUT, obj, serial=serial)
        mine = {"carried_out_by": caller.person}
        if not tx.change(AccessRequest, serial, expect={"state": RequestState.APPROVED}, to=mine):
            raise WrongState
        tx.owe("carry_out", {"serial": serial}, key=f"carry_out:{serial}:{asked.revision}")

    context.store.write(work)
    return show(context, caller, serial)


def run(worker: WorkerContext, serial: str) -> None:
    """Carry out one approved request. Called again after a crash it goes on where it was."""
    asked = worker.store.read(lambda reader: reader.get(AccessRequest, serial))
    if asked is None or asked.state is not RequestState.APPROVED:
        return
    why_not = worker.store.read(lambda reader: _why_not(worker, asked, reader))
    if why_not is not None:
        worker.store.write(lambda tx: _end(tx, worker, asked, RequestState.VOID, why_not))
        return
    _RUN[RequestKind(asked.kind)](worker, asked)


def _why_not(worker: WorkerContext, asked: AccessRequest, reader: Reader) -> Deny | None:
    at = worker.clock()
    if at >= asked.expires_at:
        return Deny(Text("审批已过期", "the approval has expired"), code="expired")
    if not memberships.signatures_hold(worker, asked, reader):
        return Deny(Text("审批签名无效", "the signatures of the votes do not hold"), code="forged")
    votes = votes_of(reader, asked)
    fixed = FixedChain.from_json(asked.chain)
    stands = still_stands(fixed, votes, roles_now(reader, worker, votes, asked, at=at))
    if isinstance(stands, Deny):
        return stands
    account = _account(reader, asked)
    if account is not None and asked.kind != RequestKind.ACCOUNT_OPEN:
        if not fixed.same_object(custodians=account.custodians, sensitivity=account.sensitivity):
            return Deny(Text("账户已变更,审批失效", "the account has changed since"), code="void")
    return None


def _account(reader: Reader, asked: AccessRequest) -> OfficialAccount | None:
    noun, _, key = (asked.object or "").partition(":")
    return reader.get(OfficialAccount, key) if noun == "account" else None


def _use(worker: WorkerContext, asked: AccessRequest) -> None:
    def grant(tx: Tx) -> None:
        account = _account(tx, asked)
        if account is None or account.state is not AccountState.IN_ORDER or asked.ends_at is None:
            raise WrongState
        if tx.find(Grant, serial=asked.serial):
            return
        made = _grant(tx, worker, asked, account)
        tx.add(made)
        tx.change(OfficialAccount, account.id, expect={}, to={"wanted": account.wanted + 1})
        for when in {made.starts_at, made.ends_at}:
            tx.owe("memberships.account", {"account": account.id}, not_before=when)
        tx.owe("grant.end", {"grant": made.id}, not_before=made.ends_at, key=f"grant.end:{made.id}")
        span = [made.starts_at.isoformat(), made.ends_at.isoformat()]
        tx.record(_event(worker, EventTag.GRANT_MADE, asked, grant=made.id, person=made.person, span=span))

    worker.store.write(grant)
    memberships.apply(worker, asked.payload["account"])

    def in_force(tx: Tx) -> None:
        for found in tx.find(Grant, serial=asked.serial, state=GrantState.PENDING):
            tx.change(Grant, found.id, expect={"state": GrantState.PENDING}, to={"state": GrantState.IN_FORCE})
            tx.record(_event(worker, EventTag.GRANT_IN_FORCE, asked, grant=found.id))
        _done(tx, worker, asked)

    worker.store.write(in_force)


def _grant(
    tx: Tx, worker: WorkerContext, asked: AccessRequest, account: OfficialAccount
) -> Grant:
    person = tx.get(Person, asked.requester)
    outside = person is not None and person.agency is not None
    allowed = worker.rules(tx).policies.allowance(
        asked.payload["purpose"],
        audience=Audience.AGENCY if outside else Audience.EMPLOYEES,
        kind=account.kind,
        sensitivity=account.sensitivity,
        in_custody=False,
    )
    if not isinstance(allowed, Allowance) or asked.decided_at is None or asked.ends_at is None:
        raise WrongState
    return Grant(
        id=worker.new_id("GR"),
        serial=asked.serial,
        person=asked.requester,
        account=account.id,
        purpose=asked.payload["purpose"],
        starts_at=starts(asked.decided_at, asked=asked.starts_at),
        ends_at=asked.ends_at,
        reveals_left=allowed.reveals,
        state=GrantState.PENDING,
    )


def _open(worker: WorkerContext, asked: AccessRequest) -> None:
    wanted: dict[str, Any] = dict(asked.payload["account"])

    def opening(tx: Tx) -> None:
        if tx.get(OfficialAccount, wanted["id"]) is None:
            tx.add(
                OfficialAccount(
                    id=wanted["id"],
                    name=wanted["name"],
                    kind=wanted["kind"],
                    sensitivity=Sensitivity(wanted["sensitivity"]),
                    custodians=tuple(wanted["custodians"]),
                    state=AccountState.OPENING,
                    opened_at=worker.clock(),
                    url=wanted.get("url"),
                    username=wanted.get("username"),
                    serial=asked.serial,
                )
            )

    worker.store.write(opening)
    worker.steward(asked.serial)

    def opened(tx: Tx) -> None:
        tx.change(
            OfficialAccount, wanted["id"], expect={"state": AccountState.OPENING}, to={"state": AccountState.WAITING}
        )
        tx.record(_event(worker, EventTag.ACCOUNT_OPENED, asked))
        _done(tx, worker, asked, close=True)

    worker.store.write(opened)
    memberships.apply(worker, wanted["id"])


def _custody(worker: WorkerContext, asked: AccessRequest) -> None:
    def change(tx: Tx) -> None:
        account = _account(tx, asked)
        if account is None:
            raise WrongState
        add, remove = asked.payload.get("add", []), asked.payload.get("remove", [])
        to = {"custodians": new_custodians(account.custodians, add, remove), "wanted": account.wanted + 1}
        tx.change(OfficialAccount, account.id, expect={"wanted": account.wanted}, to=to)
        tx.owe("memberships.account", {"account": account.id})
        tx.record(_event(worker, EventTag.ACCOUNT_CUSTODY_CHANGED, asked, add=add, remove=remove))
        _done(tx, worker, asked, close=True)

    worker.store.write(change)


def _close(worker: WorkerContext, asked: AccessRequest) -> None:
    def close(tx: Tx) -> None:
        account = _account(tx, asked)
        if account is None:
            raise WrongState
        to = {"state": AccountState.CLOSED, "closed_at": worker.clock(), "wanted": account.wanted + 1}
        tx.change(OfficialAccount, account.id, expect={"wanted": account.wanted}, to=to)
        for grant in tx.find(Grant, account=account.id, state__ne=GrantState.ENDED):
            tx.change(Grant, grant.id, expect={}, to={"state": GrantState.ENDED, "ended_at": worker.clock()})
        tx.record(_event(worker, EventTag.ACCOUNT_CLOSED, asked))
        tx.owe("memberships.account", {"account": account.id})
        _done(tx, worker, asked, close=True)

    worker.store.write(close)


def _post(worker: WorkerContext, asked: AccessRequest) -> None:
    person, role = asked.payload["person"], asked.payload["post"]

    def assign(tx: Tx) -> None:
        at = worker.clock()
        if asked.payload.get("end"):
            for post in tx.find(Post, person=person, role=role):
                if post.in_force(at):
                    tx.change(Post, post.id, expect={}, to={"until": at})
            tx.record(_event(worker, EventTag.POST_ENDED, asked, person=person, post=role))
        else:
            since = starts(at, asked=asked.starts_at)
            tx.add(Post(worker.new_id("PO"), person, role, since, asked.ends_at, serial=asked.serial))
            tx.record(_event(worker, EventTag.POST_ASSIGNED, asked, person=person, post=role))
            for when in filter(None, (since, asked.ends_at)):
                tx.owe("memberships.person", {"person": person}, not_before=when)
        tx.owe("memberships.person", {"person": person})
        _done(tx, worker, asked, close=True)

    worker.store.write(assign)


def _join(worker: WorkerContext, asked: AccessRequest) -> None:
    wanted = asked.payload

    def join(tx: Tx) -> None:
        at = worker.clock()
        if tx.get(Person, wanted["name"]) is None:
            tx.add(
                Person(
                    name=wanted["name"],
                    display=wanted["display"],
                    department=wanted["department"],
                    agency=None,
                    mail=wanted.get("mail"),
                    state=PersonState.ACTIVE,
                    created_at=at,
                )
            )
            for role in wanted.get("posts", ()):
                tx.add(Post(worker.new_id("PO"), wanted["name"], role, at, serial=asked.serial))
        tx.record(_event(worker, EventTag.PERSON_JOINED, asked, person=wanted["name"]))
        _done(tx, worker, asked, close=True)

    worker.vault.add_vote_key(wanted["name"])
    worker.store.write(join)
    worker.issue_password(wanted["name"], asked.serial)


def _reset(worker: WorkerContext, asked: AccessRequest) -> None:
    worker.issue_password(asked.payload["person"], asked.serial)
    worker.store.write(lambda tx: _done(tx, worker, asked, close=True))


def _policy(worker: WorkerContext, asked: AccessRequest) -> None:
    worker.steward(asked.serial)
    worker.store.write(lambda tx: _done(tx, worker, asked, close=True))


def _done(tx: Tx, worker: WorkerContext, asked: AccessRequest, *, close: bool = False) -> None:
    at = worker.clock()
    to: dict[str, object] = {"state": RequestState.CARRIED_OUT, "carried_out_at": at}
    if not tx.change(AccessRequest, asked.serial, expect={"state": RequestState.APPROVED}, to=to):
        return
    tx.record(_event(worker, EventTag.REQUEST_CARRIED_OUT, asked))
    if close:
        to = {"state": RequestState.CLOSED, "closed_at": at}
        tx.change(AccessRequest, asked.serial, expect={"state": RequestState.CARRIED_OUT}, to=to)
        tx.record(_event(worker, EventTag.REQUEST_CLOSED, asked))


def _end(tx: Tx, worker: WorkerContext, asked: AccessRequest, state: RequestState, why: Deny) -> None:
    to = {"state": state, "closed_at": worker.clock(), "outcome": why.reason.en}
    if tx.change(AccessRequest, asked.serial, expect={"state": RequestState.APPROVED}, to=to):
        tx.record(_event(worker, EventTag.REQUEST_VOIDED, asked, verdict=Verdict.DENY, why=why.code))


def _event(
    worker: WorkerContext, tag: EventTag, asked: AccessRequest, *, verdict: Verdict = Verdict.ALLOW, **details: object
) -> EventDraft:
    return EventDraft(
        action=tag,
        actor=worker.subject,
        on_behalf=f"person:{asked.carried_out_by or asked.requester}",
        obj=asked.object or f"request:{asked.serial}",
        verdict=verdict,
        rule=FixedChain.from_json(asked.chain).rule,
        serial=asked.serial,
        details=details,
    )


_RUN: dict[RequestKind, Callable[[WorkerContext, AccessRequest], None]] = {
    RequestKind.ACCOUNT_CLOSE: _close,
    RequestKind.ACCOUNT_CUSTODY: _custody,
    RequestKind.ACCOUNT_OPEN: _open,
    RequestKind.ACCOUNT_USE: _use,
    RequestKind.PERSON_JOIN: _join,
    RequestKind.PERSON_RESET: _reset,
    RequestKind.POLICY_CHANGE: _policy,
    RequestKind.POST_ASSIGN: _post,
}
