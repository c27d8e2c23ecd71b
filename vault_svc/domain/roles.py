"""Roles: the posts of the company, the agency and machines, as ``policies/roles.toml`` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.permissions import Allow, Decision, Deny
from vault_svc.domain.reading import Node, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RESERVED = frozenset(
    {
        "anonymous",
        "custodian",
        "custodian_of",
        "employee",
        "grantee",
        "head",
        "head_of",
        "lender",
        "outside",
        "owner",
        "party",
        "person",
        "requester",
        "self",
    }
)
"""Words that mean a relation or a class of people; no role may be called so."""


class Duty(StrEnum):
    """The three separated duties (MLPS): nobody holds two of them."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


class RoleClass(StrEnum):
    """Classes of roles that a chain's condition may name."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    CUSTODIAN = "custodian"


@dataclass(frozen=True, slots=True)
class Role:
    """One role. ``covered_by``: the roles whose holders may act for a vacant post (HR-2)."""

    id: str
    names: Text
    employee: bool = False
    outside: bool = False
    machine: bool = False
    approver: bool = False
    custodian: bool = False
    duty: Duty | None = None
    covered_by: tuple[str, ...] = ()

    @property
    def classes(self) -> frozenset[RoleClass]:
        """The classes that a holder of this role belongs to."""
        found = {RoleClass.APPROVER: self.approver, RoleClass.CUSTODIAN: self.custodian}
        found[RoleClass.ADMINISTRATOR] = self.duty is not None
        return frozenset(name for name, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Roles:
    """All roles by id; a word that is not here is no role."""

    by_id: Mapping[str, Role]

    def __contains__(self, role: object) -> bool:
        return role in self.by_id

    def get(self, role: str) -> Role | None:
        """Return the role, None for an unknown word."""
        return self.by_id.get(role)

    def names(self, role: str) -> Text:
        """Return what people call it; an unknown word stands for itself."""
        found = self.by_id.get(role)
        return found.names if found else Text(role, role)

    def listed(self, roles: Iterable[str], *, zh: str = "或", en: str = "or") -> Text:
        """Return several roles as one phrase."""
        names = [self.names(role) for role in roles]
        return Text(join(tuple(n.zh for n in names), zh, "、"), join(tuple(n.en for n in names), f" {en} ", ", "))

    @property
    def employees(self) -> frozenset[str]:
        """Roles whose holders are staff."""
        return frozenset(role.id for role in self.by_id.values() if role.employee)

    @property
    def custodians(self) -> frozenset[str]:
        """Roles that may have accounts in custody (ACC-2)."""
        return frozenset(role.id for role in self.by_id.values() if role.custodian)

    @property
    def posts(self) -> frozenset[str]:
        """Roles that a person of the company can hold as a post."""
        return frozenset(role.id for role in self.by_id.values() if not role.outside and not role.machine)

    def classes(self, roles: Iterable[str]) -> frozenset[RoleClass]:
        """Return the classes that a holder of these roles belongs to."""
        return frozenset[RoleClass]().union(*(self.by_id[role].classes for role in roles if role in self.by_id))

    def together(self, roles: Iterable[str]) -> Decision:
        """Whether one person may hold these roles: all known, at most one of the three separated duties."""
        held = tuple(roles)
        unknown = [role for role in held if role not in self.by_id]
        if unknown:
            return Deny(Text("没有这个岗位", "there is no such post"), code="unknown_role")
        duties = {self.by_id[role].duty for role in held} - {None}
        if len(duties) > 1:
            named = self.listed([role for role in held if self.by_id[role].duty], zh="和", en="and")
            return Deny(
                Text(f"权限分离: {named.zh}不得由同一人担任", f"separation of duties: one person can't be {named.en}"),
                rule="MLPS",
                next_step=Text("请把这些岗位交给不同的人", "give these posts to different people"),
                code="duties_not_separated",
            )
        return Allow("MLPS")

    def may_cover(self, post: str, *, by: Iterable[str]) -> Decision:
        """Whether a holder of ``by`` may act for the vacant post without more (HR-2)."""
        found = self.by_id.get(post)
        if found and set(found.covered_by) & set(by):
            return Allow("HR-2")
        return Deny(
            Text("按规定不能由此人临时代理该岗位", "the rules do not let this person act for the post"),
            rule="HR-2",
            next_step=Text("其他代理安排需要总经理同意", "any other cover needs the general manager"),
        )


def join(words: tuple[str, ...], last: str, between: str) -> str:
    """Return ``a, b or c``."""
    return words[0] if len(words) == 1 else between.join(words[:-1]) + last + words[-1] if words else ""


def read_roles(root: Node) -> Roles:
    """Read ``roles.toml``; faults are left on the node."""
    schema_1(root, "role")
    nodes = root.named("role")
    roles = {node.word(): _role(node) for node in nodes}
    for node in nodes:
        for other in roles[node.name].covered_by:
            if other not in roles or not roles[other].employee or other == node.name:
                said = Text(f"「{other}」不能代理", f"{other!r} is no role that may cover")
                node.fault("unknown_role", said, "covered_by")
    return Roles(roles)


def _role(node: Node) -> Role:
    node.only("zh", "en", "employee", "outside", "machine", "approver", "custodian", "duty", "covered_by")
    if node.name in RESERVED:
        node.fault("reserved", Text(f"「{node.name}」另有含义", f"{node.name!r} has a meaning of its own"))
    role = Role(
        id=node.name,
        names=node.words(),
        employee=node.flag("employee"),
        outside=node.flag("outside"),
        machine=node.flag("machine"),
        approver=node.flag("approver"),
        custodian=node.flag("custodian"),
        duty=node.choice("duty", Duty) if node.has("duty") else None,
        covered_by=node.strings("covered_by") if node.has("covered_by") else (),
    )
    if role.employee + role.outside + role.machine + (role.duty is Duty.AUDIT) != 1:
        zh, en = "须且只能属于员工、外部、机器、审计之一", "a role is one of: staff, outside, machine, audit"
        node.fault("which", Text(zh, en))
    if (role.approver or role.custodian) and not role.employee:
        node.fault("not_staff", Text("审批人和保管人必须是员工", "who agrees or keeps must be staff"))
    return role
