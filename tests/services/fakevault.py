"""The vault's ports in memory, for races and state machines that a real vault would be too slow for.

It keeps groups, versions and vote keys as the policies of ``policies/vault`` do; ``test_fakevault.py`` holds it and a
real vault to the same claims.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotFound, NotPermitted, StaleVersion
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MARK = "vault:v1:"


class Held(NamedTuple):
    """One version as it lies there and as it is read."""

    fields: Mapping[str, Secret]
    version: int
    change: str | None


@dataclass
class FakeVault:
    """What the faces below share: groups of entity ids, versions by slot, a key a person, who came by which serial."""

    groups: dict[str, set[str]] = field(default_factory=dict)
    versions: dict[tuple[str, Slot], list[Held]] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    signed_in: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def person(self) -> FakePersonVault:
        """The vault as people reach it."""
        return FakePersonVault(self)

    @property
    def worker(self) -> FakeWorkerVault:
        """The vault as the worker reaches it."""
        return FakeWorkerVault(self)

    def open_account(self, account: str, *, value: str | None = None) -> None:
        """Make the three empty groups, and version 1 where a value is given, as the steward does."""
        for verb in ("custody", "use", "change"):
            self.groups[f"{verb}:{account}"] = set()
        if value is not None:
            self.put(account, Slot.VALUE, {"password": Secret(value)}, change="first")

    def put(self, account: str, slot: Slot, fields: Mapping[str, Secret], *, change: str) -> int:
        """Add a version, whoever asks."""
        kept = self.versions.setdefault((account, slot), [])
        kept.append(Held(dict(fields), len(kept) + 1, change))
        return len(kept)

    def kept(self, account: str, slot: Slot) -> list[Held]:
        """All versions of a slot."""
        return self.versions.get((account, slot), [])


@dataclass(frozen=True)
class FakePersonVault:
    """Keeps ``services.vault_ports.PersonVault``."""

    vault: FakeVault

    def appear(self, person: str, *, sn: str) -> None:
        with self.vault.lock:
            entity = self.vault.entities.setdefault(person, f"entity-{person}")
            if entity in self.vault.disabled:
                raise NotPermitted
            self.vault.signed_in.append((person, sn))

    def read(self, person: str, *, sn: str, account: str, slot: Slot, version: int = 0) -> Held:
        with self.vault.lock:
            self.appear(person, sn=sn)
            keeper = self._in(person, "custody", account)
            if not keeper and not (slot is Slot.VALUE and self._in(person, "use", account)):
                raise NotPermitted
            kept = self.vault.kept(account, slot)
            if not 0 <= version <= len(kept) or not kept:
                raise NotFound
            if not keeper and version not in {0, len(kept)}:
                raise StaleVersion
            return kept[(version or len(kept)) - 1]

    def write_first(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        with self.vault.lock:
            self.appear(person, sn=sn)
            if not self._in(person, "custody", account):
                raise NotPermitted
            return self._put(account, fields, base=0, change=change)

    def stage(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        with self.vault.lock:
            self.appear(person, sn=sn)
            if not self._in(person, "change", account):
                raise NotPermitted
            return self.vault.put(account, Slot.STAGED, fields, change=change)

    def promote(self, person: str, *, sn: str, account: str, staged: int, base: int, change: str) -> int:
        with self.vault.lock:
            candidate = self.read(person, sn=sn, account=account, slot=Slot.STAGED, version=staged)
            if candidate.change != change:
                raise StaleVersion
            if base and not self._in(person, "change", account):
                raise NotPermitted
            return self._put(account, candidate.fields, base=base, change=change)

    def sign_vote(self, person: str, *, sn: str, body: bytes) -> str:
        with self.vault.lock:
            self.appear(person, sn=sn)
            key = self.vault.keys[person]
        return _MARK + base64.b64encode(key.sign(body)).decode()

    def _in(self, person: str, verb: str, account: str) -> bool:
        return self.vault.entities.get(person) in self.vault.groups.get(f"{verb}:{account}", set())

    def _put(self, account: str, fields: Mapping[str, Secret], *, base: int, change: str) -> int:
        kept = self.vault.kept(account, Slot.VALUE)
        if len(kept) == base:
            return self.vault.put(account, Slot.VALUE, fields, change=change)
        if len(kept) > base and kept[base].change == change:
            return base + 1
        raise StaleVersion


@dataclass(frozen=True)
class FakeWorkerVault:
    """Keeps ``services.vault_ports.WorkerVault``."""

    vault: FakeVault

    def entity(self, person: str) -> str | None:
        return self.vault.entities.get(person)

    def members(self, group: str) -> list[str]:
        if group not in self.vault.groups:
            raise NotFound
        return sorted(self.vault.groups[group])

    def set_members(self, group: str, entities: Sequence[str]) -> None:
        with self.vault.lock:
            self.members(group)
            self.vault.groups[group] = set(entities)

    def add_vote_key(self, person: str) -> None:
        with self.vault.lock:
            self.vault.keys.setdefault(person, Ed25519PrivateKey.generate())

    def verify_vote(self, person: str, *, body: bytes, signature: str) -> bool:
        key = self.vault.keys.get(person)
        if key is None or not signature.startswith(_MARK):
            return False
        try:
            key.public_key().verify(base64.b64decode(signature.removeprefix(_MARK), validate=True), body)
        except (InvalidSignature, ValueError):
            return False
        return True

    def set_disabled(self, person: str, *, disabled: bool) -> None:
        with self.vault.lock:
            entity = self.vault.entities.get(person)
            if entity is not None:
                self.vault.disabled = self.vault.disabled - {entity} | ({entity} if disabled else set())

    def policy_texts(self) -> dict[str, str]:
        return {}
