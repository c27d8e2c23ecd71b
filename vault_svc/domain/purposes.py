"""Purposes: the closed list of what an account may be used for, as ``policies/purposes.toml`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.permissions import Deny
from vault_svc.domain.reading import Node, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from vault_svc.domain.account_kinds import AccountKinds

MOST_REVEALS = 20
"""A grant that may be revealed more often is a copy of the password, not a use of it."""


class Audience(StrEnum):
    """Whom a purpose is for."""

    EMPLOYEES = "employees"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often one grant may be revealed, and how long it may last at most."""

    reveals: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Opening:
    """What a purpose opens to one audience: these kinds (None: every one) at these sensitivities."""

    kinds: frozenset[str] | None
    allowances: Mapping[Sensitivity, Allowance]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose and what it opens to whom."""

    id: str
    names: Text
    openings: Mapping[Audience, Opening]


@dataclass(frozen=True, slots=True)
class Purposes:
    """All purposes by id."""

    by_id: Mapping[str, Purpose]

    def __contains__(self, purpose: object) -> bool:
        return purpose in self.by_id

    def available(self, audience: Audience) -> tuple[Purpose, ...]:
        """Return the purposes that this audience can name, in the order written."""
        return tuple(purpose for purpose in self.by_id.values() if audience in purpose.openings)

    def allowance(self, purpose: str, *, audience: Audience, kind: str, sensitivity: Sensitivity) -> Allowance | Deny:
        """Return what the purpose allows on such an account, or why it opens nothing there."""
        found = self.by_id.get(purpose)
        opening = found.openings.get(audience) if found else None
        if opening is None:
            return self._closed(audience, Text("没有这种用途", "there is no such purpose for you"))
        allowed = opening.allowances.get(sensitivity)
        if allowed is None or (opening.kinds is not None and kind not in opening.kinds):
            return self._closed(audience, Text("该用途不允许使用此账户", "the purpose does not open this account"))
        return allowed

    def _closed(self, audience: Audience, reason: Text) -> Deny:
        known = self.available(audience)
        zh = "、".join(f"{p.names.zh}({p.id})" for p in known) or "无"
        en = ", ".join(p.id for p in known) or "none"
        rule = "AGY-2" if audience is Audience.AGENCY else None
        return Deny(reason, rule, Text(f"可选用途: {zh}", f"purposes to choose from: {en}"), code="outside_purpose")


def read_purposes(root: Node, kinds: AccountKinds) -> Purposes:
    """Read ``purposes.toml``; faults are left on the node."""
    schema_1(root, "purpose")
    return Purposes({node.word(): _purpose(node, kinds) for node in root.named("purpose")})


def _purpose(node: Node, kinds: AccountKinds) -> Purpose:
    node.only("zh", "en", *Audience)
    openings = {who: _opening(node.child(who), kinds) for who in Audience if node.has(who)}
    if not openings:
        node.fault("empty", Text("该用途没有写给谁用", "the purpose is for nobody"))
    return Purpose(id=node.name, names=node.words(), openings=openings)


def _opening(node: Node, kinds: AccountKinds) -> Opening:
    node.only("kinds", *Sensitivity)
    allowances = {level: _allowance(node.child(level)) for level in Sensitivity if node.has(level)}
    if not allowances:
        node.fault("empty", Text("没有写出可用的敏感级别", "no sensitivity is opened"))
    if node.table.get("kinds") == "every":
        return Opening(None, allowances)
    named = node.strings("kinds")
    for kind in named:
        if kind not in kinds:
            node.fault("unknown_kind", Text(f"没有「{kind}」这种账户", f"there is no kind {kind!r}"), "kinds")
    return Opening(frozenset(named), allowances)


def _allowance(node: Node) -> Allowance:
    node.only("reveals", "longest")
    return Allowance(reveals=node.number("reveals", most=MOST_REVEALS), longest=node.span("longest"))
