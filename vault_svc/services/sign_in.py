"""Signing in, proving presence again, and ending sessions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import BadCredentials, NotFound, SessionExpired, Unavailable
from vault_svc.domain.events import EventTag
from vault_svc.domain.names import sign_in_name
from vault_svc.domain.password_age import state_of
from vault_svc.domain.people import Password, PasswordState, Person, PersonState
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import LONGEST, Session
from vault_svc.domain.texts import Text
from vault_svc.services.gate import require
from vault_svc.services.tries import count_try, forget_tries

if TYPE_CHECKING:
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx

TOUCH = timedelta(seconds=30)
"""How stale ``seen_at`` may be before a call writes it again."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; ``token`` is shown once. ``must`` names what has to be done before anything else."""

    token: Secret
    session: Session
    person: Person
    must: tuple[str, ...]


def open_session(context: Context, *, name: str, password: Secret, source: str, client: str) -> SignedIn:
    """Sign in. The same answer and the same time for a name that is unknown, ended or given a wrong password."""
    wanted = sign_in_name(name)
    keys = (f"address:{source}", f"name:{wanted}") if wanted else (f"address:{source}",)
    context.store.write(lambda tx: count_try(tx, *keys, at=context.clock()))
    person = _proved(context, wanted, password)
    if person is None:
        context.store.write(lambda tx: tx.record(_refused(wanted, source)))
        raise BadCredentials
    token = Secret(context.new_bearer())
    signed = context.store.write(
        lambda tx: _open(tx, context, person, token=token, source=source, client=client, keys=keys)
    )
    if not person.known_to_vault:
        _introduce(context, person.name, sn=signed[1])
    return SignedIn(token, signed[0], person, _must(context, person.name))


def caller_of(context: Context, *, token: str, source: str, client: str) -> Caller:
    """Return who calls with this bearer. ``SessionExpired`` where it belongs to no living session."""
    at = context.clock()
    found = context.store.read(lambda reader: reader.find(Session, token_hash=hash_bearer(token), limit=1))
    if not found or not found[0].alive(at):
        raise SessionExpired(next_step=_SIGN_IN)
    session = found[0]
    if at - session.seen_at > TOUCH:
        expect = {"ended_at__null": True, "seen_at": session.seen_at}
        context.store.write(lambda tx: tx.change(Session, session.id, expect=expect, to={"seen_at": at}))
    return Caller(session.person, source=source, session=session.id, proved_at=session.proved_at, client=client)


def end_session(context: Context, caller: Caller, session_id: str) -> None:
    """End one of the caller's own sessions; ``current`` is the one that calls."""
    wanted = (caller.session or "") if session_id == "current" else session_id

    def work(tx: Tx) -> None:
        at = context.clock()
        require(tx, context, caller, Permission.SESSION_END, ObjectRef("session", wanted), at=at, hide=True)
        if not tx.change(Session, wanted, expect={"ended_at__null": True}, to={"ended_at": at}):
            raise NotFound
        tx.record(_event(EventTag.SESSION_ENDED, caller, f"session:{wanted}"))

    context.store.write(work)


def list_sessions(context: Context, caller: Caller) -> list[Session]:
    """Return the caller's living sessions, newest first."""
    at = context.clock()

    def work(tx: Tx) -> list[Session]:
        require(tx, context, caller, Permission.SESSION_LIST, ObjectRef("session"), at=at)
        mine = tx.find(Session, person=caller.person, ended_at__null=True, order=("-created_at",))
        return [session for session in mine if session.alive(at)]

    return context.store.write(work)


def step_up(context: Context, caller: Caller, *, password: Secret) -> Session:
    """Prove presence again for five minutes; at most ten tries in thirty minutes, counted apart from signing in."""
    keys = (f"own:{caller.person}",)  # strangers who guess at the name must not silence a running session
    context.store.write(lambda tx: count_try(tx, *keys, at=context.clock()))
    if _proved(context, caller.person, password) is None:
        context.store.write(lambda tx: tx.record(_refused(caller.person, caller.source)))
        raise BadCredentials

    def work(tx: Tx) -> Session:
        at = context.clock()
        require(tx, context, caller, Permission.SESSION_STEP_UP, ObjectRef("session", caller.session or ""), at=at)
        forget_tries(tx, *keys)
        fresh = {"proved_at": at, "proved_how": "password", "seen_at": at}
        if not tx.change(Session, caller.session, expect={"ended_at__null": True}, to=fresh):
            raise SessionExpired(next_step=_SIGN_IN)
        tx.record(_event(EventTag.SESSION_PROVED, caller, f"session:{caller.session}"))
        session = tx.get(Session, caller.session)
        if session is None:
            raise SessionExpired(next_step=_SIGN_IN)
        return session

    return context.store.write(work)


def hash_bearer(token: str) -> str:
    """Return what is kept of a bearer: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _proved(context: Context, name: str | None, password: Secret) -> Person | None:
    person = context.store.read(lambda reader: reader.get(Person, name)) if name else None
    kept = context.store.read(lambda reader: reader.get(Password, name)) if name else None
    if person is None or kept is None or person.state is not PersonState.ACTIVE:
        context.hasher.verify_nobody(password)
        return None
    if not context.hasher.verify(password, kept.hash):
        return None
    if context.hasher.outdated(kept.hash):
        renewed = context.hasher.hash(password)
        context.store.write(
            lambda tx: tx.change(Password, kept.person, expect={"hash": kept.hash}, to={"hash": renewed})
        )
    return person


def _open(
    tx: Tx, context: Context, person: Person, *, token: Secret, source: str, client: str, keys: tuple[str, ...]
) -> tuple[Session, str]:
    at = context.clock()
    caller = Caller(None, source=source, client=client)
    require(tx, context, caller, Permission.SESSION_OPEN, ObjectRef("session"), at=at)
    session = Session(
        id=context.new_id("SE"),
        token_hash=hash_bearer(token.reveal()),
        person=person.name,
        created_at=at,
        seen_at=at,
        proved_at=at,
        proved_how="password",
        expires_at=at + LONGEST,
        source=source,
        client=client,
    )
    tx.add(session)
    forget_tries(tx, *keys)
    signed_in = Caller(person.name, source=source)
    return session, tx.record(_event(EventTag.SESSION_OPENED, signed_in, f"session:{session.id}"))


def _introduce(context: Context, person: str, *, sn: str) -> None:
    try:
        context.person_vault.appear(person, sn=sn)
    except Unavailable:
        return  # signing in works without the vault; the next sign-in tries again

    def work(tx: Tx) -> None:
        if tx.change(Person, person, expect={"known_to_vault": False}, to={"known_to_vault": True}):
            tx.owe("memberships.person", {"person": person})

    context.store.write(work)


def _must(context: Context, person: str) -> tuple[str, ...]:
    kept = context.store.read(lambda reader: reader.get(Password, person))
    in_order = kept is not None and state_of(kept, at=context.clock()) == PasswordState.IN_ORDER
    return () if in_order else ("change_password",)


def _event(tag: EventTag, caller: Caller, obj: str) -> EventDraft:
    return EventDraft(action=tag, actor=caller.subject, obj=obj, verdict=Verdict.ALLOW, source=caller.source)


def _refused(name: str | None, source: str) -> EventDraft:
    return EventDraft(
        action=EventTag.SESSION_REFUSED,
        actor="anonymous",
        obj=f"person:{name}" if name else "person",
        verdict=Verdict.DENY,
        source=source,
    )


_SIGN_IN = Text("请重新登录", "sign in again")
