"""Carrying out what concerns people and policies: joining, posts, resets. Run by the worker, again after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestState, starts
from vault_svc.domain.events import EventTag
from vault_svc.domain.people import Person, PersonState, Post
from vault_svc.domain.permissions import Deny
from vault_svc.services.outcomes import done, end, still_approved, told

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Tx


def post(worker: WorkerContext, asked: AccessRequest) -> None:
    """Give or end a post."""
    person, role = asked.payload["person"], asked.payload["post"]

    def assign(tx: Tx) -> None:
        still_approved(tx, asked)
        at = worker.clock()
        refused = None if asked.payload.get("end") else _together(tx, worker, person, role, at=at)
        if refused is not None:
            end(tx, worker, asked, RequestState.VOID, refused)
            return
        if asked.payload.get("end"):
            for post in tx.find(Post, person=person, role=role):
                if post.in_force(at):
                    tx.change(Post, post.id, expect={}, to={"until": at})
            tx.record(told(worker, EventTag.POST_ENDED, asked, person=person, post=role))
        else:
            since = starts(at, asked=asked.starts_at)
            tx.add(Post(worker.new_id("PO"), person, role, since, asked.ends_at, serial=asked.serial))
            tx.record(told(worker, EventTag.POST_ASSIGNED, asked, person=person, post=role))
            for when in filter(None, (since, asked.ends_at)):
                tx.owe("memberships.person", {"person": person}, not_before=when)
        tx.owe("memberships.person", {"person": person})
        done(tx, worker, asked, close=True)

    worker.store.write(assign)


def join(worker: WorkerContext, asked: AccessRequest) -> None:
    """Take somebody on, with posts and a first password by mail; it is carried out once the password is on its way."""
    wanted = asked.payload

    def join(tx: Tx) -> None:
        still_approved(tx, asked)
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
            tx.record(told(worker, EventTag.PERSON_JOINED, asked, person=wanted["name"]))

    worker.vault.add_vote_key(wanted["name"])
    worker.store.write(join)
    worker.issue_password(wanted["name"], asked.serial)
    worker.store.write(lambda tx: done(tx, worker, asked, close=True))


def reset(worker: WorkerContext, asked: AccessRequest) -> None:
    """Send a new one-time password to the person alone."""
    worker.issue_password(asked.payload["person"], asked.serial)
    worker.store.write(lambda tx: done(tx, worker, asked, close=True))


def policy(worker: WorkerContext, asked: AccessRequest) -> None:
    """Have the steward put the new policy set in force."""
    worker.steward(asked.serial)
    worker.store.write(lambda tx: done(tx, worker, asked, close=True))


def _together(tx: Tx, worker: WorkerContext, person: str, role: str, *, at: datetime) -> Deny | None:
    """Why the person can't hold the post as well: asked again, since another post may have come in between.

    Posts that begin later count too, so that two of the separated duties never meet in one person.
    """
    held = {post.role for post in tx.find(Post, person=person) if post.until is None or post.until > at}
    decision = worker.rules(tx).policies.roles.together(held | {role})
    return decision if isinstance(decision, Deny) else None
