"""Reading ``policies/chains.toml`` strictly: what could make a chain weaker than it looks is a fault with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chains import (
    EMPLOYEE,
    GENERAL_MANAGER,
    LEADER_IN_CHARGE,
    SERVICE,
    Chain,
    Condition,
    Content,
    Expiry,
    Mode,
    Need,
    Relation,
    Step,
)
from vault_svc.domain.reading import Node, schema_1
from vault_svc.domain.roles import RoleClass, Roles
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_RULE = re.compile(r"(ACC|SEC|DB|MOD|BAK|HR|AGY)-[1-9]|MLPS", re.ASCII)
_OF_ACCOUNT = frozenset({Relation.CUSTODIAN_OF})
_OF_PERSON = frozenset({Relation.HEAD_OF})

RELATIONS: Mapping[RequestKind, frozenset[Relation]] = {
    RequestKind.ACCOUNT_CHANGE: _OF_ACCOUNT,
    RequestKind.ACCOUNT_CLOSE: _OF_ACCOUNT,
    RequestKind.ACCOUNT_CUSTODY: _OF_ACCOUNT,
    RequestKind.ACCOUNT_USE: _OF_ACCOUNT,
    RequestKind.PERSON_JOIN: _OF_PERSON,
    RequestKind.PERSON_RESET: _OF_PERSON,
    RequestKind.POST_ASSIGN: _OF_PERSON,
}
"""The relations that mean something for a kind; in any other kind nobody could ever have them."""

_FACTS: Mapping[str, frozenset[RequestKind]] = {
    "sensitivity": frozenset(
        {
            RequestKind.ACCOUNT_CHANGE,
            RequestKind.ACCOUNT_CLOSE,
            RequestKind.ACCOUNT_CUSTODY,
            RequestKind.ACCOUNT_OPEN,
            RequestKind.ACCOUNT_USE,
        }
    ),
    "about": frozenset({RequestKind.PERSON_JOIN, RequestKind.PERSON_RESET, RequestKind.POST_ASSIGN}),
    "posts": frozenset({RequestKind.PERSON_JOIN}),
    "asker": frozenset(RequestKind),
    "content": frozenset(),
}
"""The conditions of ``when`` and the kinds whose requests have such a fact."""


def read_chains(
    root: Node, roles: Roles, *, holders: Mapping[str, Collection[str]] | None = None
) -> Mapping[RequestKind, Chain]:
    """Read all chains; every kind has to have one. Faults are left on the node.

    With ``holders`` (role → people who hold it) a step that nobody could fill is a fault as well.
    """
    schema_1(root, "defaults", "chain")
    root.child("defaults").only("expires")
    defaults = _expiry(root.child("defaults").child("expires"), None)
    for role in (GENERAL_MANAGER, LEADER_IN_CHARGE):
        if role not in roles or not roles.by_id[role].approver:
            root.fault("no_stand_in", Text(f"缺少可代为同意的「{role}」", f"there is no {role!r} to stand in"))
    chains: dict[RequestKind, Chain] = {}
    for node in root.named("chain"):
        if node.name not in set(RequestKind):
            node.fault("unknown_kind", Text(f"没有「{node.name}」这种申请", f"there is no kind {node.name!r}"))
            continue
        kind = RequestKind(node.name)
        chains[kind] = _Reader(kind, roles, holders).chain(node, defaults)
    for kind in RequestKind:
        if kind not in chains:
            root.fault("missing_chain", Text(f"「{kind}」没有审批流程", f"{kind} has no chain"), "chain")
    return chains


class _Reader:
    """Reads the chain of one kind."""

    def __init__(self, kind: RequestKind, roles: Roles, holders: Mapping[str, Collection[str]] | None) -> None:
        self._kind, self._roles, self._holders = kind, roles, holders

    def chain(self, node: Node, defaults: Expiry) -> Chain:
        node.only("ask", "step", "carry_out", "rules", "expires")
        steps = node.items("step")
        if steps and all(step.has("when") for step in steps):
            zh, en = "每一步都带条件,流程可能为空", "every step has a condition, so the chain could be empty"
            node.fault("could_be_empty", Text(zh, en))
        carry_out = self._words(node, "carry_out", extra={SERVICE}, approvers=False)
        if SERVICE in carry_out and len(carry_out) > 1:
            zh, en = "由系统执行时不能再写其他人", "where the service carries out, nobody else does"
            node.fault("mixed", Text(zh, en), "carry_out")
        return Chain(
            kind=self._kind,
            ask=self._words(node, "ask", extra={EMPLOYEE}, approvers=False),
            steps=tuple(self._step(step) for step in steps),
            carry_out=carry_out,
            expires=_expiry(node.child("expires"), defaults) if node.has("expires") else defaults,
            rules=_rules(node),
        )

    def _step(self, node: Node) -> Step:
        node.only("any_of", "all_of", "n_of", "n", "when", "instead", "rules")
        return Step(
            need=self._need(node),
            when=self._condition(node.child("when")) if node.has("when") else None,
            instead=tuple(self._instead(item) for item in node.items("instead")) if node.has("instead") else (),
            rules=_rules(node),
        )

    def _instead(self, node: Node) -> tuple[Condition, Need]:
        node.only("any_of", "all_of", "n_of", "n", "when")
        return self._condition(node.child("when")), self._need(node)

    def _need(self, node: Node) -> Need:
        modes = [mode for mode in Mode if node.has(mode)]
        if len(modes) != 1:
            node.fault("which", Text("须写 any_of、all_of、n_of 之一", "write one of any_of, all_of, n_of"))
            return Need(Mode.ALL_OF, (), 1)
        mode = modes[0]
        words = self._words(node, mode, extra=set(), approvers=True)
        quorum = len(words) if mode is Mode.ALL_OF else 1
        if mode is Mode.N_OF:
            quorum = node.number("n", most=max(len(words), 1))
        elif node.has("n"):
            node.fault("unknown_key", Text("n 只与 n_of 同用", "n belongs to n_of only"), "n")
        self._fillable(node, mode, words, quorum)
        return Need(mode, words, quorum)

    def _fillable(self, node: Node, mode: Mode, words: tuple[str, ...], quorum: int) -> None:
        if self._holders is None or not words:
            return
        people = {word: self._people(word) for word in words}
        empty = [word for word in words if not people[word]]
        everybody = set[str]().union(*people.values())
        if (mode is Mode.ALL_OF and empty) or len(everybody) < quorum:
            named = "、".join(empty or words)
            node.fault("nobody", Text(f"没有人能完成这一步({named})", f"nobody could fill this step ({named})"), mode)

    def _people(self, word: str) -> set[str]:
        holders = self._holders or {}
        if word == Relation.CUSTODIAN_OF:
            return set[str]().union(*(holders.get(role, ()) for role in self._roles.custodians))
        if word in set(Relation):
            return set(holders.get("department_head", ()))
        return set(holders.get(word, ()))

    def _words(self, node: Node, key: str, *, extra: set[str], approvers: bool) -> tuple[str, ...]:
        words = node.strings(key)
        for word in words:
            reason = self._refuse(word, extra, approvers=approvers)
            if reason:
                node.fault("unknown_role", reason, key)
        return words

    def _refuse(self, word: str, extra: set[str], *, approvers: bool) -> Text | None:
        if word in extra:
            return None
        if word in set(Relation):
            known = word in RELATIONS.get(self._kind, frozenset())
            zh, en = f"「{word}」对 {self._kind} 没有意义", f"{word!r} means nothing for {self._kind}"
            return None if known else Text(zh, en)
        role = self._roles.get(word)
        if role is None:
            return Text(f"没有「{word}」这个岗位或关系", f"there is no role or relation {word!r}")
        if approvers and not role.approver:
            return Text(f"「{word}」不是审批岗位", f"{word!r} is no role that agrees (approver in roles.toml)")
        if not role.employee:
            return Text(f"「{word}」不是员工岗位", f"{word!r} is no staff role")
        return None

    def _condition(self, node: Node) -> Condition:
        node.only(*_FACTS)
        if not node.table:
            node.fault("empty", Text("条件不能为空", "a condition must not be empty"))
        for key in node.table.keys() & _FACTS.keys():
            if self._kind not in _FACTS[key]:
                zh, en = f"{self._kind} 没有「{key}」可比较", f"a request of {self._kind} has no {key!r} to compare"
                node.fault("no_such_fact", Text(zh, en), key)
        posts = node.flag("posts")
        if node.has("posts") and not posts:
            node.fault("wrong_type", Text("posts 只能写 true", "posts can only be true"), "posts")
        return Condition(
            sensitivity=frozenset(node.chosen("sensitivity", Sensitivity) if node.has("sensitivity") else ()),
            content=frozenset(node.chosen("content", Content) if node.has("content") else ()),
            about=frozenset(node.chosen("about", RoleClass) if node.has("about") else ()),
            asker=frozenset(node.chosen("asker", RoleClass) if node.has("asker") else ()),
            posts=posts,
        )


def _rules(node: Node) -> tuple[str, ...]:
    rules = node.strings("rules") if node.has("rules") else ()
    for rule in rules:
        if not _RULE.fullmatch(rule):
            node.fault("unknown_rule", Text(f"没有「{rule}」这条规定", f"there is no rule {rule!r}"), "rules")
    return rules


def _expiry(node: Node, defaults: Expiry | None) -> Expiry:
    node.only("request", "approval")
    return Expiry(
        request=node.span("request") if defaults is None or node.has("request") else defaults.request,
        approval=node.span("approval") if defaults is None or node.has("approval") else defaults.approval,
    )
