"""The vault as each of its callers reaches it, as protocols: a person, the API itself, the worker, the steward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vault_svc.domain.accounts import Slot
    from vault_svc.domain.secrets import Secret


class SecretValue(Protocol):
    """One version of a secret as read from the vault."""

    @property
    def fields(self) -> Mapping[str, Secret]:
        """The values by name."""
        ...

    @property
    def version(self) -> int:
        """Which version this is."""
        ...

    @property
    def change(self) -> str | None:
        """The mark of whoever wrote it."""
        ...


class PersonVault(Protocol):
    """The vault as one person reaches it: each call signs in as that person with ``sn`` (a serial or event id).

    The vault decides by that person's own groups and names person and ``sn`` in its audit. All calls may raise
    ``VaultUnreachable``, ``VaultSealed``, ``NotPermitted`` (the vault said no) and ``Unavailable``.
    """

    def appear(self, person: str, *, sn: str) -> None:
        """Sign in once so that the vault knows the person (the entity is made by the first login)."""
        ...

    def read(self, person: str, *, sn: str, account: str, slot: Slot, version: int = 0) -> SecretValue:
        """Read a version (0: the current one) wrapped and unwrap it in this call. ``NotFound`` where there is none.

        ``StaleVersion`` where it is no longer current and the person may see no history (who only holds a grant).
        """
        ...

    def write_first(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        """Write version 1 if there is none (check-and-set 0); ``StaleVersion`` where there is one."""
        ...

    def stage(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        """Stage a candidate marked with the change's id and return its version in the ``staged`` slot."""
        ...

    def promote(self, person: str, *, sn: str, account: str, staged: int, base: int, change: str) -> int:
        """Make the staged version current by check-and-set on ``base`` and return the new version.

        Called again after a lost answer it finds its own mark and returns the same version. ``StaleVersion`` where
        another value came in between.
        """
        ...

    def sign_vote(self, person: str, *, sn: str, body: bytes) -> str:
        """Sign with the person's own vote key and return the signature as text."""
        ...


class ServiceVault(Protocol):
    """The vault as the API process itself reaches it: a canary and checkpoints, nothing else."""

    def canary(self) -> None:
        """Do an audited read; raises where the vault can't serve (sealed, full audit disk, no leader)."""
        ...

    def sign_checkpoint(self, body: bytes) -> str:
        """Sign with the checkpoint key."""
        ...

    def verify_checkpoint(self, body: bytes, signature: str) -> bool:
        """Whether the checkpoint key made this signature over these bytes."""
        ...


class WorkerVault(Protocol):
    """The vault as the worker reaches it (two AppRoles: worker and registrar): no secret can be read here."""

    def entity(self, person: str) -> str | None:
        """Return the id of the person's entity on the first mount, None before the first login."""
        ...

    def members(self, group: str) -> list[str]:
        """Return the entity ids in ``custody:…``, ``use:…`` or ``change:…``, sorted. ``NotFound`` for no such group."""
        ...

    def set_members(self, group: str, entities: Sequence[str]) -> None:
        """Replace the members. Say again after a lost answer."""
        ...

    def add_vote_key(self, person: str) -> None:
        """Make the person's vote key if it is not there."""
        ...

    def verify_vote(self, person: str, *, body: bytes, signature: str) -> bool:
        """Whether the person's vote key made this signature over these bytes."""
        ...

    def set_disabled(self, person: str, *, disabled: bool) -> None:
        """Disable or enable all entities of a person; acts at once on live tokens."""
        ...

    def policy_texts(self) -> dict[str, str]:
        """Return the texts of all ACL policies of this service (drift)."""
        ...


class StewardVault(Protocol):
    """The vault as the short-lived steward reaches it: writes policies and groups, creates first values, reads none."""

    def write_policy(self, name: str, text: str) -> None:
        """Write an ACL policy by compare-and-set on what is there; nothing is written where it is the same."""
        ...

    def delete_policy(self, name: str) -> None:
        """Delete an ACL policy; done before is fine."""
        ...

    def open_group(self, name: str, *, policies: Sequence[str]) -> None:
        """Make an empty group with its policies if it is not there."""
        ...

    def close_group(self, name: str) -> None:
        """Delete a group; done before is fine."""
        ...

    def create_first_value(self, account: str, fields: Mapping[str, Secret], *, change: str) -> int:
        """Create version 1; ``StaleVersion`` where a value exists."""
        ...

    def verify_vote(self, person: str, *, body: bytes, signature: str) -> bool:
        """Whether the person's vote key made this signature over these bytes."""
        ...
