"""What the API answers: our records as plain JSON, field by field, so that nothing new slips out by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.access_requests import AccessRequest, Vote
    from vault_svc.domain.accounts import AccountChange, CheckOut, Debt, Delivery, Exposure, OfficialAccount
    from vault_svc.domain.audit import Checkpoint, Event
    from vault_svc.domain.grants import Grant
    from vault_svc.domain.people import Person, Post
    from vault_svc.domain.sessions import Session
    from vault_svc.services.accounts import AccountView
    from vault_svc.services.people import PersonView
    from vault_svc.services.request_views import RequestView

Json = dict[str, Any]


def moment(at: datetime) -> str:
    """Return the time as RFC 3339 with its offset."""
    return at.isoformat()


def moment_or_none(at: datetime | None) -> str | None:
    """Return the time, None for none."""
    return None if at is None else moment(at)


def session(kept: Session, *, current: str | None) -> Json:
    """Return a session without anything that could be used as one."""
    return {
        "id": kept.id,
        "person": kept.person,
        "current": kept.id == current,
        "created_at": moment(kept.created_at),
        "seen_at": moment(kept.seen_at),
        "proved_at": moment(kept.proved_at),
        "proved_how": kept.proved_how,
        "expires_at": moment(kept.expires_at),
        "source": kept.source,
        "client": kept.client,
    }


def person(kept: Person) -> Json:
    """Return who somebody is."""
    return {
        "name": kept.name,
        "display": kept.display,
        "department": kept.department,
        "agency": kept.agency,
        "mail": kept.mail,
        "state": kept.state.value,
    }


def person_view(view: PersonView) -> Json:
    """Return a person with posts and what has to be done first."""
    return {**person(view.person), "posts": [post(p) for p in view.posts], "must": list(view.must)}


def post(kept: Post) -> Json:
    """Return a post with its span."""
    return {
        "role": kept.role,
        "since": moment(kept.since),
        "until": moment_or_none(kept.until),
        "acting_for": kept.acting_for,
        "serial": kept.serial,
    }


def grant(kept: Grant) -> Json:
    """Return a grant with its span."""
    return {
        "id": kept.id,
        "serial": kept.serial,
        "person": kept.person,
        "account": kept.account,
        "purpose": kept.purpose,
        "from": moment(kept.starts_at),
        "until": moment(kept.ends_at),
        "reveals_left": kept.reveals_left,
        "state": kept.state.value,
    }


def access_request(kept: AccessRequest) -> Json:
    """Return what is asked and where it stands."""
    return {
        "serial": kept.serial,
        "kind": kept.kind,
        "payload": dict(kept.payload),
        "reason": kept.reason,
        "from": moment_or_none(kept.starts_at),
        "until": moment_or_none(kept.ends_at),
        "requester": kept.requester,
        "about": kept.about,
        "object": kept.object,
        "state": str(kept.state),
        "digest": kept.digest,
        "revision": kept.revision,
        "submitted_at": moment(kept.submitted_at),
        "expires_at": moment(kept.expires_at),
        "decided_at": moment_or_none(kept.decided_at),
        "carried_out_by": kept.carried_out_by,
        "carried_out_at": moment_or_none(kept.carried_out_at),
        "closed_at": moment_or_none(kept.closed_at),
        "outcome": kept.outcome,
    }


def vote(kept: Vote) -> Json:
    """Return a vote; its signature is in the dossier."""
    return {
        "person": kept.person,
        "roles": list(kept.roles),
        "decision": str(kept.decision),
        "reason": kept.reason,
        "digest": kept.digest,
        "narrow": None if kept.narrow is None else dict(kept.narrow),
        "at": moment(kept.at),
    }


def request_view(view: RequestView, language: str) -> Json:
    """Return a request with its steps, the verbs open to the caller, and its timeline."""
    steps = [
        {
            "needs": step.needs.in_language(language),
            "roles": list(step.roles),
            "votes": [vote(v) for v in step.votes],
            "open": step.open,
        }
        for step in view.steps
    ]
    events = [event(e) for e in view.events]
    return {**access_request(view.request), "steps": steps, "may": list(view.may), "events": events}


def account(kept: OfficialAccount) -> Json:
    """Return the record of an account; its value is in the vault only."""
    return {
        "id": kept.id,
        "name": kept.name,
        "kind": kept.kind,
        "sensitivity": str(kept.sensitivity),
        "custodians": list(kept.custodians),
        "state": str(kept.state),
        "url": kept.url,
        "username": kept.username,
        "version": kept.version,
        "opened_at": moment(kept.opened_at),
        "closed_at": moment_or_none(kept.closed_at),
        "serial": kept.serial,
    }


def account_view(view: AccountView) -> Json:
    """Return an account with the people who keep it and what the caller may do."""
    return {**account(view.account), "custodian_people": list(view.custodians), "may": list(view.may)}


def exposure(kept: Exposure) -> Json:
    """Return who has seen which version."""
    return {
        "account": kept.account,
        "slot": str(kept.slot),
        "version": kept.version,
        "person": kept.person,
        "at": moment(kept.at),
        "outside": kept.outside,
        "serial": kept.serial,
    }


def delivery(kept: Delivery) -> Json:
    """Return the promise to show something once."""
    return {"delivery": kept.id, "expires_at": moment(kept.expires_at), "version": kept.version}


def debt(kept: Debt) -> Json:
    """Return which change is owed, by whom, until when."""
    return {
        "id": kept.id,
        "account": kept.account,
        "version": kept.version,
        "owner_role": kept.owner_role,
        "due_on": kept.due_on.isoformat(),
        "because": kept.because,
        "state": str(kept.state),
        "person": kept.person,
        "serial": kept.serial,
    }


def check_out(kept: CheckOut) -> Json:
    """Return exclusive use with its span."""
    return {
        "id": kept.id,
        "account": kept.account,
        "person": kept.person,
        "purpose": kept.purpose,
        "reason": kept.reason,
        "from": moment(kept.starts_at),
        "until": moment(kept.until),
        "returned_at": moment_or_none(kept.returned_at),
        "serial": kept.serial,
    }


def change(kept: AccountChange) -> Json:
    """Return where a guided change stands."""
    return {
        "change": kept.id,
        "account": kept.account,
        "request": kept.serial,
        "person": kept.person,
        "state": str(kept.state),
        "base_version": kept.base_version,
        "begun_at": moment(kept.begun_at),
        "ended_at": moment_or_none(kept.ended_at),
    }


def event(kept: Event) -> Json:
    """Return one link of the record."""
    return {
        "id": kept.id,
        "stream": kept.stream,
        "seq": kept.seq,
        "at": moment(kept.at),
        "action": kept.action,
        "actor": kept.actor,
        "on_behalf": kept.on_behalf,
        "object": kept.obj,
        "verdict": kept.verdict,
        "rule": kept.rule,
        "serial": kept.serial,
        "source": kept.source,
        "details": json.loads(kept.body).get("details", {}),
        "hash": kept.hash,
    }


def checkpoint(kept: Checkpoint) -> Json:
    """Return signed heads of the record."""
    return {"id": kept.id, "at": moment(kept.at), "heads": dict(kept.heads), "signature": kept.signature}
