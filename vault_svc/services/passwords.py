"""A person's own password: judged by the rules in force, hashed outside of any write, kept in one.

``gate.require`` decides first; where the answer is no, that is on record before it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.company import Company
from vault_svc.domain.errors import BadCredentials, Gone, PasswordRejected, VaultSvcError, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.password_age import one_time_over
from vault_svc.domain.passwords import PasswordContext, check
from vault_svc.domain.people import Password, PasswordState, PastPassword, Person
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.domain.sessions import Session
from vault_svc.domain.texts import Text
from vault_svc.services.gate import require
from vault_svc.services.tries import count_try, forget_tries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.secrets import Secret
    from vault_svc.services.context import Context
    from vault_svc.services.ports import PasswordLore, Reader, Tx

DB_5 = "DB-5"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is judged against, read in one go."""

    person: Person
    kept: Password
    past: tuple[PastPassword, ...]
    rules: PasswordRules
    company: tuple[str, ...]


def set_own(context: Context, caller: Caller, *, current: Secret, new: Secret, second_factor: bool = False) -> Password:
    """Change the caller's own password, end the caller's other sessions, and return what is kept of it.

    ``BadCredentials`` for a wrong present one (tries count), ``Gone`` for a one-time password that waited too long,
    ``PasswordRejected`` with every broken rule, ``WrongState`` where another change came in between.
    """
    # 1 may the caller, and are there tries left
    facts = context.store.write(lambda tx: _facts(tx, context, caller))
    # 2 is it the owner
    if not context.hasher.verify(current, facts.kept.hash):
        _refuse(context, caller, BadCredentials(_WRONG, next_step=_WRONG_NEXT), reason="wrong_present")
    if one_time_over(facts.kept, at=context.clock()):
        _refuse(context, caller, Gone(_OVER, next_step=_OVER_NEXT), reason="one_time_over")
    # 3 the rules
    judged = context_for(facts.person, lore=context.lore, company=facts.company, second_factor=second_factor)
    seen = _seen(context, facts.past[: facts.rules.history])
    broken = check(new, rules=facts.rules, context=replace(judged, current=current, seen=seen))
    if broken:
        error = PasswordRejected(rule=DB_5, next_step=_RULES_NEXT, violations=broken)
        _refuse(context, caller, error, reason="rules", broken=[violation.code for violation in broken])
    # 4 hash, then keep and record
    hashed = context.hasher.hash(new)
    return context.store.write(lambda tx: _keep(tx, context, caller, facts, hashed, second_factor=second_factor))


def context_for(
    person: Person, *, lore: PasswordLore, company: Sequence[str], second_factor: bool = False
) -> PasswordContext:
    """Return whose password is judged, with what is known outside the rules."""
    pinyin = {form for name in (person.display, *company) for form in lore.pinyin(name)}
    return PasswordContext(
        common=lore.common,
        strength=lore.score,
        login=person.name,
        display=person.display,
        company=tuple(company),
        pinyin=tuple(sorted(pinyin)),
        second_factor=second_factor,
    )


def company_names(reader: Reader) -> tuple[str, ...]:
    """Return what the company is called; nothing before opening day."""
    return tuple(company.name for company in reader.find(Company))


def retire(tx: Tx, kept: Password, *, new_id: Callable[[str], str], history: int) -> None:
    """Keep the hash of a replaced password as far as the rules look back; older ones are deleted."""
    past = tx.find(PastPassword, person=kept.person, order=("-set_at", "-id"))
    for old in past[max(0, history - 1) :]:
        tx.remove(PastPassword, old.id)
    if history:
        tx.add(PastPassword(new_id("PP"), kept.person, kept.hash, kept.set_at))


def end_sessions(tx: Tx, person: str, *, but: str | None, at: datetime) -> int:
    """End a person's sessions except one, and return how many that were: who knew the old password is out."""
    living = tx.find(Session, person=person, ended_at__null=True)
    others = [session for session in living if session.id != but]
    for session in others:
        tx.change(Session, session.id, expect={"ended_at__null": True}, to={"ended_at": at})
    return len(others)


def _facts(tx: Tx, context: Context, caller: Caller) -> _Facts:
    at = context.clock()
    require(tx, context, caller, Permission.ME_PASSWORD, ObjectRef("me"), at=at)
    # Keys of its own: whoever locks the name out from outside must not keep its owner from changing the password.
    count_try(tx, _tries(caller.person), at=at)
    person, kept = tx.get(Person, caller.person), tx.get(Password, caller.person)
    if person is None or kept is None:
        raise BadCredentials(_WRONG)
    past = tx.find(PastPassword, person=person.name, order=("-set_at", "-id"))
    return _Facts(person, kept, tuple(past), context.rules(tx).passwords, company_names(tx))


def _seen(context: Context, past: Sequence[PastPassword]) -> Callable[[Secret], bool]:
    return lambda value: any(context.hasher.verify(value, old.hash) for old in past)


def _keep(tx: Tx, context: Context, caller: Caller, facts: _Facts, hashed: str, *, second_factor: bool) -> Password:
    at, name = context.clock(), facts.person.name
    require(tx, context, caller, Permission.ME_PASSWORD, ObjectRef("me"), at=at)
    ends = at + facts.rules.lasts(second_factor=second_factor)
    fresh = Password(name, hashed, PasswordState.IN_ORDER, set_at=at, expires_at=ends)
    to = {"hash": hashed, "state": fresh.state, "set_at": at, "expires_at": ends}
    if not tx.change(Password, name, expect={"hash": facts.kept.hash}, to=to):
        raise WrongState(_OVERTAKEN, next_step=_WRONG_NEXT)
    retire(tx, facts.kept, new_id=context.new_id, history=facts.rules.history)
    forget_tries(tx, _tries(name))
    ended = end_sessions(tx, name, but=caller.session, at=at)
    details = {"profile": facts.rules.profile, "expires_at": ends.isoformat(), "sessions_ended": ended}
    tx.record(_event(EventTag.PASSWORD_CHANGED, caller, Verdict.ALLOW, details))
    return fresh


def _refuse(context: Context, caller: Caller, error: VaultSvcError, **details: object) -> NoReturn:
    """Raise the error out of a write, so that its event is on record before anybody hears of it."""
    error.events = (_event(EventTag.PASSWORD_REFUSED, caller, Verdict.DENY, details),)

    def work(_tx: Tx) -> None:
        raise error

    context.store.write(work)
    raise error


def _event(tag: EventTag, caller: Caller, verdict: Verdict, details: dict[str, object]) -> EventDraft:
    return EventDraft(
        action=tag,
        actor=caller.subject,
        obj=f"person:{caller.person}",
        verdict=verdict,
        rule=DB_5,
        source=caller.source,
        details=details,
    )


def _tries(person: str | None) -> str:
    return f"own:{person}"


_WRONG = Text("现在的密码不正确", "the present password is not right")
_WRONG_NEXT = Text("请重新输入", "enter it again")
_OVER = Text("一次性密码已过期", "the one-time password has waited too long")
_OVER_NEXT = Text(
    "请系统管理员申请重置密码(person.reset)", "have the system administrator ask for a reset (person.reset)"
)
_OVERTAKEN = Text("密码刚刚在别处被更换", "the password was changed elsewhere just now")
_RULES_NEXT = Text("请按提示另选一个密码", "choose another one by what is said about each rule")
