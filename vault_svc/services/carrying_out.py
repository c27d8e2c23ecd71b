"""Carrying out what was approved: asked again just before, exactly as approved, and only once.

``carry_out`` is a person's word that it shall happen now; ``run`` is the worker's job that does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState
from vault_svc.domain.chain_votes import may_carry_out, still_stands
from vault_svc.domain.errors import NotFound, WrongState
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services import account_work, memberships, people_work
from vault_svc.services.gate import refused, require
from vault_svc.services.outcomes import account_of, end
from vault_svc.services.request_views import RequestView, roles_now, standing_roles, votes_of
from vault_svc.services.requests import show

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
        worker.store.write(lambda tx: end(tx, worker, asked, RequestState.VOID, why_not))
        return
    _RUN[RequestKind(asked.kind)](worker, asked)


def _why_not(worker: WorkerContext, asked: AccessRequest, reader: Reader) -> Deny | None:
    at = worker.clock()
    if at >= asked.expires_at:
        return Deny(Text("审批已过期", "the approval has expired"), code="expired")
    if not memberships.approved(worker, asked, reader):
        return Deny(Text("审批签名无效", "the signatures of the votes do not hold"), code="forged")
    votes = votes_of(reader, asked)
    fixed = FixedChain.from_json(asked.chain)
    stands = still_stands(fixed, votes, roles_now(reader, worker, votes, asked, at=at))
    if isinstance(stands, Deny):
        return stands
    account = account_of(reader, asked)
    if account is None or asked.kind == RequestKind.ACCOUNT_OPEN:
        return None
    if not fixed.same_object(custodians=account.custodians, sensitivity=account.sensitivity):
        return Deny(Text("账户已变更,审批失效", "the account has changed since"), code="void")
    return None


_RUN: dict[RequestKind, Callable[[WorkerContext, AccessRequest], None]] = {
    RequestKind.ACCOUNT_CLOSE: account_work.close_account,
    RequestKind.ACCOUNT_CUSTODY: account_work.custody,
    RequestKind.ACCOUNT_OPEN: account_work.open_account,
    RequestKind.ACCOUNT_USE: account_work.use,
    RequestKind.PERSON_JOIN: people_work.join,
    RequestKind.PERSON_RESET: people_work.reset,
    RequestKind.POLICY_CHANGE: people_work.policy,
    RequestKind.POST_ASSIGN: people_work.post,
}
