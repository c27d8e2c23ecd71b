"""How a refusal of the first gate reads: the reason, the rule behind it and what the asker can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.people import PasswordState
from vault_svc.domain.permission_rows import Effect
from vault_svc.domain.permission_words import MORE_ROLES, PERMISSION_NAMES
from vault_svc.domain.permissions import Deny, Permission
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from vault_svc.domain.permission_rows import PermissionRow

EXPIRED = "expired"
PASSWORD_WORDS = frozenset({*PasswordState, EXPIRED})

_ASK_WITH = {
    Permission.ACCOUNT_CHANGE: RequestKind.ACCOUNT_CHANGE,
    Permission.ACCOUNT_CHECK_OUT: RequestKind.ACCOUNT_USE,
    Permission.ACCOUNT_REVEAL: RequestKind.ACCOUNT_USE,
}
_NAMED_AT_MOST = 8
_SEPARATION = "MLPS"
_CHANGE_IT = Text("请先更换密码: vault-svc password", "change your password first: vault-svc password")
_PASSWORD_REASONS = {
    EXPIRED: (Text("密码已过期", "the password has expired"), "DB-5"),
    PasswordState.ONE_TIME: (Text("初始密码尚未更换", "the one-time password has not been changed yet"), "DB-5"),
    PasswordState.OWED: (
        Text("密码被他人借用过,须先更换", "the password was used by somebody else and has to be changed first"),
        "DB-6",
    ),
}

UNKNOWN = Deny(
    Text("没有规则允许这样做", "no rule allows this"),
    next_step=Text("vault-svc explain 可说明谁有此权限", "vault-svc explain says who may"),
)
"""For words that no policy knows."""


def password_due(password: str) -> Deny:
    """Return the refusal of everything but changing the password."""
    reason, rule = _PASSWORD_REASONS[password]
    return Deny(reason, rule, _CHANGE_IT, code="password_change_due")


def forbidden(row: PermissionRow, names: Mapping[str, Text]) -> Deny:
    """Return the refusal by a row that says never."""
    if row.role == "requester" and row.permission == Permission.REQUEST_VOTE:
        reason = Text("不得审批自己的申请", "nobody agrees to a request of their own")
        return Deny(reason, row.rule or None, Text("请等待他人审批", "somebody else has to decide"), code="own_request")
    act, role = act_name(row.permission), role_name(row.role, names)
    reason = Text(f"规定不允许{role.zh}{act.zh}", f"the rules never let {role.en} {act.en}")
    code = "duties_not_separated" if row.rule == _SEPARATION else "not_permitted"
    return Deny(reason, row.rule or None, Text("请交由有权的人办理", "leave it to somebody who may"), code)


def not_open(rows: Sequence[PermissionRow], names: Mapping[str, Text]) -> Deny:
    """Return the refusal to somebody whom none of the rows for one act on one kind of object opens it to."""
    allowing = [row for row in rows if row.effect == Effect.ALLOW]
    if not allowing:
        return UNKNOWN
    act, rule = act_name(allowing[0].permission), allowing[0].rule or None
    only_custody = {row.role for row in allowing} == {"custodian"}
    return Deny(
        Text(f"没有规则允许您{act.zh}", f"no rule lets you {act.en}"),
        rule,
        _who_may([row.role for row in allowing], names, permission=allowing[0].permission),
        code="not_custodian" if only_custody else "not_permitted",
    )


def act_name(permission: str) -> Text:
    """Return what people call a permission; an unknown word stands for itself."""
    return PERMISSION_NAMES[Permission(permission)] if permission in set(Permission) else Text(permission, permission)


def role_name(role: str, names: Mapping[str, Text]) -> Text:
    """Return what people call a role with its article; an unknown word stands for itself."""
    if role in MORE_ROLES:
        return MORE_ROLES[role]
    found = names.get(role, Text(role, role))
    return Text(found.zh, f"the {found.en}")


def _who_may(roles: Collection[str], names: Mapping[str, Text], *, permission: str) -> Text:
    named = [role_name(role, names) for role in list(roles)[:_NAMED_AT_MOST]]
    zh = f"有此权限的有: {'、'.join(name.zh for name in named)}"
    en = f"open to: {', '.join(name.en for name in named)}"
    if len(roles) > _NAMED_AT_MOST:
        zh, en = f"{zh} 等", f"{en}, and more"
    kind = _ASK_WITH.get(Permission(permission)) if permission in set(Permission) else None
    return Text(f"{zh};可用 {kind} 提出申请", f"{en}; ask with {kind}") if kind else Text(zh, en)
