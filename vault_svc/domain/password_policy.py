"""Reads ``policies/passwords.toml``: three profiles, one in force. A profile that would loosen DB-5 is a fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from vault_svc.domain.passwords import LEAST_EVER, LONGEST_EVER, PasswordRules
from vault_svc.domain.reading import Node, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILES = ("seed_floor", "default", "nist")

_ALL_CLASSES = 5
_TOP_STRENGTH = 4
_STRONG = 3
_LONGEST_HISTORY = 24
_LONGEST_LIFE = timedelta(days=366)
_KEYS = (
    "least_alone",
    "least_with_second_factor",
    "longest",
    "classes",
    "long_from",
    "classes_when_long",
    "different",
    "strength",
    "common",
    "own_words",
    "history",
    "lasts_alone",
    "lasts_with_second_factor",
    "notice",
    "one_time_lasts",
)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """All profiles, and the name of the one in force."""

    in_force: str
    profiles: Mapping[str, PasswordRules]

    @property
    def rules(self) -> PasswordRules:
        """The profile in force."""
        return self.profiles[self.in_force]


def read_password_policy(root: Node) -> PasswordPolicy:
    """Read ``passwords.toml``; faults are left on the node, and nothing may be used where there is one."""
    schema_1(root, "in_force", "platforms", "profile")
    platforms = root.strings("platforms")
    profiles = {node.name: _profile(node, platforms) for node in root.named("profile")}
    for name in PROFILES:
        if name not in profiles:
            root.fault("missing", Text(f"缺少「{name}」这一档", f"the profile {name!r} is missing"), "profile")
    for name in profiles.keys() - set(PROFILES):
        root.fault("unknown_key", Text(f"没有「{name}」这一档", f"there is no profile {name!r}"), "profile", name)
    in_force = root.string("in_force")
    if in_force and in_force not in profiles:
        known = ", ".join(PROFILES)
        root.fault("unknown_word", Text(f"应为 {known} 之一", f"it must be one of {known}"), "in_force")
    return PasswordPolicy(in_force, profiles)


def _profile(node: Node, platforms: tuple[str, ...]) -> PasswordRules:
    node.only(*_KEYS)
    rules = PasswordRules(
        profile=node.name,
        least_alone=_number(node, "least_alone", least=LEAST_EVER, most=LONGEST_EVER),
        least_with_second_factor=_number(node, "least_with_second_factor", least=LEAST_EVER, most=LONGEST_EVER),
        longest=_number(node, "longest", least=LEAST_EVER, most=LONGEST_EVER),
        classes=_number(node, "classes", least=1, most=_ALL_CLASSES),
        long_from=_number(node, "long_from", least=LEAST_EVER, most=LONGEST_EVER),
        classes_when_long=_number(node, "classes_when_long", least=1, most=_ALL_CLASSES),
        different=_number(node, "different", least=1, most=LONGEST_EVER),
        strength=_number(node, "strength", least=0, most=_TOP_STRENGTH),
        common=_flag(node, "common"),
        own_words=_flag(node, "own_words"),
        history=_number(node, "history", least=0, most=_LONGEST_HISTORY),
        lasts_alone=_life(node, "lasts_alone"),
        lasts_with_second_factor=_life(node, "lasts_with_second_factor"),
        notice=node.span("notice"),
        one_time_lasts=_life(node, "one_time_lasts"),
        platforms=platforms,
    )
    _hold_together(node, rules)
    return rules


def _hold_together(node: Node, rules: PasswordRules) -> None:
    """Note numbers that contradict each other, and a profile without the complexity check that DB-5 asks for."""
    shortest = min(rules.least_alone, rules.least_with_second_factor)
    checks = (
        ("least_with_second_factor", rules.least_with_second_factor <= rules.least_alone, "least_alone"),
        ("least_alone", rules.least_alone <= rules.longest, "longest"),
        ("classes_when_long", rules.classes_when_long <= rules.classes, "classes"),
        ("different", rules.different <= shortest, "least_with_second_factor"),
        ("lasts_alone", rules.lasts_alone <= rules.lasts_with_second_factor, "lasts_with_second_factor"),
        ("notice", rules.notice < rules.lasts_alone, "lasts_alone"),
    )
    for key, holds, other in checks:
        if not holds:
            node.fault(
                "contradiction", Text(f"「{key}」不能大于「{other}」", f"{key!r} must not exceed {other!r}"), key
            )
    if rules.classes_when_long == 1 and rules.strength < _STRONG:
        words = Text(
            "复杂性检查不能省略(DB-5):字符类别至少 2 类,或强度至少 3",
            "DB-5 wants a complexity check: at least two classes, or a strength of at least 3",
        )
        node.fault("no_complexity_check", words, "classes_when_long")


def _number(node: Node, key: str, *, least: int, most: int) -> int:
    value = node.table.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    if node.has(key):
        words = Text(
            f"「{key}」应为 {least} 到 {most} 的整数", f"{key!r} must be a whole number from {least} to {most}"
        )
        node.fault("out_of_range", words, key)
    else:
        _missing(node, key)
    return least


def _flag(node: Node, key: str) -> bool:
    """Return a flag that must be written: nothing is switched off by leaving it out."""
    if not node.has(key):
        _missing(node, key)
    return node.flag(key)


def _life(node: Node, key: str) -> timedelta:
    """Return how long a password lasts: DB-5 has it changed at regular times, so a year at most."""
    span = node.span(key)
    if span > _LONGEST_LIFE:
        node.fault("out_of_range", Text(f"「{key}」最多 366 天(DB-5)", f"{key!r} is 366 days at most (DB-5)"), key)
    return span


def _missing(node: Node, key: str) -> None:
    node.fault("missing", Text(f"缺少「{key}」", f"{key!r} is missing"))
