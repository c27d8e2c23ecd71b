"""Seeing a value: decided, written down, read under the asker's own name, delivered once.

``reveal`` promises one version to one person; ``open_delivery`` reads it wrapped, unwraps it and answers, in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from vault_svc.domain.accounts import (
    AccountState,
    CheckOut,
    Delivery,
    DeliveryState,
    Exposure,
    OfficialAccount,
    Slot,
)
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import (
    ApprovalRequired,
    CheckedOut,
    Gone,
    Invalid,
    NotFound,
    NotPermitted,
    OutsidePurpose,
    ReasonMissing,
    Unavailable,
    VaultSvcError,
    Violation,
    WrongState,
)
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.purposes import Audience
from vault_svc.domain.texts import Text
from vault_svc.services.gate import decide, refusal_event, refused, require, roles_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from vault_svc.domain.secrets import Secret
    from vault_svc.services.context import Context, WorkerContext
    from vault_svc.services.ports import Reader, Tx
    from vault_svc.services.vault_ports import SecretValue

OPEN_WITHIN = timedelta(minutes=2)
HIDE_AFTER_S = 60
FIELDS = ("username", "password", "notes", "recovery", "totp_code")
"""What can be asked for; ``totp_code`` is the one-time code of a stored seed, the seed itself is never delivered."""
SEED = "totp_seed"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The one answer that holds values."""

    fields: Mapping[str, Secret]
    hide_after_s: int
    version: int


def reveal(
    context: Context, caller: Caller, account_id: str, *, purpose: str, reason: str, fields: Sequence[str] | None = None
) -> Delivery:
    """Promise the caller one look at the current version, as a custodian or under a grant in force."""
    if not reason.strip():
        raise ReasonMissing
    wanted = tuple(fields or FIELDS)
    if not set(wanted) <= set(FIELDS):
        raise Invalid(violations=[Violation("unknown_field", Text("没有这一项", "no such field"), field="fields")])

    def work(tx: Tx) -> Delivery:
        at = context.clock()
        account, grant = _entitled(tx, context, caller, account_id, purpose, at=at)
        made = Delivery(
            id=context.new_id("DL"),
            account=account.id,
            person=caller.person or "",
            slot=Slot.VALUE,
            version=account.version,
            fields=wanted,
            purpose=purpose,
            reason=reason,
            state=DeliveryState.WAITING,
            created_at=at,
            expires_at=at + OPEN_WITHIN,
            serial=grant.serial if grant else None,
            grant=grant.id if grant else None,
        )
        tx.add(made)
        tx.record(_event(EventTag.DELIVERY_INTENDED, caller, made, purpose=purpose, reason=reason))
        return made

    return context.store.write(work)


def open_delivery(context: Context, caller: Caller, delivery_id: str) -> Delivered:
    """Deliver once, to the asker alone. From the first write on the asker counts as having seen the version."""

    def opening(tx: Tx) -> tuple[Delivery, str]:
        at = context.clock()
        require(tx, context, caller, Permission.DELIVERY_OPEN, ObjectRef("delivery", delivery_id), at=at, hide=True)
        delivery = tx.get(Delivery, delivery_id)
        if delivery is None:
            raise NotFound
        if delivery.state is not DeliveryState.WAITING or at >= delivery.expires_at:
            raise Gone(
                events=[
                    refusal_event(
                        caller,
                        Permission.DELIVERY_OPEN,
                        ObjectRef("delivery", delivery_id),
                        rule=None,
                        reason="already_opened",
                        serial=delivery.serial,
                    )
                ]
            )
        if delivery.slot is Slot.VALUE:
            _entitled(tx, context, caller, delivery.account, delivery.purpose, at=at)
        if delivery.grant and not _count_down(tx, delivery.grant):
            raise Gone(Text("可查看次数已用完", "the grant has been used up"), next_step=_ASK)
        tx.change(Delivery, delivery.id, expect={"state": DeliveryState.WAITING}, to={"state": DeliveryState.OPENING})
        return delivery, tx.record(_event(EventTag.DELIVERY_OPENING, caller, delivery))

    delivery, intent = context.store.write(opening)
    try:
        value = context.person_vault.read(
            delivery.person,
            sn=delivery.serial or intent,
            account=delivery.account,
            slot=delivery.slot,
            version=delivery.version,
        )
    except VaultSvcError as failure:
        unread = isinstance(failure, NotPermitted | NotFound)
        context.store.write(lambda tx: _failed(tx, context, caller, delivery, unread=unread))
        if isinstance(failure, NotPermitted):
            raise Unavailable(_PREPARING, retry_after_s=2) from failure
        raise
    context.store.write(lambda tx: _opened(tx, context, caller, delivery))
    return Delivered(_chosen(context, delivery, value), HIDE_AFTER_S, value.version)


def expose(tx: Tx, context: Context | WorkerContext, delivery: Delivery, *, at: datetime) -> None:
    """Write down that the person has seen the version; told of once a delivery."""
    account = tx.get(OfficialAccount, delivery.account)
    keeper = account is not None and _is_custodian(tx, context, delivery.person, account, at=at)
    tx.add(
        Exposure(
            id=f"EX-{delivery.id}",
            account=delivery.account,
            slot=delivery.slot,
            version=delivery.version,
            person=delivery.person,
            at=at,
            outside=not keeper,
            delivery=delivery.id,
            serial=delivery.serial,
        )
    )


def _entitled(
    tx: Tx, context: Context, caller: Caller, account_id: str, purpose: str, *, at: datetime
) -> tuple[OfficialAccount, Grant | None]:
    obj = ObjectRef("account", account_id)
    account = tx.get(OfficialAccount, account_id)
    if account is None:
        require(tx, context, caller, Permission.ACCOUNT_LIST, ObjectRef("account"), at=at)
        raise NotFound
    keeper = _is_custodian(tx, context, caller.person or "", account, at=at)
    policies = context.rules(tx).policies
    inside = policies.stays_inside(account.kind, in_custody=keeper)
    if inside is not None:
        raise refused(inside, caller, Permission.ACCOUNT_REVEAL, obj)
    allowed = policies.allowance(
        purpose,
        audience=Audience.EMPLOYEES if keeper or not _outside(tx, caller) else Audience.AGENCY,
        kind=account.kind,
        sensitivity=account.sensitivity,
        in_custody=keeper,
    )
    decision = decide(tx, context, caller, Permission.ACCOUNT_REVEAL, obj, at=at)
    if isinstance(decision, Deny) and decision.code == "not_permitted":
        event = refusal_event(
            caller,
            Permission.ACCOUNT_REVEAL,
            obj,
            rule=decision.rule or "ACC-2",
            reason="approval_required",
            serial=None,
        )
        raise ApprovalRequired(rule="ACC-2", next_step=_ASK, events=[event])
    require(tx, context, caller, Permission.ACCOUNT_REVEAL, obj, at=at)
    if isinstance(allowed, Deny):
        raise refused(allowed, caller, Permission.ACCOUNT_REVEAL, obj)
    if account.state is not AccountState.IN_ORDER or account.version == 0:
        raise WrongState(next_step=Text("请保管人先录入密码", "a custodian has to hand in the value first"))
    _not_lent(tx, caller, account.id, at=at)
    return account, None if keeper else _grant(tx, caller, account_id, purpose, at=at)


def _grant(tx: Tx, caller: Caller, account_id: str, purpose: str, *, at: datetime) -> Grant:
    held = tx.find(Grant, account=account_id, person=caller.person, state=GrantState.IN_FORCE)
    live = [grant for grant in held if grant.covers(at)]
    for grant in live:
        if grant.purpose == purpose and grant.reveals_left > 0:
            return grant
    if any(grant.purpose == purpose for grant in live):
        raise Gone(Text("可查看次数已用完", "the grant has been used up"), next_step=_ASK)
    raise OutsidePurpose(rule="ACC-2", next_step=Text("请按批准的用途使用", "use it for the purpose that was approved"))


def _not_lent(tx: Tx, caller: Caller, account_id: str, *, at: datetime) -> None:
    lent = tx.find(CheckOut, account=account_id, returned_at__null=True, until__gt=at)
    if any(out.person != caller.person for out in lent):
        raise CheckedOut(next_step=Text("请等待归还", "wait until it is returned"))


def _is_custodian(
    reader: Reader, context: Context | WorkerContext, person: str, account: OfficialAccount, *, at: datetime
) -> bool:
    return bool(roles_of(reader, context, person, at=at) & set(account.custodians))


def _outside(reader: Reader, caller: Caller) -> bool:
    person = reader.get(Person, caller.person)
    return person is None or person.agency is not None


def _count_down(tx: Tx, grant_id: str) -> bool:
    grant = tx.get(Grant, grant_id)
    if grant is None:
        return False
    expect = {"state": GrantState.IN_FORCE, "reveals_left": grant.reveals_left, "reveals_left__gt": 0}
    return tx.change(Grant, grant_id, expect=expect, to={"reveals_left": grant.reveals_left - 1})


def _opened(tx: Tx, context: Context, caller: Caller, delivery: Delivery) -> None:
    expose(tx, context, delivery, at=context.clock())
    tx.change(Delivery, delivery.id, expect={"state": DeliveryState.OPENING}, to={"state": DeliveryState.OPENED})
    tx.record(_event(EventTag.DELIVERY_OPENED, caller, delivery))


def _failed(tx: Tx, context: Context, caller: Caller, delivery: Delivery, *, unread: bool) -> None:
    if unread and delivery.grant:
        grant = tx.get(Grant, delivery.grant)
        if grant is not None:
            tx.change(Grant, grant.id, expect={}, to={"reveals_left": grant.reveals_left + 1})
    if not unread:  # nobody knows whether the value was read: it counts as seen
        expose(tx, context, delivery, at=context.clock())
    tx.change(Delivery, delivery.id, expect={"state": DeliveryState.OPENING}, to={"state": DeliveryState.FAILED})
    tx.record(_event(EventTag.DELIVERY_FAILED, caller, delivery, unread=unread))


def _chosen(context: Context, delivery: Delivery, value: SecretValue) -> dict[str, Secret]:
    chosen = {name: value.fields[name] for name in delivery.fields if name in value.fields}
    if "totp_code" in delivery.fields and SEED in value.fields:
        chosen["totp_code"] = context.one_time_code(value.fields[SEED], context.clock())
    return chosen


def _event(tag: EventTag, caller: Caller, delivery: Delivery, **details: object) -> EventDraft:
    return EventDraft(
        action=tag,
        actor=caller.subject,
        obj=f"account:{delivery.account}",
        verdict=Verdict.ALLOW,
        rule="ACC-2",
        serial=delivery.serial,
        source=caller.source,
        details={"delivery": delivery.id, "slot": delivery.slot.value, "version": delivery.version} | details,
    )


_ASK = Text("请提出使用申请(account.use)", "ask with account.use")
_PREPARING = Text("密码库正在准备权限,请稍后再试", "the vault is being prepared for this, try again in a moment")
