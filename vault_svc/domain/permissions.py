"""Permissions, decisions and the links that tie a caller to roles.

Permissions are spelled ``resource:action``; events use the same words in the past sense where they tell of an act.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EVERYWHERE = "*"
"""The domain of posts; relations have the domain of one object, ``account:alipay``."""


class Permission(StrEnum):
    """Every act that the gate decides, ``resource:action``, sorted, never reused."""

    ACCESS_EVALUATE = "access:evaluate"
    ACCOUNT_CHANGE = "account:change"
    ACCOUNT_CHECK_OUT = "account:check_out"
    ACCOUNT_EXPOSURES = "account:exposures"
    ACCOUNT_FIRST_VALUE = "account:first_value"
    ACCOUNT_IMPORT = "account:import"
    ACCOUNT_LIST = "account:list"
    ACCOUNT_READ = "account:read"
    ACCOUNT_REVEAL = "account:reveal"
    AUDIT_CHECKPOINT = "audit:checkpoint"
    AUDIT_EXPORT = "audit:export"
    AUDIT_READ = "audit:read"
    AUDIT_READ_OWN = "audit:read_own"
    AUDIT_VERIFY = "audit:verify"
    COMPANY_IMPORT = "company:import"
    DATABASE_BACK_UP = "database:back_up"
    DATABASE_ENTER = "database:enter"
    DATABASE_LIST = "database:list"
    DATABASE_MODIFY = "database:modify"
    DATABASE_QUERY = "database:query"
    DATABASE_RESTORE = "database:restore"
    DELIVERY_OPEN = "delivery:open"
    DOCS_READ = "docs:read"
    DUTY_LIST = "duty:list"
    ENGAGEMENT_READ = "engagement:read"
    EXPLAIN_ANYONE = "explain:anyone"
    EXPLAIN_SELF = "explain:self"
    JOB_RUN = "job:run"
    KIND_LIST = "kind:list"
    ME_PASSWORD = "me:password"
    ME_READ = "me:read"
    PEOPLE_READ = "people:read"
    POLICY_DRIFT = "policy:drift"
    POLICY_READ = "policy:read"
    REQUEST_CARRY_OUT = "request:carry_out"
    REQUEST_DOSSIER = "request:dossier"
    REQUEST_EDIT = "request:edit"
    REQUEST_LIST = "request:list"
    REQUEST_READ = "request:read"
    REQUEST_SUBMIT = "request:submit"
    REQUEST_VOTE = "request:vote"
    REQUEST_WITHDRAW = "request:withdraw"
    SESSION_END = "session:end"
    SESSION_LIST = "session:list"
    SESSION_OPEN = "session:open"
    SESSION_STEP_UP = "session:step_up"
    STATUS_READ = "status:read"
    WORKDAYS_READ = "workdays:read"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """What an act is about. ``id`` is empty for the whole collection."""

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @property
    def domain(self) -> str:
        """The domain in which relations to this object are links."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Links:
    """The caller's own role links, loaded in the deciding transaction: domain → roles in force there.

    ``EVERYWHERE`` holds posts and the words ``person``, ``employee``, ``outside`` or ``anonymous``; an object's domain
    holds relations (``custodian``, ``grantee``, ``requester``, ``party``) and database levels.
    """

    subject: str
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def in_domain(self, domain: str) -> frozenset[str]:
        """The roles that count for one object: those held everywhere and those held there."""
        return self.roles.get(EVERYWHERE, frozenset()) | self.roles.get(domain, frozenset())


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes, by this rule (a regulation id, or None where the permission is our own)."""

    rule: str | None = None
    because: Text = Text("允许", "allowed")

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Deny:
    """No, with the reason, the rule and the next step that the asker can take."""

    reason: Text
    rule: str | None = None
    next_step: Text | None = None
    code: str = "not_permitted"

    def __bool__(self) -> bool:
        return False


Decision = Allow | Deny


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, by which session, from where. ``person`` is None before signing in; a job has ``machine`` set."""

    person: str | None
    source: str = ""
    session: str | None = None
    proved_at: datetime | None = None
    client: str = "api"
    machine: str | None = None

    @property
    def subject(self) -> str:
        """The Casbin subject and the actor of events."""
        if self.machine:
            return f"machine:{self.machine}"
        return f"person:{self.person}" if self.person else "anonymous"
