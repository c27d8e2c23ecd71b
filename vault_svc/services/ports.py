"""What the services need from outside, as protocols. The adapters keep them; ``bootstrap`` ties the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from vault_svc.domain.audit import Checkpoint, EventDraft, Head
    from vault_svc.domain.people import PasswordState
    from vault_svc.domain.permissions import Decision, Links, ObjectRef, Permission
    from vault_svc.domain.secrets import Secret
    from vault_svc.domain.texts import Text

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def __call__(self) -> datetime:
        """Return the present moment."""
        ...


class Reader(Protocol):
    """Reading what is kept. ``kind`` is one of the domain's kept dataclasses (``adapters/tables`` lists them).

    Conditions are keyword arguments on field names: ``person="a"``; a suffix makes another comparison: ``__in``,
    ``__ne``, ``__lt``, ``__lte``, ``__gt``, ``__gte``, ``__null`` (bool), ``__prefix``.
    Unknown fields raise ``ValueError``.
    """

    def get(self, kind: type[T], *key: object) -> T | None:
        """Return the one with this primary key, or None."""
        ...

    def find(
        self,
        kind: type[T],
        /,
        *,
        order: Sequence[str] = (),
        limit: int | None = None,
        after: Sequence[object] | None = None,
        **where: object,
    ) -> list[T]:
        """Return all that meet the conditions, ordered by fields (``-field`` descending), by primary key else.

        ``after`` holds the order fields' values of the last item of the page before (keyset paging).
        """
        ...

    def count(self, kind: type[Any], /, **where: object) -> int:
        """Return how many meet the conditions."""
        ...


class Tx(Reader, Protocol):
    """One write: what it changes, records and owes is committed together or not at all."""

    def add(self, item: object) -> None:
        """Insert a new one; ``Conflict`` where its key (or a unique field) is taken."""
        ...

    def change(self, kind: type[Any], *key: object, expect: Mapping[str, object], to: Mapping[str, object]) -> bool:
        """Update the one with this key if its fields are as expected; False (and nothing changed) where they are not.

        ``expect`` takes the same suffixes as conditions (``{"reveals_left__gt": 0}``).
        """
        ...

    def remove(self, kind: type[Any], *key: object) -> bool:
        """Delete one; only for what is not part of the record (counters, expired sessions, answers)."""
        ...

    def number(self, series: str) -> int:
        """Return the next number of a series, from 1, without gaps among committed writes."""
        ...

    def record(self, draft: EventDraft) -> str:
        """Put an event on record with this write and return its id (``EV-…``)."""
        ...

    def owe(
        self, topic: str, payload: Mapping[str, Any], *, not_before: datetime | None = None, key: str | None = None
    ) -> str:
        """Owe a message (outbox) with this write and return its id; a ``key`` that was used before owes nothing new."""
        ...


class Store(Protocol):
    """Everything that is kept outside the vault. One writer a process; nothing slow happens inside a write."""

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run one write and return its result once it is on disk.

        Where ``work`` raises, its changes are undone; a ``VaultSvcError``'s own events are still recorded, then it is
        raised here. ``AuditUnavailable`` or ``NoRoom`` where nothing can be written.
        """
        ...

    def read(self, work: Callable[[Reader], T]) -> T:
        """Run one read on a consistent snapshot."""
        ...

    def heads(self) -> list[Head]:
        """Return the newest link of every stream."""
        ...


class Enforcer(Protocol):
    """The first gate: Casbin over ``policies/permissions.csv`` and the chains' askers."""

    def decide(
        self, links: Links, permission: Permission, obj: ObjectRef, *, password: PasswordState | str
    ) -> Decision:
        """Return Allow with the deciding rule, or Deny; unknown words are denied. ``password``: a state or ``expired``.

        ``obj.kind`` is the kind of object (``account``, ``request``, a kind of request for ``request:submit``).
        """
        ...

    def matrix(self) -> dict[str, dict[tuple[str, str], Decision]]:
        """Return role → (kind of object, permission) → decision, for whoever holds just that role."""
        ...


class PasswordHasher(Protocol):
    """argon2id with a bounded number at once."""

    def hash(self, password: Secret) -> str:
        """Return a new hash. ``TooMany`` where all slots stay busy."""
        ...

    def verify(self, password: Secret, hashed: str) -> bool:
        """Whether they belong together."""
        ...

    def verify_nobody(self, password: Secret) -> None:
        """Spend the time of a check for a name that does not exist."""
        ...

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        ...


class PasswordLore(Protocol):
    """What is known about passwords outside the rules."""

    @property
    def common(self) -> Collection[str]:
        """The plain forms of common passwords (``password_folding.common_forms``)."""
        ...

    def score(self, value: str) -> int:
        """Return how hard the value is to guess, 0 (at once) to 4."""
        ...

    def pinyin(self, name: str) -> tuple[str, ...]:
        """Return the ways to spell a Chinese name in Latin letters; none for a name without Chinese."""
        ...


class Mailer(Protocol):
    """Sends one plain message; ``Unavailable`` where no mail is configured or the server refuses."""

    @property
    def configured(self) -> bool:
        """Whether mail can be sent at all."""
        ...

    def send(self, to: str, *, subject: Text, body: Text) -> None:
        """Send it."""
        ...


class CheckpointLog(Protocol):
    """Checkpoints kept apart from the store."""

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep one more, on disk when this returns."""
        ...

    def read(self) -> list[Checkpoint]:
        """Return all of them, oldest first."""
        ...
