"""The rules in force: the newest policy set of the store, compiled once a version."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.adapters.calendar import workdays_of
from vault_svc.adapters.enforcer import build_enforcer
from vault_svc.adapters.passwordfiles import password_policy
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.domain.audit import EventDraft, digest
from vault_svc.domain.errors import Broken, Fault, PolicyFileInvalid
from vault_svc.domain.events import EventTag
from vault_svc.domain.operations import PolicySet
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultproof import vault_faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.workdays import Workdays
    from vault_svc.services.ports import Enforcer, Reader, Store, Tx


VAULT = "vault/"
"""The part of a set that holds the vault's templates."""


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """One version, ready to decide by."""

    version: int
    files: Mapping[str, str]
    policies: Policies
    enforcer: Enforcer
    passwords: PasswordRules
    workdays: Workdays


class LiveRules:
    """Finds the newest version at each call; the ones compiled before are kept."""

    def __init__(self) -> None:
        self._compiled: dict[int, CompiledRules] = {}
        self._lock = threading.Lock()

    def __call__(self, reader: Reader) -> CompiledRules:
        """Return the newest set. ``Broken`` where the store has none: nothing is decided without rules."""
        version = reader.count(PolicySet)  # versions count from 1 without gaps
        found = self._compiled.get(version)
        if found is not None:
            return found
        kept = reader.get(PolicySet, version)
        if kept is None:
            raise Broken(Text("没有可用的策略", "there is no policy set in force"))
        with self._lock:
            compiled = compile_rules(kept.files, version=version)
            self._compiled = {**self._compiled, version: compiled}
        return compiled

    def check(self, reader: Reader, files: Mapping[str, str]) -> None:
        """Prove that the set in force with these files in it could be used. ``PolicyFileInvalid`` with the faults."""
        prove({**self(reader).files, **files})


def prove(files: Mapping[str, str]) -> None:
    """Prove that a set could be put in force, the vault's templates too. ``PolicyFileInvalid`` with the faults."""
    compile_rules(files, version=0)
    templates = {name.removeprefix(VAULT): text for name, text in files.items() if name.startswith(VAULT)}
    faults = [Fault(one.code, one.text, file=VAULT + one.file, line=one.line) for one in vault_faults(templates)]
    if faults:
        raise PolicyFileInvalid(faults)


def compile_rules(files: Mapping[str, str], *, version: int) -> CompiledRules:
    """Return a set of files as rules. ``PolicyFileInvalid`` with every fault of the first part that has any."""
    policies = read_policies(files)
    return CompiledRules(
        version=version,
        files=files,
        policies=policies,
        enforcer=build_enforcer(files, policies),
        passwords=password_policy(files),
        workdays=workdays_of(files),
    )


def seed(store: Store, folder: Path | None, *, at: datetime) -> None:
    """Put the shipped policies in force where none are; later ones come by ``policy.change``."""
    if store.read(lambda reader: reader.count(PolicySet)):
        return
    files = load_dir(folder or shipped_dir())
    prove(files)

    def work(tx: Tx) -> None:
        if tx.count(PolicySet):
            return
        made = PolicySet(version=1, files=files, digest=digest(files), since=at)
        tx.add(made)
        tx.record(
            EventDraft(
                action=EventTag.POLICY_SEEDED,
                actor="machine:setup",
                obj="policy:set",
                rule="DB-2",
                details={"version": 1, "digest": made.digest},
            )
        )

    store.write(work)
