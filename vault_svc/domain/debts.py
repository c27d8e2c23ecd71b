"""Debts: which change of a password is owed after somebody outside custody saw it (``policies/debts.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.purposes import Audience, Purposes
from vault_svc.domain.reading import Node, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vault_svc.domain.roles import Roles

FIRST_FILLED: Final = "first_filled_custodian"
END_OF_TERM: Final = "end_of_term"
MOST_WORKDAYS = 250


@dataclass(frozen=True, slots=True)
class DebtRule:
    """One rule. ``workdays`` after the use ends; None means the end of the engagement's term.

    An empty ``sensitivities``, ``who`` or ``purpose`` fits everything.
    """

    otherwise: str
    workdays: int | None
    sensitivities: frozenset[Sensitivity] = frozenset()
    who: Audience | None = None
    purpose: str | None = None

    def fits(self, *, sensitivity: Sensitivity, who: Audience, purpose: str) -> bool:
        """Whether the rule speaks of such a use."""
        return (
            (not self.sensitivities or sensitivity in self.sensitivities)
            and self.who in {None, who}
            and self.purpose in {None, purpose}
        )

    def owner(self, custodians: Iterable[str], *, filled: Collection[str]) -> str:
        """Return the role that owes the change: the first custodian role that somebody holds."""
        return next((role for role in custodians if role in filled), self.otherwise)


@dataclass(frozen=True, slots=True)
class DebtRules:
    """The rules in order; the last one fits everything."""

    rules: tuple[DebtRule, ...]

    def rule_for(self, *, sensitivity: Sensitivity, who: Audience, purpose: str) -> DebtRule:
        """Return the first rule that fits."""
        return next(r for r in self.rules if r.fits(sensitivity=sensitivity, who=who, purpose=purpose))


def read_debts(root: Node, roles: Roles, purposes: Purposes) -> DebtRules:
    """Read ``debts.toml``; faults are left on the node."""
    schema_1(root, "debt")
    nodes = root.items("debt")
    rules = tuple(_rule(node, roles, purposes) for node in nodes)
    for at, node in enumerate(nodes):
        everything = not any(node.has(key) for key in ("sensitivity", "who", "purpose"))
        if everything != (at == len(nodes) - 1):
            zh, en = "只有最后一条规则不带条件", "the last rule, and no other, fits everything"
            node.fault("order", Text(zh, en))
    return DebtRules(rules)


def _rule(node: Node, roles: Roles, purposes: Purposes) -> DebtRule:
    node.only("sensitivity", "who", "purpose", "owner", "otherwise", "due")
    if node.string("owner") not in {"", FIRST_FILLED}:
        node.fault("unknown_word", Text(f"只能写 {FIRST_FILLED}", f"only {FIRST_FILLED} is known"), "owner")
    otherwise = node.string("otherwise")
    if otherwise and otherwise not in roles.custodians:
        node.fault(
            "unknown_role", Text(f"「{otherwise}」不能保管账户", f"{otherwise!r} can't be a custodian"), "otherwise"
        )
    purpose = node.string("purpose") if node.has("purpose") else None
    if purpose and purpose not in purposes:
        node.fault("unknown_purpose", Text(f"没有「{purpose}」这种用途", f"there is no purpose {purpose!r}"), "purpose")
    who = node.choice("who", Audience) if node.has("who") else None
    workdays = None if node.table.get("due") == END_OF_TERM else node.number("due", most=MOST_WORKDAYS)
    if workdays is None and who is not Audience.AGENCY:
        node.fault("no_term", Text("只有代运营机构才有合同期", "only the agency has a term"), "due")
    return DebtRule(
        otherwise=otherwise,
        workdays=workdays,
        sensitivities=frozenset(node.chosen("sensitivity", Sensitivity)) if node.has("sensitivity") else frozenset(),
        who=who,
        purpose=purpose,
    )
