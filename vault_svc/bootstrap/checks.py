"""Proving what people write before anything is built on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.companyfile import parse, read_bytes
from vault_svc.adapters.policyfiles import load_dir, read_dir, shipped_dir
from vault_svc.bootstrap.rules import compile_rules
from vault_svc.domain.errors import PolicyFileInvalid
from vault_svc.services.company import check_file

if TYPE_CHECKING:
    from pathlib import Path

    from vault_svc.domain.errors import Fault
    from vault_svc.settings import Settings


def company_faults(file: Path, settings: Settings) -> tuple[Fault, ...]:
    """Return every fault of a company file against the policies that it would be opened with."""
    faults: list[Fault] = []
    source = parse(read_bytes(file), file=file.name, faults=faults)
    return check_file(source, faults, read_dir(settings.policies or shipped_dir()))


def policy_faults(folder: Path) -> tuple[Fault, ...]:
    """Return the faults of a folder of policies: whether the service could decide by it."""
    try:
        compile_rules(load_dir(folder), version=0)
    except PolicyFileInvalid as invalid:
        return invalid.faults
    return ()
