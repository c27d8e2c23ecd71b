"""Proves the vault's policy templates before anything is written: what they may never give is a fault with its line.

The vault holds ACC-3, ACC-4 and "no machine reads a secret" only as long as these texts do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.domain.hcl import PathRule, read_policy
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import (
    ACCOUNT_POLICIES,
    MACHINE_POLICIES,
    PERSON_POLICIES,
    compile_account_policies,
    compile_service_policies,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KNOWN: Final = frozenset({"create", "read", "update", "delete", "list"})
_SETTINGS: Final = frozenset(
    {
        "allowed_parameters",
        "capabilities",
        "denied_parameters",
        "max_wrapping_ttl",
        "min_wrapping_ttl",
        "required_parameters",
    }
)
_WRAPPING: Final = ("10s", "60s")
_TREE: Final = "{{identity.entity.aliases.@{accessor}.metadata.tree}}"
_OWN_KEY: Final = "transit/sign/vote-{{identity.entity.aliases.@{accessor}.metadata.person}}"
_VALUE: Final = f"kv/data/{_TREE}/@{{account}}/value"
_STAGED: Final = f"kv/data/{_TREE}/@{{account}}/staged"

_PEOPLE_MAY: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "custody": {
        _VALUE: frozenset({"create", "read"}),
        _STAGED: frozenset({"read"}),
        f"kv/metadata/{_TREE}/@{{account}}/+": frozenset({"read"}),
    },
    "use": {_VALUE: frozenset({"read"})},
    "change": {_VALUE: frozenset({"update"}), _STAGED: frozenset({"create", "update"})},
    "person": {_OWN_KEY: frozenset({"update"})},
    "intake": {f"kv/data/{_TREE}/+/staged": frozenset({"create"})},
}
"""The most that people's templates may give; a template may give less."""

_MACHINES_MAY_ON_VALUES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("service", "kv/data/canary"): frozenset({"read"}),
    ("steward", "kv/data/acct/+/value"): frozenset({"create"}),
}
_ONLY_MEMBERS: Final = {"member_entity_ids": list[str]()}


def vault_faults(templates: Mapping[str, str]) -> list[Fault]:
    """Return everything that is wrong with ``policies/vault`` (file name → text), in order of file and line."""
    known = {f"{name}.hcl" for name in (*ACCOUNT_POLICIES, *PERSON_POLICIES, *MACHINE_POLICIES)}
    unknown = Text("未知的文件", "nobody uses this file")
    faults = [Fault("unknown_file", unknown, file=file) for file in sorted(set(templates) - known)]
    try:
        accessors = {"jwt": "accessor", "jwt2f": "accessor"}
        compile_account_policies(templates, "account", accessors)
        compile_service_policies(templates, accessors=accessors, totp_method="method")
    except PolicyFileInvalid as invalid:
        faults += invalid.faults
    for file in sorted(known & set(templates)):
        rules, unreadable = read_policy(file, templates[file])
        faults += unreadable
        faults += _rule_faults(file, rules)
    return sorted(faults, key=lambda fault: (fault.file, fault.line))


def _rule_faults(file: str, rules: list[PathRule]) -> Iterator[Fault]:
    name = file.removesuffix(".hcl")
    seen: set[str] = set()
    for rule in rules:
        if rule.path in seen:
            yield _fault("twice", file, rule, Text("同一路径出现两次", "the same path stands twice"))
        seen.add(rule.path)
        if set(rule.settings) - _SETTINGS or not rule.capabilities or rule.capabilities - _KNOWN:
            yield _fault("unknown_word", file, rule, Text("未知的设置或权限", "an unknown setting or capability"))
        yield from _people_faults(file, name, rule) if name in _PEOPLE_MAY else _machine_faults(file, name, rule)


def _people_faults(file: str, name: str, rule: PathRule) -> Iterator[Fault]:
    if rule.capabilities - _PEOPLE_MAY[name].get(rule.path, frozenset()):
        yield _fault("too_much", file, rule, Text("超出该策略允许的范围", "this gives more than the policy may"))
    if rule.path.startswith("kv/data/") and rule.wrapping != _WRAPPING:
        yield _fault("unwrapped", file, rule, Text("必须封装 10s 至 60s", "it has to come wrapped for 10s to 60s"))
    if name == "use" and rule.settings.get("denied_parameters") != {"version": []}:
        yield _fault("history", file, rule, Text("使用人不得读取历史版本", "a user may not ask for history"))


def _machine_faults(file: str, name: str, rule: PathRule) -> Iterator[Fault]:
    root, leaf = (*rule.path.split("/", 2), "")[:2]
    if any(character in root + leaf for character in "*+@{"):
        yield _fault("too_wide", file, rule, Text("路径过宽", "the path is too wide"))
    reach = rule.capabilities - _MACHINES_MAY_ON_VALUES.get((name, rule.path), frozenset())
    if root == "kv" and leaf != "metadata" and reach:
        yield _fault("reads_secrets", file, rule, Text("机器凭据不得接触密码", "no machine reaches a secret"))
    if (root, leaf) == ("transit", "sign") and (name, rule.path) != ("service", "transit/sign/checkpoint"):
        yield _fault("signs_votes", file, rule, Text("机器凭据不得签署意见", "no machine signs a vote"))
    if root == "identity" and leaf.startswith("entity") and not _only_disables(rule):
        yield _fault("makes_people", file, rule, Text("不得创建或改变人员身份", "no machine makes or alters people"))
    if (name, root, leaf) == ("worker", "identity", "group") and rule.settings.get(
        "allowed_parameters"
    ) != _ONLY_MEMBERS:
        yield _fault("more_than_members", file, rule, Text("只能修改组成员", "only members may be set"))
    if name != "steward" and (root, leaf) == ("sys", "policies") and rule.capabilities - {"read", "list"}:
        yield _fault("writes_policies", file, rule, Text("只有管理进程可以写策略", "only the steward writes policies"))


def _only_disables(rule: PathRule) -> bool:
    allowed = rule.settings.get("allowed_parameters")
    return rule.path == "identity/entity/id/+" and allowed == {"disabled": []}


def _fault(code: str, file: str, rule: PathRule, text: Text) -> Fault:
    return Fault(code, text, file=file, line=rule.line)
