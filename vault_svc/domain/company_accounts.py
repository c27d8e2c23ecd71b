"""Official accounts of the company file (ACC-1, ACC-2, ACC-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain import company_fields as fields
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_gaps import KeptAccount
from vault_svc.domain.company_document import AccountEntry, SecretSource
from vault_svc.domain.policies import IT_LEAD, Policies
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.reading import Node

LONGEST_USERNAME = 256

Accounts = list[tuple["Node", AccountEntry]]


def read_accounts(root: Node, policies: Policies) -> Accounts:
    """Read ``[[account]]``; faults are left on the node."""
    return [(node, _account(node, policies)) for node in root.items("account")] if root.has("account") else []


def kept(accounts: Accounts, policies: Policies) -> dict[str, tuple[Node, KeptAccount]]:
    """Return by id what a chain has to know of each account that could be read so far."""
    return {
        entry.id: (node, KeptAccount(entry.id, entry.kind, entry.sensitivity, entry.custodians))
        for node, entry in accounts
        if entry.id and entry.kind in policies.account_kinds and entry.custodians
    }


def _account(node: Node, policies: Policies) -> AccountEntry:
    node.only("id", "name", "kind", "sensitivity", "url", "username", "custodians", "secret")
    kind = node.string("kind")
    if kind and kind not in policies.account_kinds:
        node.fault("unknown_kind", Text(f"没有「{kind}」这种账户", f"there is no kind of account {kind!r}"), "kind")
    return AccountEntry(
        id=fields.an_id(node, "id"),
        name=fields.shown(node, "name"),
        kind=kind,
        sensitivity=fields.closed(node, "sensitivity", Sensitivity) or Sensitivity.ORDINARY,
        custodians=_custodians(node, kind, policies),
        secret=fields.closed(node, "secret", SecretSource) or SecretSource.ASK,
        url=fields.web_address(node, "url"),
        username=_username(node),
    )


def _custodians(node: Node, kind: str, policies: Policies) -> tuple[str, ...]:
    """Return the custodians that may be; none at all, a stranger, and an ACC-4 kind without IT are faults."""
    written = fields.texts(node, "custodians")
    if node.table.get("custodians", []) == []:
        text = Text("账户必须有保管人(ACC-2)", "an account must have custodians (ACC-2)")
        node.fault("no_custodians", text, "custodians")
    allowed = tuple(role for role in written if role in policies.roles.custodians)
    for at, role in enumerate(written):
        if role not in policies.roles:
            text = Text(f"没有「{role}」这个岗位", f"there is no role {role!r}")
            node.fault("unknown_role", text, "custodians", at)
        elif role not in policies.roles.custodians:
            text = Text(f"「{role}」不能保管账户(ACC-2)", f"{role!r} can't be a custodian (ACC-2)")
            node.fault("bad_custodian", text, "custodians", at)
    if kind in policies.account_kinds and policies.account_kinds.inside_only(kind) and IT_LEAD not in written:
        text = Text("此类账户必须由 it_lead 保管(ACC-4)", "it_lead must be a custodian of this kind (ACC-4)")
        node.fault("it_lead_missing", text, "custodians")
    return allowed


def _username(node: Node) -> str | None:
    """Return the user name as the platform knows it; any writing, on one line."""
    if not node.has("username"):
        return None
    written = node.string("username")
    if len(written) > LONGEST_USERNAME or not written.isprintable():
        text = Text("登录名过长或含不可见字符", "the user name is too long or holds hidden characters")
        node.fault("bad_username", text, "username")
        return None
    return written or None
