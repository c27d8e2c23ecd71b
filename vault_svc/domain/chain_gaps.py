"""Finding chains that nobody could ever complete, before a company or a new set of policies goes into force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chains import Relation, RequestFacts, asked_by
from vault_svc.domain.permissions import Deny
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from vault_svc.domain.policies import Policies

_NOBODY = "\0"
"""Stands for a person who does not exist yet; no name can be spelled so."""

_ABOUT_ACCOUNTS = (RequestKind.ACCOUNT_CHANGE, RequestKind.ACCOUNT_CLOSE, RequestKind.ACCOUNT_CUSTODY)


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """As much of an account as a chain has to know."""

    id: str
    kind: str
    sensitivity: Sensitivity
    custodians: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A request that could never be completed, whoever asked; ``account`` where it is one account's fault."""

    kind: RequestKind
    deny: Deny
    account: str | None = None


def gaps(
    policies: Policies, *, holders: Mapping[str, Collection[str]], accounts: Sequence[KeptAccount]
) -> tuple[Gap, ...]:
    """Return what nobody could complete with these people (role → who holds it) and accounts, each once.

    A chain is complete where for every case (each account, with and without posts, each person concerned) there is
    somebody who may ask and for whom all steps and the carrying out have somebody.
    """
    found: dict[tuple[RequestKind, str | None, Text], Gap] = {}
    people = {name: roles_of(name, holders) for name in sorted(set[str]().union(*holders.values()))}
    askers: dict[tuple[RequestKind, tuple[str, ...]], list[str]] = {}
    for account, facts in _cases(policies, holders, accounts):
        case = (facts.kind, facts.custodians)
        if case not in askers:
            askers[case] = [name for name, roles in people.items() if _may_ask(policies, facts, roles)]
        deny = _refused(policies, facts, {name: people[name] for name in askers[case]})
        if deny is not None:
            found.setdefault((facts.kind, account, deny.reason), Gap(facts.kind, deny, account))
    return tuple(found.values())


def roles_of(person: str, holders: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Return the roles that a person holds."""
    return frozenset(role for role, people in holders.items() if person in people)


def _may_ask(policies: Policies, facts: RequestFacts, roles: frozenset[str]) -> bool:
    links = {Relation.CUSTODIAN_OF} if roles & set(facts.custodians) else set()
    return bool(policies.may_ask(facts.kind, roles | links))


def _refused(policies: Policies, facts: RequestFacts, askers: Mapping[str, frozenset[str]]) -> Deny | None:
    """Return why it can't be completed, None where one asker at least gets through."""
    deny: Deny | None = None
    for person, roles in askers.items():
        tried = policies.fix(replace(facts, requester=person, asker_roles=roles))
        if not isinstance(tried, Deny):
            return None
        deny = tried if deny is None else deny
    if deny is not None:
        return deny
    who = asked_by(policies.chain(facts.kind), policies.roles)
    return Deny(Text(f"没有人可以提出申请({who.zh})", f"there is nobody to ask: {who.en}"), code="approval_required")


def _cases(
    policies: Policies, holders: Mapping[str, Collection[str]], accounts: Sequence[KeptAccount]
) -> Iterator[tuple[str | None, RequestFacts]]:
    asked = RequestFacts(kind=RequestKind.POLICY_CHANGE, requester=_NOBODY, holders=holders)
    yield None, asked
    for account in accounts:
        usable = not policies.account_kinds.inside_only(account.kind)
        for kind in (*_ABOUT_ACCOUNTS, *((RequestKind.ACCOUNT_USE,) if usable else ())):
            of = account.custodians
            yield account.id, replace(asked, kind=kind, sensitivity=account.sensitivity, custodians=of)
    for sensitivity in Sensitivity:
        yield None, replace(asked, kind=RequestKind.ACCOUNT_OPEN, sensitivity=sensitivity)
    for posts in ((), ("any",)):
        yield None, replace(asked, kind=RequestKind.PERSON_JOIN, about=_NOBODY, posts=posts)
    for person in (_NOBODY, *sorted(_weighty(policies, holders))):
        for kind in (RequestKind.PERSON_RESET, RequestKind.POST_ASSIGN):
            yield None, replace(asked, kind=kind, about=person, about_roles=roles_of(person, holders))


def _weighty(policies: Policies, holders: Mapping[str, Collection[str]]) -> set[str]:
    """Return the people whose part in a request can change its steps; for all others it is the same as for anybody."""
    named = [role for role in holders if policies.roles.classes([role])]
    return set[str]().union(*(holders[role] for role in named))
