"""The one door: who is calling, what links that person has right now, and what the rules say.

Links are loaded in the transaction that decides, so a revocation that is committed counts at the very next call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain import errors
from vault_svc.domain.access_requests import AccessRequest, Vote
from vault_svc.domain.accounts import Delivery, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.password_age import state_of
from vault_svc.domain.people import Department, Password, Person, PersonState, Post
from vault_svc.domain.permissions import EVERYWHERE, Allow, Caller, Decision, Deny, Links, ObjectRef, Permission
from vault_svc.domain.sessions import Session
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vault_svc.services.context import Context, StewardContext, WorkerContext
    from vault_svc.services.ports import Reader

STEP_UP_ACTS = frozenset(
    {
        Permission.ACCOUNT_CHANGE,
        Permission.ACCOUNT_CHECK_OUT,
        Permission.ACCOUNT_FIRST_VALUE,
        Permission.ACCOUNT_IMPORT,
        Permission.ACCOUNT_REVEAL,
        Permission.AUDIT_EXPORT,
        Permission.REQUEST_CARRY_OUT,
        Permission.REQUEST_VOTE,
    }
)
"""Acts that need a proof of presence of the last five minutes."""

_LEAVES = {
    leaf.code: leaf
    for leaf in (
        errors.NotPermitted,
        errors.NotCustodian,
        errors.OwnRequest,
        errors.DutiesNotSeparated,
        errors.OutsidePurpose,
        errors.OutsideWindow,
        errors.PasswordChangeDue,
        errors.ApprovalRequired,
        errors.NotFound,
        errors.WrongState,
        errors.AlreadyVoted,
        errors.StaleDigest,
        errors.CheckedOut,
    )
}


def roles_of(
    reader: Reader, context: Context | WorkerContext | StewardContext, person: str, *, at: datetime
) -> frozenset[str]:
    """Return the posts in force, with ``person`` and ``employee`` or ``outside``; none for one who has ended."""
    found = reader.get(Person, person)
    if found is None or found.state is not PersonState.ACTIVE:
        return frozenset()
    if found.agency is not None:
        return frozenset({"person", "outside"})
    held = {post.role for post in reader.find(Post, person=person) if post.in_force(at)}
    staff = context.rules(reader).policies.employee_roles
    return frozenset(held | {"person"} | ({"employee"} if held & staff else set()))


def holders_of(reader: Reader, role: str, *, at: datetime) -> tuple[str, ...]:
    """Return the active people who hold a role now, sorted by name."""
    holders = {post.person for post in reader.find(Post, role=role) if post.in_force(at)}
    active = {person.name for person in reader.find(Person, name__in=sorted(holders), state=PersonState.ACTIVE)}
    return tuple(sorted(holders & active))


def links_of(reader: Reader, context: Context, caller: Caller, obj: ObjectRef, *, at: datetime) -> Links:
    """Load the caller's own links for one object."""
    if caller.machine is not None:
        return Links(caller.subject, {EVERYWHERE: frozenset({caller.machine.split("-")[0]})})
    if caller.person is None:
        return Links(caller.subject, {EVERYWHERE: frozenset({"anonymous"})})
    roles = roles_of(reader, context, caller.person, at=at)
    if not roles:
        return Links(caller.subject, {})
    relate = _RELATIONS.get(obj.kind)
    related = relate(reader, caller.person, roles, obj.id, at) if relate and obj.id else frozenset()
    return Links(caller.subject, {EVERYWHERE: roles, obj.domain: related})


def decide(
    reader: Reader,
    context: Context,
    caller: Caller,
    permission: Permission,
    obj: ObjectRef,
    *,
    at: datetime,
    relations_to: ObjectRef | None = None,
) -> Decision:
    """Ask the first gate. ``relations_to`` is the object whose relations count where ``obj`` is a kind of request."""
    links = links_of(reader, context, caller, relations_to or obj, at=at)
    if relations_to is not None:
        links = Links(links.subject, {EVERYWHERE: links.in_domain(relations_to.domain)})
    return context.rules(reader).enforcer.decide(links, permission, obj, password=_password(reader, caller, at))


def require(
    reader: Reader,
    context: Context,
    caller: Caller,
    permission: Permission,
    obj: ObjectRef,
    *,
    at: datetime,
    relations_to: ObjectRef | None = None,
    hide: bool = False,
    serial: str | None = None,
) -> Allow:
    """Return the Allow, or raise what the rules say; the refusal goes on record either way.

    ``hide``: the asker may not know that the object exists, so a refusal looks like its absence.
    """
    decision = decide(reader, context, caller, permission, obj, at=at, relations_to=relations_to)
    if isinstance(decision, Deny):
        raise refused(decision, caller, permission, relations_to or obj, hide=hide, serial=serial)
    if permission in STEP_UP_ACTS and caller.machine is None and not _fresh(reader, caller, at):
        raise errors.StepUpRequired(
            next_step=Text("请再次输入密码或动态码", "give your password or one-time code again (step-up)"),
            events=[refusal_event(caller, permission, obj, rule=None, reason="step_up_required", serial=serial)],
        )
    return decision


def refused(
    deny: Deny,
    caller: Caller,
    permission: Permission,
    obj: ObjectRef,
    *,
    hide: bool = False,
    serial: str | None = None,
) -> errors.VaultSvcError:
    """Turn a Deny into the error to raise, with the event that puts it on record."""
    event = refusal_event(caller, permission, obj, rule=deny.rule, reason=deny.code, serial=serial)
    if hide and deny.code == errors.NotPermitted.code:
        return errors.NotFound(events=[event])
    leaf = _LEAVES.get(deny.code, errors.NotPermitted)
    return leaf(deny.reason, rule=deny.rule, next_step=deny.next_step, events=[event])


def refusal_event(
    caller: Caller, permission: Permission, obj: ObjectRef, *, rule: str | None, reason: str, serial: str | None
) -> EventDraft:
    """The event of a refusal: the same tag for every door, searchable by person, object and rule."""
    return EventDraft(
        action="gate.refused",
        actor=caller.subject,
        obj=str(obj),
        verdict=Verdict.DENY,
        rule=rule,
        serial=serial,
        source=caller.source,
        details={"permission": permission.value, "reason": reason},
    )


def _password(reader: Reader, caller: Caller, at: datetime) -> str:
    if caller.person is None:
        return "in_order"
    kept = reader.get(Password, caller.person)
    return "expired" if kept is None else str(state_of(kept, at=at))


def _fresh(reader: Reader, caller: Caller, at: datetime) -> bool:
    session = reader.get(Session, caller.session) if caller.session else None
    return session is not None and session.alive(at) and session.freshly_proved(at)


Related = frozenset[str]


def _to_account(reader: Reader, person: str, roles: Related, account_id: str, at: datetime) -> Related:
    account = reader.get(OfficialAccount, account_id)
    if account is None:
        return frozenset()
    found = {"custodian"} if roles & set(account.custodians) else set()
    grants = reader.find(Grant, account=account_id, person=person, state=GrantState.IN_FORCE)
    if any(grant.covers(at) for grant in grants):
        found.add("grantee")
    return frozenset(found)


def _to_request(reader: Reader, person: str, roles: Related, serial: str, _at: datetime) -> Related:
    asked = reader.get(AccessRequest, serial)
    if asked is None:
        return frozenset()
    found = {"requester"} if asked.requester == person else set()
    part = person in {asked.requester, asked.about, asked.carried_out_by}
    wanted = {role for step in asked.chain.get("steps", ()) for role in step.get("roles", ())}
    carriers = set(asked.chain.get("carried_out_by", {}).get("roles", ()))
    people = {name for step in asked.chain.get("steps", ()) for name in step.get("people", ())}
    if part or roles & (wanted | carriers) or person in people or reader.count(Vote, serial=serial, person=person):
        found.add("party")
    return frozenset(found)


def _to_delivery(reader: Reader, person: str, _roles: Related, delivery_id: str, _at: datetime) -> Related:
    delivery = reader.get(Delivery, delivery_id)
    return frozenset({"self"}) if delivery is not None and delivery.person == person else frozenset()


def _to_session(reader: Reader, person: str, _roles: Related, session_id: str, _at: datetime) -> Related:
    session = reader.get(Session, session_id)
    return frozenset({"self"}) if session is not None and session.person == person else frozenset()


def _to_person(reader: Reader, person: str, _roles: Related, name: str, _at: datetime) -> Related:
    found = {"self"} if person == name else set()
    other = reader.get(Person, name)
    if other is not None and other.department is not None:
        department = reader.get(Department, other.department)
        if department is not None and department.head == person:
            found.add("head")
    return frozenset(found)


_RELATIONS: dict[str, Callable[[Reader, str, Related, str, datetime], Related]] = {
    "account": _to_account,
    "delivery": _to_delivery,
    "person": _to_person,
    "request": _to_request,
    "session": _to_session,
}
