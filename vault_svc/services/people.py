"""Who somebody is and what they hold, from when, until when and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.errors import NotFound
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.password_age import state_of
from vault_svc.domain.people import Password, PasswordState, Person, Post
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.services.gate import require

if TYPE_CHECKING:
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Reader, Tx


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with the posts of now and later, and what has to be done before anything else."""

    person: Person
    posts: tuple[Post, ...]
    must: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessView:
    """What somebody holds: posts, accounts in custody, grants that have not ended."""

    posts: tuple[Post, ...]
    custody: tuple[OfficialAccount, ...]
    grants: tuple[Grant, ...]


def me(context: Context, caller: Caller) -> PersonView:
    """Return the caller."""

    def work(tx: Tx) -> PersonView:
        name = caller.person or ""
        require(tx, context, caller, Permission.ME_READ, ObjectRef("person", name), at=context.clock())
        kept = tx.get(Password, name)
        in_order = kept is not None and state_of(kept, at=context.clock()) == PasswordState.IN_ORDER
        return _view(tx, context, name, must=() if in_order else ("change_password",))

    return context.store.write(work)


def find(context: Context, caller: Caller) -> list[PersonView]:
    """Return the people of the company, by name."""

    def work(tx: Tx) -> list[PersonView]:
        require(tx, context, caller, Permission.PEOPLE_READ, ObjectRef("person"), at=context.clock())
        return [_view(tx, context, person.name) for person in tx.find(Person, order=("name",))]

    return context.store.write(work)


def show(context: Context, caller: Caller, name: str) -> PersonView:
    """Return one person."""

    def work(tx: Tx) -> PersonView:
        require(tx, context, caller, Permission.PEOPLE_READ, ObjectRef("person", name), at=context.clock(), hide=True)
        return _view(tx, context, name)

    return context.store.write(work)


def access(context: Context, caller: Caller, person: str | None) -> AccessView:
    """Return what the caller holds, or what another person holds where the caller may ask that."""

    def work(tx: Tx) -> AccessView:
        at = context.clock()
        name = person or caller.person or ""
        mine = name == caller.person
        permission = Permission.ME_READ if mine else Permission.EXPLAIN_ANYONE
        require(tx, context, caller, permission, ObjectRef("person", name), at=at, hide=True)
        posts = tuple(post for post in tx.find(Post, person=name) if post.in_force(at))
        roles = {post.role for post in posts}
        accounts = tx.find(OfficialAccount, state__ne=AccountState.CLOSED, order=("id",))
        custody = tuple(account for account in accounts if roles & set(account.custodians))
        grants = tuple(tx.find(Grant, person=name, state__ne=GrantState.ENDED, order=("ends_at",)))
        return AccessView(posts, custody, grants)

    return context.store.write(work)


def _view(reader: Reader, context: Context, name: str, *, must: tuple[str, ...] = ()) -> PersonView:
    person = reader.get(Person, name)
    if person is None:
        raise NotFound
    at = context.clock()
    posts = [post for post in reader.find(Post, person=name) if post.until is None or post.until > at]
    return PersonView(person, tuple(posts), must)
