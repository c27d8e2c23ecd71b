"""The shipped password rules and what is known about passwords, read once, with short ways to ask them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vault_svc.adapters.passwordfiles import COMMON, PASSWORDS, check_password_policy, common_entries
from vault_svc.adapters.policyfiles import shipped_dir
from vault_svc.adapters.strength import PasswordLore
from vault_svc.domain.passwords import PasswordContext, check
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.password_policy import PasswordPolicy
    from vault_svc.domain.passwords import PasswordRules

GOOD = "Kranich-Teller-Nord"
"""Keeps every rule of every profile without a second factor."""

GOOD_SHORT = "Hq7!vTz2k"
"""Keeps every rule of every profile with a second factor."""


@cache
def shipped() -> dict[str, str]:
    """The two files as they are shipped."""
    return {name: (shipped_dir() / name).read_text(encoding="utf-8") for name in (PASSWORDS, COMMON)}


@cache
def policy() -> PasswordPolicy:
    """All shipped profiles."""
    faults: list[Fault] = []
    found = check_password_policy(shipped(), faults)
    assert found is not None, faults
    return found


@cache
def lore() -> PasswordLore:
    """What is known about passwords."""
    return PasswordLore(common_entries(shipped()))


def rules(profile: str = "default") -> PasswordRules:
    """One shipped profile."""
    return policy().profiles[profile]


def somebody(
    *,
    login: str = "linxiao",
    display: str = "林晓",
    company: tuple[str, ...] = ("示范商城",),
    second_factor: bool = False,
) -> PasswordContext:
    """The context of a made-up person."""
    known = lore()
    return PasswordContext(
        common=known.common,
        strength=known.score,
        login=login,
        display=display,
        company=company,
        pinyin=tuple(form for name in (display, *company) for form in known.pinyin(name)),
        second_factor=second_factor,
    )


def broken(value: str, *, profile: str = "default", context: PasswordContext | None = None) -> list[str]:
    """The codes of the rules that a value breaks."""
    found = check(Secret(value), rules=rules(profile), context=context or somebody())
    return [violation.code for violation in found]
