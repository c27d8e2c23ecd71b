"""Official accounts in custody (ACC-1 to ACC-4): what they are, who saw which version, what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class Sensitivity(StrEnum):
    """How much harm a leak does; decides chains, limits and due dates."""

    ORDINARY = "ordinary"
    PAYMENT = "payment"
    INFRASTRUCTURE = "infrastructure"


class AccountState(StrEnum):
    """``opening``: the vault is being prepared; ``waiting``: a custodian hands in the first value."""

    OPENING = "opening"
    WAITING = "waiting"
    IN_ORDER = "in_order"
    CLOSED = "closed"


class Slot(StrEnum):
    """Where a value lies in the vault: the current one with its history, or a candidate that is not in force."""

    VALUE = "value"
    STAGED = "staged"


class DeliveryState(StrEnum):
    """``opening`` is written before the vault is read: from then on the asker counts as having seen it."""

    WAITING = "waiting"
    OPENING = "opening"
    OPENED = "opened"
    FAILED = "failed"


class ChangeState(StrEnum):
    """A guided change: begun (candidate staged), confirming (the vault is being written), then one of two ends."""

    BEGINNING = "beginning"
    BEGUN = "begun"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    ABORTED = "aborted"


class DebtState(StrEnum):
    """A debt is settled by a confirmed change of the same account."""

    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class OfficialAccount:
    """The record of an account; its secret is in the vault only. ``version`` is the current secret version (0: none).

    ``wanted`` counts the changes of who may reach the secret, ``applied`` the newest one that the vault carries.
    """

    id: str
    name: str
    kind: str
    sensitivity: Sensitivity
    custodians: tuple[str, ...]
    state: AccountState
    opened_at: datetime
    url: str | None = None
    username: str | None = None
    version: int = 0
    wanted: int = 1
    applied: int = 0
    stand_in: bool = False
    serial: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A promise to show one version once to one person; it holds no value and no token of the vault."""

    id: str
    account: str
    person: str
    slot: Slot
    version: int
    fields: tuple[str, ...]
    purpose: str
    reason: str
    state: DeliveryState
    created_at: datetime
    expires_at: datetime
    serial: str | None = None
    grant: str | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """One person has seen one version, ever. ``outside`` custody at that moment."""

    id: str
    account: str
    slot: Slot
    version: int
    person: str
    at: datetime
    outside: bool
    delivery: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Debt:
    """A change of the password is owed, by the holders of a role, until a day (inclusive, Asia/Shanghai)."""

    id: str
    account: str
    version: int
    owner_role: str
    due_on: date
    born_at: datetime
    because: str
    state: DebtState
    person: str | None = None
    serial: str | None = None
    settled_by: str | None = None


@dataclass(frozen=True, slots=True)
class CheckOut:
    """Exclusive use of an account by one person for a time."""

    id: str
    account: str
    person: str
    purpose: str
    reason: str
    starts_at: datetime
    until: datetime
    returned_at: datetime | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A guided change under one approved request: from ``base_version`` to the staged candidate."""

    id: str
    account: str
    serial: str
    person: str
    state: ChangeState
    base_version: int
    staged_version: int
    begun_at: datetime
    ended_at: datetime | None = None
