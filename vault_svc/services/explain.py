"""Why, why not, who must agree and when next: from the same code that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import OfficialAccount
from vault_svc.domain.errors import Invalid, NotFound, Violation
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person
from vault_svc.domain.permissions import Allow, Caller, Deny, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.admission import Asking, facts
from vault_svc.services.gate import decide, require, roles_of

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.chains import RequestFacts
    from vault_svc.domain.fixed_chains import FixedStep
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Reader, Tx


@dataclass(frozen=True, slots=True)
class Because:
    """One reason: the regulation, in words, and which of the gates or files says so."""

    rule: str | None
    text: Text
    source: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What would be needed: what, from whom (by post, and who that is today), and how to get it."""

    what: Text
    who: Text
    how: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why can't I" and "who could"."""

    decision: bool
    because: tuple[Because, ...]
    missing: tuple[Missing, ...] = ()
    when_next: datetime | None = None


_OPENS = {
    Permission.ACCOUNT_REVEAL: RequestKind.ACCOUNT_USE,
    Permission.ACCOUNT_CHECK_OUT: RequestKind.ACCOUNT_USE,
    Permission.ACCOUNT_CHANGE: RequestKind.ACCOUNT_CHANGE,
}
"""Which kind of request opens what."""


def explain(
    context: Context, caller: Caller, *, person: str, action: str, obj: ObjectRef, at: datetime | None
) -> Explanation:
    """Explain what the gate would say to a person about an act on an object at a moment."""
    if action not in set(Permission):
        unknown = Violation("unknown_action", Text("没有这种操作", "there is no such act"), field="action")
        raise Invalid(violations=[unknown])

    def work(tx: Tx) -> Explanation:
        now = context.clock()
        permission = Permission.EXPLAIN_SELF if person == caller.person else Permission.EXPLAIN_ANYONE
        require(tx, context, caller, permission, ObjectRef("person", person), at=now)
        if tx.get(Person, person) is None:
            raise NotFound
        return _explained(tx, context, person, Permission(action), obj, at=at or now)

    return context.store.write(work)


def _explained(
    tx: Tx, context: Context, person: str, permission: Permission, obj: ObjectRef, *, at: datetime
) -> Explanation:
    asker = Caller(person, client="explain")
    account = tx.get(OfficialAccount, obj.id) if obj.kind == "account" else None
    inside = _inside_only(tx, context, asker, permission, account, at=at)
    if inside is not None:
        return Explanation(
            decision=False, because=(Because(inside.rule, inside.reason, "policies/kinds.toml"),), missing=_next(inside)
        )
    decision = decide(tx, context, asker, permission, obj, at=at)
    if isinstance(decision, Allow):
        return Explanation(
            decision=True, because=(Because(decision.rule, decision.because, "policies/permissions.csv"),)
        )
    because = (Because(decision.rule, decision.reason, "policies/permissions.csv"),)
    kind = _OPENS.get(permission)
    if account is None or kind is None:
        return Explanation(decision=False, because=because, missing=_next(decision))
    return Explanation(
        decision=False,
        because=because,
        missing=_steps(tx, context, asker, kind, account, at=at),
        when_next=_later(tx, person, account, at=at),
    )


def _inside_only(
    reader: Reader,
    context: Context,
    asker: Caller,
    permission: Permission,
    account: OfficialAccount | None,
    *,
    at: datetime,
) -> Deny | None:
    if account is None or permission not in {Permission.ACCOUNT_REVEAL, Permission.ACCOUNT_CHECK_OUT}:
        return None
    keeper = bool(roles_of(reader, context, asker.person or "", at=at) & set(account.custodians))
    return context.rules(reader).policies.stays_inside(account.kind, in_custody=keeper)


def _steps(
    tx: Tx, context: Context, asker: Caller, kind: RequestKind, account: OfficialAccount, *, at: datetime
) -> tuple[Missing, ...]:
    """What would happen if this person asked now: the chain as it would be fixed, with who that is today."""
    target = ObjectRef("account", account.id)
    asks = decide(tx, context, asker, Permission.REQUEST_SUBMIT, ObjectRef(kind), at=at, relations_to=target)
    if isinstance(asks, Deny):
        return _next(asks)
    asking = Asking(tx, context, asker, kind, {"account": account.id}, str(target), None, at, None, None)
    known = facts(asking, revision=1)
    fixed = asking.policies.fix(known)
    if isinstance(fixed, Deny):
        return _next(fixed)
    how = Text(f"提出申请: {kind.value}", f"ask with {kind.value}")
    return tuple(Missing(step.words, _today(step, known), how) for step in fixed.steps)


def _today(step: FixedStep, known: RequestFacts) -> Text:
    people = {name for seat in step.seats for role in seat.roles for name in known.holders.get(role, ())}
    people |= {name for seat in step.seats for name in seat.people}
    names = sorted(people - known.excluded)
    return Text("、".join(names) or "暂缺", ", ".join(names) or "nobody at present")


def _next(deny: Deny) -> tuple[Missing, ...]:
    if deny.next_step is None:
        return ()
    return (Missing(deny.reason, Text("", ""), deny.next_step),)


def _later(reader: Reader, person: str, account: OfficialAccount, *, at: datetime) -> datetime | None:
    grants = reader.find(Grant, account=account.id, person=person, state__ne=GrantState.ENDED)
    coming = [grant.starts_at for grant in grants if grant.starts_at > at]
    return min(coming, default=None)
