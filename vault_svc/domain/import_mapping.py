"""The mapping file of an import of accounts: what an export can't say of its entries, and the words it may use.

::

    schema = 1
    [[entry]]
    name = "支付宝 登录"          # which entries: name, url, username, where; all that is written has to fit
    id = "alipay"                 # what becomes of them; or skip = true
    kind = "alipay"
    sensitivity = "payment"
    custodians = ["leader_in_charge", "general_manager"]
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vault_svc.domain import company_fields as fields
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_words import SENSITIVITY
from vault_svc.domain.password_exports import MOST_BYTES
from vault_svc.domain.reading import Node, in_order, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vault_svc.domain.errors import Fault
    from vault_svc.domain.password_exports import ExportedEntry
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.reading import Source

_WHICH: Final = ("name", "url", "username", "where")
_WHAT: Final = ("id", "title", "kind", "sensitivity", "custodians")
_BETWEEN = re.compile("[/\\\\|,;\uff0c\uff1b\u3001\uff0f\\s]+")
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``[[entry]]``: whom it fits (None: not asked), and what it says of them (None: nothing)."""

    line: int
    name: str | None = None
    url: str | None = None
    username: str | None = None
    where: int | None = None
    id: str | None = None
    title: str | None = None
    kind: str | None = None
    sensitivity: Sensitivity | None = None
    custodians: tuple[str, ...] | None = None
    skip: bool = False

    def fits(self, entry: ExportedEntry) -> bool:
        """Whether all that the rule asks for is so."""
        asked = ((getattr(self, key), getattr(entry, key)) for key in _WHICH)
        return all(wanted is None or wanted == there for wanted, there in asked)


class Rules:
    """All rules, found by what they ask for."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._at: dict[int, list[Rule]] = {}
        self._named: dict[str | None, list[Rule]] = {}
        for rule in rules:
            if rule.where is not None:
                self._at.setdefault(rule.where, []).append(rule)
            else:
                self._named.setdefault(rule.name, []).append(rule)
        self._unused = {rule.line: rule for rule in rules}

    def of(self, entry: ExportedEntry) -> list[Rule]:
        """Return the rules for one entry: those for its place if there are any, else all others that fit."""
        exact = [rule for rule in self._at.get(entry.where, ()) if rule.fits(entry)]
        others = [*self._named.get(entry.name, ()), *self._named.get(None, ())]
        fitting = [rule for rule in others if rule.fits(entry)]
        for rule in (*exact, *fitting):
            self._unused.pop(rule.line, None)
        return exact or fitting

    def unused(self) -> list[int]:
        """Return the lines of the rules that fitted no entry so far."""
        return sorted(self._unused)


def read_mapping(source: Source, policies: Policies) -> tuple[Rules, tuple[Fault, ...]]:
    """Return the rules and every fault of a mapping file; with a fault nothing may be used."""
    faults: list[Fault] = []
    root = Node.root(source, faults)
    schema_1(root, "entry")
    rules = tuple(_rule(node, policies) for node in root.items("entry"))
    return Rules(rules), tuple(in_order(faults))


def _rule(node: Node, policies: Policies) -> Rule:
    node.only(*_WHICH, *_WHAT, "skip")
    if not any(node.has(key) for key in _WHICH):
        node.fault("which", Text("须写明是哪一项(name、url 等)", "say which entry: name, url, username or where"))
    skip = node.flag("skip")
    if skip == any(node.has(key) for key in _WHAT):
        node.fault("what", Text("须写明账户信息,或 skip = true", "say what it becomes, or skip = true"))
    kind = node.string("kind") if node.has("kind") else None
    if kind and kind not in policies.account_kinds:
        node.fault("unknown_kind", Text(f"没有「{kind}」这种账户", f"there is no kind of account {kind!r}"), "kind")
    custodians = node.strings("custodians") if node.has("custodians") else None
    for at, role in enumerate(custodians or ()):
        if role not in policies.roles.custodians:
            text = Text(f"「{role}」不能保管账户(ACC-2)", f"{role!r} can't be a custodian (ACC-2)")
            node.fault("bad_custodian", text, "custodians", at)
    return Rule(
        line=node.source.line_of(node.path),
        name=_written(node, "name"),
        url=_written(node, "url"),
        username=_written(node, "username"),
        where=node.number("where", most=MOST_BYTES) if node.has("where") else None,
        id=fields.an_id(node, "id") if node.has("id") else None,
        title=fields.shown(node, "title") if node.has("title") else None,
        kind=kind,
        sensitivity=fields.closed(node, "sensitivity", Sensitivity) if node.has("sensitivity") else None,
        custodians=custodians,
        skip=skip,
    )


def _written(node: Node, key: str) -> str | None:
    """Return a text that may be empty: an entry without user name can be asked for."""
    return "" if node.table.get(key) == "" else node.string(key) if node.has(key) else None


def kind_named(written: str, policies: Policies) -> str | None:
    """Return the kind of account that a column's word means, None where it is not clear."""
    known = {kind.id: (kind.id, kind.names.zh, kind.names.en) for kind in policies.account_kinds.by_id.values()}
    return _meant(written, known)


def kind_in(name: str, policies: Policies) -> str | None:
    """Return the one kind of account whose Chinese words stand in the name of an entry, as a suggestion."""
    found = {
        kind.id
        for kind in policies.account_kinds.by_id.values()
        for word in re.split(r"\W+", kind.names.zh)
        if len(word) >= _SHORTEST and word in name
    }
    return found.pop() if len(found) == 1 else None


def sensitivity_named(written: str) -> Sensitivity | None:
    """Return the sensitivity that a column's word means, None where it is not clear."""
    found = _meant(written, {level.value: (level.value, *SENSITIVITY[level]) for level in Sensitivity})
    return Sensitivity(found) if found else None


def custodians_named(written: str, policies: Policies) -> tuple[str | None, ...]:
    """Return the roles that a column's words mean (``运营负责人/IT部``), None for each word that is not clear."""
    known = {role: (role, *policies.roles.names(role)) for role in sorted(policies.roles.custodians)}
    return tuple(dict.fromkeys(_meant(word, known) for word in _BETWEEN.split(written) if word))


def _meant(written: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """Return the id one of whose names is the word, else the only one of whose names the word is a part."""
    word = _plain(written)
    same = [key for key, names in known.items() if word in map(_plain, names)]
    part = [key for key, names in known.items() if _is_part(word, names)]
    found = same or part
    return found[0] if len(found) == 1 else None


def _is_part(word: str, names: Iterable[str]) -> bool:
    return len(word) >= _SHORTEST and any(word in _plain(name) for name in names)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
