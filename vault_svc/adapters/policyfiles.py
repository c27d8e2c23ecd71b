"""Reads ``policies/``: all faults at once, each with file and line; nothing is used unless everything can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import vault_svc
from vault_svc.adapters.tomlfile import parse_toml
from vault_svc.domain.account_kinds import read_account_kinds
from vault_svc.domain.chain_reading import read_chains
from vault_svc.domain.debts import read_debts
from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.domain.policies import Policies
from vault_svc.domain.purposes import read_purposes
from vault_svc.domain.reading import Node, Source, in_order
from vault_svc.domain.roles import read_roles
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ROLES, KINDS, PURPOSES, CHAINS, DEBTS = "roles.toml", "kinds.toml", "purposes.toml", "chains.toml", "debts.toml"

SUFFIXES = frozenset({".conf", ".csv", ".hcl", ".sql", ".toml", ".txt"})
"""What a policy file can be called; anything else in the folder is left alone."""

MOST_BYTES = 512 * 1024


def shipped_dir() -> Path:
    """Return the folder of the policies that came with the program: inside an installed wheel, or of a checkout."""
    package = Path(vault_svc.__file__).resolve().parent
    inside = package / "_policies"
    return inside if inside.is_dir() else package.parent / "policies"


def load_dir(folder: Path) -> dict[str, str]:
    """Return a folder as name → text (``levels/pg.sql``). ``PolicyFileInvalid`` where a file can't be read."""
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix not in SUFFIXES or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            if path.stat().st_size > MOST_BYTES:
                faults.append(Fault("too_big", Text("文件过大", "the file is too big"), file=name))
                continue
            files[name] = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            text = Text("无法读取(须为 UTF-8)", "it can't be read, or is not UTF-8")
            faults.append(Fault("unreadable", text, file=name))
    if faults:
        raise PolicyFileInvalid(faults)
    return files


def read_dir(folder: Path, *, holders: Mapping[str, Collection[str]] | None = None) -> Policies:
    """Read a folder; see ``read_policies``."""
    return read_policies(load_dir(folder), holders=holders)


def read_policies(files: Mapping[str, str], *, holders: Mapping[str, Collection[str]] | None = None) -> Policies:
    """Return the policies of a set of files (name → text). ``PolicyFileInvalid`` with every fault.

    ``holders`` (role → people who hold it now) makes a step that nobody could fill a fault. Files of other parts of
    the program (password rules, permissions, levels) are left to their own readers.
    """
    faults: list[Fault] = []
    policies = check_policies(files, faults, holders=holders)
    if policies is None or faults:
        raise PolicyFileInvalid(in_order(faults))
    return policies


def check_policies(
    files: Mapping[str, str], faults: list[Fault], *, holders: Mapping[str, Collection[str]] | None = None
) -> Policies | None:
    """Like ``read_policies``, leaving the faults in the list; None where a file is missing or is no TOML."""
    sources = {name: _source(name, files, faults) for name in (ROLES, KINDS, PURPOSES, CHAINS, DEBTS)}
    roots = {name: Node.root(source, faults) for name, source in sources.items() if source is not None}
    if len(roots) < len(sources):
        return None
    roles = read_roles(roots[ROLES])
    kinds = read_account_kinds(roots[KINDS])
    purposes = read_purposes(roots[PURPOSES], kinds)
    return Policies(
        roles=roles,
        account_kinds=kinds,
        purposes=purposes,
        chains=read_chains(roots[CHAINS], roles, holders=holders),
        debts=read_debts(roots[DEBTS], roles, purposes),
    )


def _source(name: str, files: Mapping[str, str], faults: list[Fault]) -> Source | None:
    if name not in files:
        faults.append(Fault("missing_file", Text(f"缺少 {name}", f"{name} is missing"), file=name))
        return None
    return parse_toml(name, files[name], faults)
