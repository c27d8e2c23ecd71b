"""What a company file says, once it has no fault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vault_svc.domain.accounts import Sensitivity
    from vault_svc.domain.people import PersonName


class SecretSource(StrEnum):
    """Where an account's first value comes from: a stand-in that is generated, or a custodian who hands it in."""

    GENERATE = "generate"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class DepartmentEntry:
    """One ``[[department]]``."""

    id: str
    name: str
    head: PersonName


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One ``[[person]]``: of a department or of an agency."""

    name: PersonName
    display: str
    mail: str | None
    department: str | None
    agency: str | None
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One ``[[account]]``."""

    id: str
    name: str
    kind: str
    sensitivity: Sensitivity
    custodians: tuple[str, ...]
    secret: SecretSource
    url: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class DatabaseEntry:
    """One ``[[database]]``; ``body`` is its whole table as plain JSON."""

    id: str
    name: str
    engine: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EngagementEntry:
    """One ``[[engagement]]`` with its term (both days inclusive); ``body`` is its whole table as plain JSON."""

    id: str
    agency: str
    name: str
    first_day: date
    last_day: date
    people: tuple[PersonName, ...]
    accounts: tuple[str, ...]
    body: Mapping[str, Any]

    def overlaps(self, other: EngagementEntry) -> bool:
        """Whether the two terms share a day."""
        return self.first_day <= other.last_day and other.first_day <= self.last_day


@dataclass(frozen=True, slots=True)
class CompanyDocument:
    """The whole file. Every reference in it leads somewhere, ids and login names are in their one spelling."""

    name: str
    timezone: str
    incident_partner: str
    departments: tuple[DepartmentEntry, ...]
    people: tuple[PersonEntry, ...]
    accounts: tuple[AccountEntry, ...] = ()
    databases: tuple[DatabaseEntry, ...] = ()
    engagements: tuple[EngagementEntry, ...] = ()

    def holders(self) -> dict[str, tuple[str, ...]]:
        """Return role → the people who hold it."""
        found: dict[str, tuple[str, ...]] = {}
        for person in self.people:
            for role in person.posts:
                found[role] = (*found.get(role, ()), person.name)
        return found
