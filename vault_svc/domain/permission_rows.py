"""The rows of ``policies/permissions.csv``, read strictly: which role may do what to which kind of object.

Rows are per role, never per person. ``p, role, kind, permission, effect, rule`` is one permission;
``g, role, other, *`` makes a role hold all that another one holds. Words are compared exactly; there are no patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.chains import Relation
from vault_svc.domain.errors import Fault
from vault_svc.domain.permission_words import MORE_ROLES
from vault_svc.domain.permissions import EVERYWHERE, Permission
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from vault_svc.domain.chains import Chain

PERMISSIONS, CHAINS = "permissions.csv", "chains.toml"

_RULE = re.compile(r"[A-Z]{2,4}(-[1-9][0-9]?)?", re.ASCII)
_ABOUT_PEOPLE = frozenset(
    {Permission.EXPLAIN_ANYONE, Permission.EXPLAIN_SELF, Permission.ME_READ, Permission.PEOPLE_READ}
)
_PERMISSION_FIELDS, _INHERITANCE_FIELDS = 6, 4


class Effect(StrEnum):
    """What a row says; one deny outweighs every allow."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One row, and where it was written (line 0: it was derived from the whole file)."""

    role: str
    kind: str
    permission: str
    effect: str
    rule: str = ""
    file: str = PERMISSIONS
    line: int = 0

    @property
    def values(self) -> tuple[str, str, str, str, str]:
        """The five words in the order of the model's ``p``."""
        return (self.role, self.kind, self.permission, self.effect, self.rule)

    @property
    def key(self) -> tuple[str, str, str]:
        """What may be said only once."""
        return (self.role, self.kind, self.permission)


@dataclass(frozen=True, slots=True)
class PermissionTable:
    """All rows in the order written, and role → the roles that it holds as well, directly."""

    rows: tuple[PermissionRow, ...]
    inherits: Mapping[str, tuple[str, ...]]


def kinds_of(permission: str) -> frozenset[str]:
    """Return the kinds of object that a permission is about; empty for an unknown permission."""
    if permission not in set(Permission):
        return frozenset()
    if permission == Permission.REQUEST_SUBMIT:
        return frozenset(RequestKind)
    return frozenset({"person" if permission in _ABOUT_PEOPLE else permission.partition(":")[0]})


def asker_rows(chains: Mapping[RequestKind, Chain]) -> tuple[PermissionRow, ...]:
    """Return who may submit which kind of request, as the chains say it."""
    relations = {relation.value: relation.link for relation in Relation}
    return tuple(
        PermissionRow(
            relations.get(word, word), kind, Permission.REQUEST_SUBMIT, Effect.ALLOW, chain.rule or "", file=CHAINS
        )
        for kind, chain in chains.items()
        for word in chain.ask
    )


def read_permissions(text: str, faults: list[Fault], *, roles: Collection[str]) -> PermissionTable:
    """Read the file; faults are added to the list. ``roles`` are those of ``roles.toml``."""
    return _Reading(faults, frozenset(roles)).table(text)


def check_together(rows: Iterable[PermissionRow], extra_rows: Iterable[PermissionRow], faults: list[Fault]) -> None:
    """Note every extra row that says again, or otherwise, what another one says."""
    seen = {row.key: row for row in rows}
    for row in extra_rows:
        first = seen.setdefault(row.key, row)
        if first is not row:
            zh = f"与 {first.file}:{first.line} 重复: {row.role} {row.kind} {row.permission}"
            en = f"{row.role} {row.kind} {row.permission} was said before, at {first.file}:{first.line}"
            faults.append(Fault("duplicate_row", Text(zh, en), file=row.file, line=row.line))


class _Reading:
    def __init__(self, faults: list[Fault], roles: frozenset[str]) -> None:
        self._faults = faults
        self._roles = roles | MORE_ROLES.keys()
        self._line = 0
        for word in sorted(roles & MORE_ROLES.keys()):
            self._fault("reserved_role", f"「{word}」不能作为岗位名称", f"no post may be called {word!r}")

    def table(self, text: str) -> PermissionTable:
        rows: list[PermissionRow] = []
        inherits: dict[str, tuple[str, ...]] = {}
        for self._line, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            fields = [field.strip() for field in line.split(",")]
            if fields[0] == "p" and self._counted(fields, _PERMISSION_FIELDS):
                rows += self._row(*fields[1:])
            elif fields[0] == "g" and self._counted(fields, _INHERITANCE_FIELDS):
                self._inheritance(inherits, *fields[1:])
            elif fields[0] not in {"p", "g"}:
                self._fault("unknown_row", "每行以 p 或 g 开头", "a row begins with p or g")
        if not rows:
            self._line = 0
            self._fault("empty", "没有任何权限", "the file permits nothing")
        check_together((), rows, self._faults)
        return PermissionTable(tuple(rows), inherits)

    def _row(self, role: str, kind: str, permission: str, effect: str, rule: str) -> list[PermissionRow]:
        before = len(self._faults)
        self._known_role(role)
        kinds = kinds_of(permission)
        if not kinds:
            self._fault("unknown_permission", f"没有「{permission}」这项权限", f"there is no permission {permission!r}")
        elif kind not in kinds:
            known = ", ".join(sorted(kinds))
            self._fault("unknown_kind", f"{permission} 的对象是 {known}", f"{permission} is about: {known}")
        if effect not in set(Effect):
            self._fault("unknown_effect", "效果只能是 allow 或 deny", "the effect is allow or deny")
        if rule and not _RULE.fullmatch(rule):
            self._fault("bad_rule", "规则编号应如 ACC-2,或留空", "a rule id is written like ACC-2, or is left empty")
        if len(self._faults) > before:
            return []
        return [PermissionRow(role, kind, permission, effect, rule, line=self._line)]

    def _inheritance(self, inherits: dict[str, tuple[str, ...]], role: str, other: str, domain: str) -> None:
        self._known_role(role)
        self._known_role(other)
        if domain != EVERYWHERE:
            self._fault("bad_domain", f"包含关系只能写 {EVERYWHERE}", f"a role holds another one in {EVERYWHERE} only")
        if other in inherits.get(role, ()):
            self._fault("duplicate_row", f"{role} 已包含 {other}", f"{role} holds {other} already")
        if role == other or role in held_by(other, inherits):
            self._fault("circle", f"{role} 与 {other} 相互包含", f"{role} and {other} would hold each other")
            return
        inherits[role] = (*inherits.get(role, ()), other)

    def _counted(self, fields: list[str], wanted: int) -> bool:
        if len(fields) != wanted:
            zh, en = f"此行应有 {wanted} 项", f"this row must have {wanted} fields"
            self._fault("wrong_arity", f"{zh},现有 {len(fields)} 项", f"{en}, it has {len(fields)}")
        return len(fields) == wanted

    def _known_role(self, role: str) -> None:
        if role not in self._roles:
            self._fault("unknown_role", f"没有「{role}」这个角色", f"there is no role {role!r}")

    def _fault(self, code: str, zh: str, en: str) -> None:
        self._faults.append(Fault(code, Text(zh, en), file=PERMISSIONS, line=self._line))


def held_by(role: str, inherits: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return a role with all that it holds, directly or through others."""
    found, waiting = {role}, [role]
    while waiting:
        more = set(inherits.get(waiting.pop(), ())) - found
        found |= more
        waiting += more
    return frozenset(found)
