"""Exclusive use of an account for a time, and giving it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.accounts import CheckOut, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import CheckedOut, Conflict, Invalid, NotFound, ReasonMissing, Violation, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.gate import require

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx


def check_out(
    context: Context, caller: Caller, account_id: str, *, purpose: str, reason: str, until: datetime
) -> CheckOut:
    """Take an account for oneself until a time; under a grant never beyond its end."""
    if not reason.strip():
        raise ReasonMissing

    def work(tx: Tx) -> CheckOut:
        at = context.clock()
        obj = ObjectRef("account", account_id)
        require(tx, context, caller, Permission.ACCOUNT_CHECK_OUT, obj, at=at)
        if tx.get(OfficialAccount, account_id) is None:
            raise NotFound
        held = tx.find(Grant, account=account_id, person=caller.person, state=GrantState.IN_FORCE)
        ends = [grant.ends_at for grant in held if grant.covers(at)]
        if until <= at or (ends and until > max(ends)):
            raise Invalid(violations=[Violation("bad_span", _SPAN, field="until")])
        for stale in tx.find(CheckOut, account=account_id, returned_at__null=True):
            if stale.until > at:
                raise CheckedOut(next_step=Text("请等待归还", "wait until it is returned"))
            tx.change(CheckOut, stale.id, expect={"returned_at__null": True}, to={"returned_at": stale.until})
        made = CheckOut(
            id=context.new_id("CO"),
            account=account_id,
            person=caller.person or "",
            purpose=purpose,
            reason=reason,
            starts_at=at,
            until=until,
        )
        try:
            tx.add(made)
        except Conflict as taken:
            raise CheckedOut from taken
        tx.record(_event(EventTag.ACCOUNT_CHECKED_OUT, caller, made))
        return made

    return context.store.write(work)


def check_in(context: Context, caller: Caller, check_out_id: str) -> CheckOut:
    """Give it back before its time."""

    def work(tx: Tx) -> CheckOut:
        at = context.clock()
        taken = tx.get(CheckOut, check_out_id)
        if taken is None or taken.person != caller.person:
            raise NotFound
        require(tx, context, caller, Permission.ME_READ, ObjectRef("person", taken.person), at=at)
        if not tx.change(CheckOut, taken.id, expect={"returned_at__null": True}, to={"returned_at": at}):
            raise WrongState
        tx.record(_event(EventTag.ACCOUNT_CHECKED_IN, caller, taken))
        returned = tx.get(CheckOut, check_out_id)
        if returned is None:
            raise NotFound
        return returned

    return context.store.write(work)


def _event(tag: EventTag, caller: Caller, taken: CheckOut) -> EventDraft:
    return EventDraft(
        action=tag,
        actor=caller.subject,
        obj=f"account:{taken.account}",
        verdict=Verdict.ALLOW,
        rule="ACC-2",
        serial=taken.serial,
        source=caller.source,
        details={"check_out": taken.id, "until": taken.until.isoformat()},
    )


_SPAN = Text("归还时间须在现在之后、且不晚于授权结束", "the time must lie ahead and within the grant")
