"""Reads the password rules and the common passwords out of a set of policy files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.tomlfile import parse_toml
from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.domain.password_folding import read_common
from vault_svc.domain.password_policy import PasswordPolicy, read_password_policy
from vault_svc.domain.reading import Node, in_order
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.passwords import PasswordRules

PASSWORDS, COMMON = "passwords.toml", "common-passwords.txt"


def password_policy(files: Mapping[str, str]) -> PasswordRules:
    """Return the profile in force of a set of files (name → text). ``PolicyFileInvalid`` with every fault."""
    faults: list[Fault] = []
    policy = check_password_policy(files, faults)
    _common(files, faults)
    if policy is None or faults:
        raise PolicyFileInvalid(in_order(faults))
    return policy.rules


def common_entries(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the set's own common passwords, folded, the most common first. ``PolicyFileInvalid`` with every fault."""
    faults: list[Fault] = []
    entries = _common(files, faults)
    if faults:
        raise PolicyFileInvalid(in_order(faults))
    return entries


def check_password_policy(files: Mapping[str, str], faults: list[Fault]) -> PasswordPolicy | None:
    """Return all profiles, leaving faults in the list; None where there are any."""
    before = len(faults)
    text = _text(PASSWORDS, files, faults)
    source = parse_toml(PASSWORDS, text, faults) if text is not None else None
    policy = read_password_policy(Node.root(source, faults)) if source is not None else None
    return policy if len(faults) == before else None


def _common(files: Mapping[str, str], faults: list[Fault]) -> tuple[str, ...]:
    text = _text(COMMON, files, faults)
    return read_common(text, file=COMMON, faults=faults) if text is not None else ()


def _text(name: str, files: Mapping[str, str], faults: list[Fault]) -> str | None:
    if name not in files:
        faults.append(Fault("missing_file", Text(f"缺少 {name}", f"{name} is missing"), file=name))
    return files.get(name)
