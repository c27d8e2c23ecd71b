"""Approval chains as ``policies/chains.toml`` says them: who may ask, who agrees in order, who carries out.

``chain_reading`` reads them strictly, ``chain_fixing`` fixes one into a request, ``chain_votes`` counts the votes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.permissions import Allow, Decision, Deny
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from vault_svc.domain.access_requests import RequestKind
    from vault_svc.domain.accounts import Sensitivity
    from vault_svc.domain.roles import RoleClass, Roles

EMPLOYEE = "employee"
"""Asks only: a holder of any staff role."""

SERVICE = "service"
"""Carries out only: the service itself, by its worker or steward."""

GENERAL_MANAGER = "general_manager"
LEADER_IN_CHARGE = "leader_in_charge"


class Relation(StrEnum):
    """How somebody belongs to what is asked, where a chain does not name a role."""

    CUSTODIAN_OF = "custodian_of"
    HEAD_OF = "head_of"
    LENDER = "lender"
    OWNER = "owner"

    @property
    def link(self) -> str:
        """The same relation as a role link of the gate."""
        return self.value.removesuffix("_of")


class Mode(StrEnum):
    """How many of the named ones a step needs."""

    ANY_OF = "any_of"
    ALL_OF = "all_of"
    N_OF = "n_of"


class Content(StrEnum):
    """Classes of content with a chain of their own (SEC-3)."""

    NEWS = "news"
    SECRET = "secret"
    PRICE = "price"
    LISTING = "listing"
    PROMOTION = "promotion"
    DELISTING = "delisting"
    REDESIGN = "redesign"


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a chain needs to know of a request at the moment when it is fixed.

    ``holders``: role → people who hold it now, for every role. ``related``: relation → people, for relations to people.
    ``custodians`` are the roles of the account. ``about_roles`` are those of the person whom the request concerns.
    """

    kind: RequestKind
    requester: str
    holders: Mapping[str, Collection[str]]
    revision: int = 1
    about: str | None = None
    asker_roles: frozenset[str] = frozenset()
    about_roles: frozenset[str] = frozenset()
    sensitivity: Sensitivity | None = None
    custodians: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    content: Content | None = None
    related: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def excluded(self) -> frozenset[str]:
        """The people who can't agree: the asker and the one it is about."""
        return frozenset({self.requester} | ({self.about} if self.about else set()))


@dataclass(frozen=True, slots=True)
class Condition:
    """Fits where all that is named fits; what is not named is no condition."""

    sensitivity: frozenset[Sensitivity] = frozenset()
    content: frozenset[Content] = frozenset()
    about: frozenset[RoleClass] = frozenset()
    asker: frozenset[RoleClass] = frozenset()
    posts: bool = False

    def fits(self, facts: RequestFacts, roles: Roles) -> bool:
        """Whether it fits the request. ``ValueError`` where a fact that it asks for is not known: never a guess."""
        unknown = (self.sensitivity and facts.sensitivity is None) or (self.content and facts.content is None)
        if unknown or (self.about and facts.about is None):
            raise ValueError(facts.kind)
        return (
            (not self.sensitivity or facts.sensitivity in self.sensitivity)
            and (not self.content or facts.content in self.content)
            and (not self.about or bool(self.about & roles.classes(facts.about_roles)))
            and (not self.asker or bool(self.asker & roles.classes(facts.asker_roles)))
            and (not self.posts or bool(facts.posts))
        )


@dataclass(frozen=True, slots=True)
class Need:
    """Who has to agree: ``quorum`` different people out of the named roles and relations (``all_of``: each)."""

    mode: Mode
    words: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It counts where ``when`` fits; the first ``instead`` that fits replaces its need."""

    need: Need
    when: Condition | None = None
    instead: tuple[tuple[Condition, Need], ...] = ()
    rules: tuple[str, ...] = ()

    def counts(self, facts: RequestFacts, roles: Roles) -> bool:
        """Whether the request has to pass this step."""
        return self.when is None or self.when.fits(facts, roles)

    def need_for(self, facts: RequestFacts, roles: Roles) -> Need:
        """Return who has to agree to this request."""
        return next((need for condition, need in self.instead if condition.fits(facts, roles)), self.need)


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long a request waits for its votes, and an approval for being carried out."""

    request: timedelta
    approval: timedelta


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one kind."""

    kind: RequestKind
    ask: tuple[str, ...]
    steps: tuple[Step, ...]
    carry_out: tuple[str, ...]
    expires: Expiry
    rules: tuple[str, ...] = ()

    @property
    def rule(self) -> str | None:
        """The regulation that events of the chain cite: the last one written, the most particular."""
        return self.rules[-1] if self.rules else None

    def may_ask(self, asker: Collection[str], roles: Roles) -> Decision:
        """Whether somebody with these roles and relations (``custodian_of`` or the gate's ``custodian``) may ask."""
        held = set(asker)
        words = {word for word in self.ask if word in held or (word in _LINKS and _LINKS[word] in held)}
        if EMPLOYEE in self.ask and held & roles.employees:
            words.add(EMPLOYEE)
        if words:
            return Allow(self.rule, Text("可以提出此申请", "may ask for this"))
        who = asked_by(self, roles)
        return Deny(
            Text("您的岗位不能提出此申请", "your post may not ask for this"),
            self.rule,
            Text(f"可以提出此申请的有: {who.zh}", f"this may be asked by: {who.en}"),
        )


_LINKS = {relation.value: relation.link for relation in Relation}

_WORDS = {
    EMPLOYEE: Text("任何员工", "any employee"),
    SERVICE: Text("系统", "the service"),
    Relation.CUSTODIAN_OF: Text("该账户的保管人", "a custodian of the account"),
    Relation.HEAD_OF: Text("当事人的部门负责人", "the head of the person's department"),
    Relation.LENDER: Text("出借人", "the lender"),
    Relation.OWNER: Text("所有人", "the owner"),
}


def word_names(word: str, roles: Roles) -> Text:
    """Return what people call a role or relation of a chain."""
    if word in _WORDS:
        return _WORDS[word]
    names = roles.names(word)
    return Text(names.zh, f"the {names.en}")


def asked_by(chain: Chain, roles: Roles) -> Text:
    """Return in words who may ask."""
    names = [word_names(word, roles) for word in chain.ask]
    return Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
