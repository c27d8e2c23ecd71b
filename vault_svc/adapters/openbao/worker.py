"""The vault as the worker reaches it: who is in which group, vote keys, disabling. No secret can be read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.openbao.paths import group_path, policy_path, vote_key
from vault_svc.adapters.openbao.votes import verified
from vault_svc.domain.errors import NotFound
from vault_svc.domain.people import subject
from vault_svc.domain.vaultpolicies import person_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vault_svc.adapters.openbao.approle import AppRoleSession


class OpenBaoWorkerVault:
    """Keeps ``services.ports.WorkerVault``. ``accessors``: name of each JWT mount → its accessor."""

    def __init__(self, *, worker: AppRoleSession, registrar: AppRoleSession, accessors: Mapping[str, str]) -> None:
        self._worker, self._registrar, self._accessors = worker, registrar, dict(accessors)

    def entity(self, person: str) -> str | None:
        """Return the id of the person's entity on the first mount, None before the first login."""
        return self._entity(person, mount="jwt")

    def members(self, group: str) -> list[str]:
        """Return the entity ids in a group, sorted. ``NotFound`` where there is no such group."""
        return sorted(self._worker.read(group_path(group)).get("member_entity_ids") or [])

    def set_members(self, group: str, entities: Sequence[str]) -> None:
        """Replace the members of a group that is there (the steward makes it); ``NotFound`` where it is not."""
        self._worker.read(group_path(group))
        self._worker.write(group_path(group), {"member_entity_ids": sorted(set(entities))})

    def add_vote_key(self, person: str) -> None:
        """Make the person's vote key if it is not there; the vault leaves one that is there as it is."""
        self._registrar.write(f"transit/keys/{vote_key(person)}", {"type": "ed25519"})

    def verify_vote(self, person: str, *, body: bytes, signature: str) -> bool:
        """Whether the person's vote key made this signature over these bytes."""
        return verified(self._worker, vote_key(person), body=body, signature=signature)

    def set_disabled(self, person: str, *, disabled: bool) -> None:
        """Disable or enable the person's entities on all mounts; acts at once on live tokens."""
        for mount in self._accessors:
            if (entity := self._entity(person, mount=mount)) is not None:
                self._registrar.write(f"identity/entity/id/{entity}", {"disabled": disabled})

    def policy_texts(self) -> dict[str, str]:
        """Return the texts of all ACL policies of this service; the vault's own two are left out."""
        texts: dict[str, str] = {}
        for name in self._worker.list("sys/policies/acl"):
            if name in {"default", "root"}:
                continue
            try:
                texts[name] = str(self._worker.read(policy_path(name))["policy"])
            except NotFound:  # an expired one stays in the listing until it is touched
                continue
        return texts

    def _entity(self, person: str, *, mount: str) -> str | None:
        alias = {"alias_name": subject(person_word(person)), "alias_mount_accessor": self._accessors[mount]}
        found = self._registrar.write("identity/lookup/entity", alias).get("id")
        return str(found) if found else None
