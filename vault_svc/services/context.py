"""What a use case is given: the outside world as ports, and the rules in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.secrets import Secret
    from vault_svc.domain.workdays import Workdays
    from vault_svc.services.ports import (
        CheckpointLog,
        Clock,
        Enforcer,
        Mailer,
        PasswordHasher,
        PasswordLore,
        Reader,
        Store,
    )
    from vault_svc.services.vault_ports import PersonVault, ServiceVault, StewardVault, WorkerVault


class Rules(Protocol):
    """One version of ``policies/``, compiled: what the service decides by."""

    @property
    def version(self) -> int:
        """The version in the store."""
        ...

    @property
    def files(self) -> Mapping[str, str]:
        """The files themselves: name → text."""
        ...

    @property
    def policies(self) -> Policies:
        """Roles, kinds, purposes, chains and debts."""
        ...

    @property
    def enforcer(self) -> Enforcer:
        """The first gate over this version's permissions."""
        ...

    @property
    def passwords(self) -> PasswordRules:
        """The password rules in force."""
        ...

    @property
    def workdays(self) -> Workdays:
        """Working days with the company's own years."""
        ...


class RulesSource(Protocol):
    """Finds the rules in force inside the transaction that decides, so that a change counts at the next call."""

    def __call__(self, reader: Reader) -> Rules:
        """Return the newest version; compiled ones are kept."""
        ...

    def check(self, reader: Reader, files: Mapping[str, str]) -> None:
        """Prove that the set in force with these files in it could be used. ``PolicyFileInvalid`` with every fault."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a use case may reach. ``new_id("DL")`` makes a sortable unique id, ``new_bearer`` 256 random bits."""

    store: Store
    clock: Clock
    rules: RulesSource
    hasher: PasswordHasher
    lore: PasswordLore
    person_vault: PersonVault
    service_vault: ServiceVault
    mailer: Mailer
    new_id: Callable[[str], str]
    new_bearer: Callable[[], str]
    generate: Callable[[], Secret]
    one_time_code: Callable[[Secret, datetime], Secret]
    checkpoints: CheckpointLog
    free_bytes: Callable[[], int]
    exports: Mapping[str, Callable[[Iterable[Mapping[str, object]]], Iterator[bytes]]]


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the worker's jobs may reach: it can move groups and verify votes, and can read no secret.

    ``steward`` runs the short-lived steward for one approved request (or one account of opening day) and returns when
    it has ended; it raises ``Unavailable`` where the steward failed.
    """

    name: str
    store: Store
    clock: Clock
    rules: RulesSource
    vault: WorkerVault
    accessors: Mapping[str, str]
    steward: Callable[[str], None]
    issue_password: Callable[[str, str], None]
    new_id: Callable[[str], str]

    @property
    def subject(self) -> str:
        """The actor of its events."""
        return f"machine:{self.name}"


@dataclass(frozen=True, slots=True)
class StewardContext:
    """What the short-lived steward may reach: policies and groups of the vault, after it has verified the votes.

    ``accessors``: name of each JWT mount → its accessor, for the policies' templates.
    """

    store: Store
    clock: Clock
    rules: RulesSource
    vault: StewardVault
    accessors: Mapping[str, str]
    generate: Callable[[], Secret]
    name: str = "steward"

    @property
    def subject(self) -> str:
        """The actor of its events."""
        return f"machine:{self.name}"
