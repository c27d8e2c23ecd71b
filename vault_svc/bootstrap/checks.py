"""Proving files that people write, without a running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.companyfile import parse, read_bytes
from vault_svc.adapters.policyfiles import load_dir
from vault_svc.bootstrap import build
from vault_svc.bootstrap.rules import prove
from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.services.company import check_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vault_svc.settings import Settings


def company_faults(file: Path, settings: Settings) -> Sequence[Fault]:
    """Return every fault of a company file, each with its line."""
    faults: list[Fault] = []
    source = parse(read_bytes(file), file=file.name, faults=faults)
    return check_file(source, faults, build.shipped_policies(settings))


def policy_faults(folder: Path) -> Sequence[Fault]:
    """Return the faults of a folder of policies."""
    try:
        prove(load_dir(folder))
    except PolicyFileInvalid as invalid:
        return invalid.faults
    return ()
