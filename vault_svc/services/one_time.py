"""First and reset passwords: made here, kept as a hash, shown or mailed once, good for nothing but being replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import NotFound, Unavailable, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.password_generation import generate_one_time
from vault_svc.domain.passwords import check
from vault_svc.domain.people import Password, PasswordState, Person, PersonState
from vault_svc.domain.texts import Text
from vault_svc.services.passwords import DB_5, company_names, context_for, end_sessions, retire
from vault_svc.services.tries import forget_tries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.secrets import Secret
    from vault_svc.services.context import RulesSource
    from vault_svc.services.ports import Clock, Mailer, PasswordHasher, PasswordLore, Reader, Store, Tx


@dataclass(frozen=True, slots=True)
class PasswordDesk:
    """What is needed to issue passwords, no more: a worker is given this and not the whole context."""

    store: Store
    clock: Clock
    rules: RulesSource
    hasher: PasswordHasher
    lore: PasswordLore
    mailer: Mailer
    new_id: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class OneTime:
    """A one-time password between its making and its one delivery."""

    person: str
    plain: Secret
    hashed: str
    rules: PasswordRules


def prepare_one_time(
    person: Person, *, rules: PasswordRules, company: Sequence[str], hasher: PasswordHasher, lore: PasswordLore
) -> OneTime:
    """Make and hash one that keeps the rules; slow, so it is called outside of any write."""
    judged = context_for(person, lore=lore, company=company)
    plain = generate_one_time(refused=lambda value: bool(check(value, rules=rules, context=judged)))
    return OneTime(person.name, plain, hasher.hash(plain), rules)


def keep_one_time(
    tx: Tx,
    one_time: OneTime,
    *,
    at: datetime,
    new_id: Callable[[str], str],
    actor: str,
    way: str,
    source: str = "",
    serial: str | None = None,
) -> None:
    """Put it in force with this write, in place of the present password; the person's sessions end.

    ``way`` says on record how it is delivered: ``print`` or ``mail``.
    """
    name, ends = one_time.person, at + one_time.rules.one_time_lasts
    fresh = Password(name, one_time.hashed, PasswordState.ONE_TIME, set_at=at, expires_at=ends)
    kept = tx.get(Password, name)
    if kept is None:
        tx.add(fresh)
    else:
        to = {"hash": fresh.hash, "state": fresh.state, "set_at": at, "expires_at": ends}
        tx.change(Password, name, expect={}, to=to)
        retire(tx, kept, new_id=new_id, history=one_time.rules.history)
    forget_tries(tx, f"name:{name}", f"own:{name}")
    ended = end_sessions(tx, name, but=None, at=at)
    tx.record(
        EventDraft(
            action=EventTag.PASSWORD_ISSUED,
            actor=actor,
            obj=f"person:{name}",
            verdict=Verdict.ALLOW,
            rule=DB_5,
            serial=serial,
            source=source,
            details={"way": way, "expires_at": ends.isoformat(), "sessions_ended": ended},
        )
    )


def issue_one_time(
    desk: PasswordDesk, person: str, *, actor: str, way: str = "print", source: str = "", serial: str | None = None
) -> Secret:
    """Issue one and return it: the caller owes its one delivery to the person. ``NotFound`` for nobody active."""

    def load(reader: Reader) -> tuple[Person, PasswordRules, tuple[str, ...]]:
        return _active(reader, person), desk.rules(reader).passwords, company_names(reader)

    found, rules, company = desk.store.read(load)
    one_time = prepare_one_time(found, rules=rules, company=company, hasher=desk.hasher, lore=desk.lore)

    def keep(tx: Tx) -> None:
        _active(tx, person)
        at = desk.clock()
        keep_one_time(tx, one_time, at=at, new_id=desk.new_id, actor=actor, way=way, source=source, serial=serial)

    desk.store.write(keep)
    return one_time.plain


def mail_one_time(desk: PasswordDesk, person: str, *, actor: str, serial: str | None = None) -> None:
    """Issue one and send it to the person's own mail. Called again after a failure it issues and sends another.

    ``Unavailable`` where no mail is configured, ``WrongState`` where the person has none: then nothing has changed.
    """
    to = require_mail(desk, person)
    plain = issue_one_time(desk, person, actor=actor, way="mail", serial=serial)
    desk.mailer.send(to, subject=_SUBJECT, body=_body(plain))


def require_mail(desk: PasswordDesk, person: str) -> str:
    """Return the address that a password can be sent to, or raise with the next step; good to ask before a request."""
    if not desk.mailer.configured:
        raise Unavailable(_NO_MAILER, next_step=_NO_MAILER_NEXT)
    found = desk.store.read(lambda reader: _active(reader, person))
    if not found.mail:
        raise WrongState(_NO_ADDRESS, next_step=_NO_ADDRESS_NEXT)
    return found.mail


def _active(reader: Reader, person: str) -> Person:
    found = reader.get(Person, person)
    if found is None or found.state is not PersonState.ACTIVE:
        raise NotFound
    return found


def _body(plain: Secret) -> Text:
    # The one message that carries a password: one-time, and the mail is where the regulations' service sends it.
    value = plain.reveal()
    return Text(
        f"您的一次性密码: {value}\n登录后请立即设置自己的密码。请勿转发此邮件。",
        f"Your one-time password: {value}\nSign in and set your own at once. Do not pass this message on.",
    )


_SUBJECT = Text("一次性密码", "One-time password")
_NO_MAILER = Text("没有配置邮件,无法发送密码", "no mail is configured, so no password can be sent")
_NO_MAILER_NEXT = Text("请管理员先配置邮件服务器(smtp)", "have an administrator configure the mail server (smtp) first")
_NO_ADDRESS = Text("此人没有登记邮箱,无法发送密码", "the person has no mail address, so no password can be sent")
_NO_ADDRESS_NEXT = Text("请先登记本人邮箱", "have the person's own mail address put on file first")
