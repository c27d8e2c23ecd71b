"""Adapters, built from the settings."""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vault_svc.adapters.checkpointfile import CheckpointFile
from vault_svc.adapters.hashing import Argon2Hasher
from vault_svc.adapters.ids import Ids
from vault_svc.adapters.mail import SmtpMailer
from vault_svc.adapters.onetimecodes import one_time_code
from vault_svc.adapters.openbao import setup
from vault_svc.adapters.openbao.approle import VaultAddress
from vault_svc.adapters.openbao.facts import VaultFacts
from vault_svc.adapters.openbao.jwtsigner import JwtSigner, make_key
from vault_svc.adapters.openbao.person import OpenBaoPersonVault
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.adapters.openbao.service import OpenBaoServiceVault
from vault_svc.adapters.openbao.steward import OpenBaoStewardVault
from vault_svc.adapters.openbao.worker import OpenBaoWorkerVault
from vault_svc.adapters.passwordfiles import common_entries
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.adapters.store import SqlStore
from vault_svc.adapters.strength import PasswordLore
from vault_svc.adapters.tabular import FORMATS
from vault_svc.bootstrap.rules import LiveRules
from vault_svc.domain.password_generation import generate
from vault_svc.services.context import Context, StewardContext, WorkerContext
from vault_svc.services.one_time import PasswordDesk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vault_svc.domain.policies import Policies
    from vault_svc.settings import Settings

BEARER_BYTES = 32


def clock() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


def store(settings: Settings, *, stream: str) -> SqlStore:
    """Return the store with this process' stream of events."""
    return SqlStore(settings.store, stream=stream, clock=clock)


def policy_files(settings: Settings) -> dict[str, str]:
    """Return the policies that came with the program, or those of the folder that the settings name."""
    return load_dir(settings.policies or shipped_dir())


def shipped_policies(settings: Settings) -> Policies:
    """Return them read."""
    return read_policies(policy_files(settings))


def signing_key(settings: Settings) -> Path:
    """Where the key is that people are signed in to the vault with; the API's alone."""
    return settings.data.resolve() / "keys" / "signing.pem"


def set_up_vault(settings: Settings, vault: EmbeddedVault) -> VaultFacts:
    """Set up a started embedded vault; done before, it only reads what it made."""
    key = signing_key(settings)
    signer = JwtSigner.read(key) if key.exists() else make_key(key)
    files = policy_files(settings)
    templates = {name.removeprefix("vault/"): text for name, text in files.items() if name.startswith("vault/")}
    return setup.set_up_embedded(
        vault, data_dir=settings.data.resolve(), templates=templates, signing_keys=[signer.public_key()]
    )


def address(settings: Settings) -> VaultAddress:
    """Where the vault is: the one that the settings name, or the embedded one of this data."""
    if settings.vault_address is not None and settings.vault_ca is not None:
        return VaultAddress(settings.vault_address, settings.vault_ca)
    return EmbeddedVault(settings.data.resolve()).address


def context(settings: Settings, *, kept: SqlStore, lore: PasswordLore | None = None) -> Context:
    """Return what the API's use cases may reach."""
    home = settings.data.resolve()
    vault = address(settings)
    return Context(
        store=kept,
        clock=clock,
        rules=LiveRules(),
        hasher=Argon2Hasher(),
        lore=lore or password_lore(settings),
        person_vault=OpenBaoPersonVault(vault, JwtSigner.read(signing_key(settings))),
        service_vault=OpenBaoServiceVault(setup.session(vault, home, "api")),
        mailer=mailer(settings),
        new_id=Ids(clock),
        new_bearer=lambda: secrets.token_urlsafe(BEARER_BYTES),
        generate=generate,
        one_time_code=one_time_code,
        checkpoints=CheckpointFile(home / "checkpoints.jsonl"),
        free_bytes=lambda: shutil.disk_usage(home).free,
        exports=FORMATS,
    )


def worker_context(
    settings: Settings,
    *,
    kept: SqlStore,
    steward: Callable[[str], None],
    issue_password: Callable[[str, str], None],
) -> WorkerContext:
    """Return what the worker's jobs may reach."""
    home, vault = settings.data.resolve(), address(settings)
    facts = VaultFacts.read(home)
    return WorkerContext(
        name=f"worker-{settings.instance}",
        store=kept,
        clock=clock,
        rules=LiveRules(),
        vault=OpenBaoWorkerVault(
            worker=setup.session(vault, home, "worker"),
            registrar=setup.session(vault, home, "registrar"),
            accessors=facts.accessors,
        ),
        accessors=facts.accessors,
        steward=steward,
        issue_password=issue_password,
        new_id=Ids(clock),
    )


def steward_context(settings: Settings, *, kept: SqlStore) -> StewardContext:
    """Return what the steward may reach."""
    home = settings.data.resolve()
    return StewardContext(
        store=kept,
        clock=clock,
        rules=LiveRules(),
        vault=OpenBaoStewardVault(setup.session(address(settings), home, "steward")),
        accessors=VaultFacts.read(home).accessors,
        generate=generate,
    )


def password_lore(settings: Settings) -> PasswordLore:
    """Return what is known about common passwords."""
    return PasswordLore(common_entries(policy_files(settings)))


def password_desk(context: Context) -> PasswordDesk:
    """Return what is needed to issue passwords, out of a whole context."""
    return PasswordDesk(
        store=context.store,
        clock=context.clock,
        rules=context.rules,
        hasher=context.hasher,
        lore=context.lore,
        mailer=context.mailer,
        new_id=context.new_id,
    )


def mailer(settings: Settings) -> SmtpMailer:
    """Return the sender of plain mail; not configured it refuses."""
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=password,
    )
