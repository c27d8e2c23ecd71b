"""Reads ``model.conf`` as Casbin does and puts an enforcer together; every fault is named with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casbin.constant.constants import ALLOW_AND_DENY_EFFECT
from casbin.model import Model

from vault_svc.adapters.enforcer.enforcer import CasbinEnforcer
from vault_svc.adapters.enforcer.matcher import REQUEST_WORDS, ROW_WORDS, Matcher, MatcherFault, compile_matcher
from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.domain.permission_rows import PERMISSIONS, asker_rows, check_together, read_permissions
from vault_svc.domain.reading import in_order
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.policies import Policies

MODEL = "model.conf"

_DEFINITIONS = {"r": REQUEST_WORDS, "p": ROW_WORDS, "g": ("_", "_", "_")}


def build_enforcer(files: Mapping[str, str], policies: Policies) -> CasbinEnforcer:
    """Return the enforcer of one set of policy files. ``PolicyFileInvalid`` with every fault."""
    faults: list[Fault] = []
    enforcer = check_permissions(files, policies, faults)
    if enforcer is None:
        raise PolicyFileInvalid(in_order(faults))
    return enforcer


def check_permissions(files: Mapping[str, str], policies: Policies, faults: list[Fault]) -> CasbinEnforcer | None:
    """Like ``build_enforcer``, leaving the faults in the list; None where there are any."""
    before = len(faults)
    faults += [
        Fault("missing_file", Text(f"缺少 {name}", f"{name} is missing"), file=name)
        for name in (MODEL, PERMISSIONS)
        if name not in files
    ]
    matcher = read_model(files[MODEL], faults) if MODEL in files else None
    roles = policies.roles.by_id
    table = read_permissions(files.get(PERMISSIONS, ""), faults, roles=roles) if PERMISSIONS in files else None
    if matcher is None or table is None:
        return None
    asked = asker_rows(policies.chains)
    check_together(table.rows, asked, faults)
    if len(faults) > before:
        return None
    names = {role.id: role.names for role in roles.values()}
    return CasbinEnforcer(matcher, table, asked, names=names)


def read_model(text: str, faults: list[Fault]) -> Matcher | None:
    """Return the compiled matcher of a model, None after noting what is wrong with it."""
    model = Model()
    try:
        model.load_model_from_text(text)
    except RuntimeError:
        faults.append(_fault(text, "", "bad_model", "无法读取模型", "the model can't be read"))
        return None
    before = len(faults)
    for section, words in _DEFINITIONS.items():
        found = _only(model, section)
        if found is None or tuple(word.strip() for word in found.tokens) != words:
            wanted = ", ".join(word.removeprefix(f"{section}_") or "_" for word in words)
            zh, en = f"应为 {section} = {wanted}", f"this must be {section} = {wanted}, and nothing beside it"
            faults.append(_fault(text, section, "bad_definition", zh, en))
    effect, matcher = _only(model, "e"), _only(model, "m")
    if effect is None or effect.value != ALLOW_AND_DENY_EFFECT:
        zh, en = "效果应为: 有允许且无拒绝", "the effect must be: some allow and no deny"
        faults.append(_fault(text, "e", "bad_effect", zh, en))
    if matcher is None:
        faults.append(_fault(text, "m", "bad_matcher", "应有且只有一个匹配式", "there must be one matcher"))
        return None
    try:
        compiled = compile_matcher(matcher.value)
    except MatcherFault as fault:
        zh, en = f"匹配式中不能使用: {fault}", f"a matcher can't hold: {fault}"
        faults.append(_fault(text, "m", "bad_matcher", zh, en))
        return None
    return compiled if len(faults) == before else None


def _only(model: Model, section: str) -> Any | None:
    """Return the one definition of a section, None where there is none or another beside it."""
    found = model[section] or {}  # a Model answers None for what it lacks; asking it with ``in`` never ends
    return found.get(section) if len(found) == 1 else None


def _fault(text: str, section: str, code: str, zh: str, en: str) -> Fault:
    """Name the line on which the section's definition stands, 0 where it is missing."""
    lines = enumerate(text.splitlines(), start=1)
    at = next((number for number, line in lines if section and line.partition("=")[0].strip() == section), 0)
    return Fault(code, Text(zh, en), file=MODEL, line=at)
