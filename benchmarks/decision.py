"""Decisions of the first gate: 1,000 or 100,000 rules or links; against the stock Enforcer, Cedar and plain dicts.

Nothing is cached between decisions: each walks from the caller's links to the answer. What is compared agrees first,
on the same requests. Rounds are interleaved, times are the thread's own, a ratio is the median of the rounds' ratios.
*The product's shape* is the shipped policy, and people with a few posts and relations that come anew with each request.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import casbin
import cedarpy
from casbin.model import Model
from casbin.persist import Adapter

from vault_svc.adapters.enforcer import MODEL, CasbinEnforcer, build_enforcer
from vault_svc.adapters.enforcer.load import read_model
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.domain.permission_rows import (
    PERMISSIONS,
    PermissionRow,
    PermissionTable,
    asker_rows,
    kinds_of,
    read_permissions,
)
from vault_svc.domain.permissions import EVERYWHERE, Allow, Decision, Deny, Links, ObjectRef, Permission
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 8
FEW, MANY = 1_000, 100_000
ASKED = 2_000
NONE: frozenset[str] = frozenset()
ALWAYS_OPEN = frozenset({"me:password", "me:read", "session:end"})
STATES = ("in_order",) * 9 + ("expired",)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the gate."""

    links: Links
    permission: Permission
    obj: ObjectRef
    password: str


class RowsAdapter(Adapter):  # type: ignore[misc]  # casbin publishes no types
    """Loads rows and links into a stock enforcer."""

    def __init__(self, table: PermissionTable, everybody: Sequence[Links]) -> None:
        self._table, self._everybody = table, everybody

    def load_policy(self, model: Model) -> None:
        """Put everything into the model."""
        model["p"]["p"].policy = [list(row.values) for row in self._table.rows]
        held = [
            (w.subject, role, domain) for w in self._everybody for domain, all_of in w.roles.items() for role in all_of
        ]
        inherited = [(role, other, EVERYWHERE) for role, others in self._table.inherits.items() for other in others]
        model["g"]["g"].policy = [list(link) for link in dict.fromkeys([*inherited, *held])]


class PlainDicts:
    """The same decision by hand, for this one policy: look-ups in dicts and sets, and the answer with its reason."""

    def __init__(self, table: PermissionTable) -> None:
        self._rules = {row.key: (row.effect == "allow", row.rule or None) for row in table.rows}
        self._more = {role: frozenset(others) for role, others in table.inherits.items()}

    def decide(self, links: Links, permission: Permission, obj: ObjectRef, *, password: str) -> Decision:
        """Decide as the gate does."""
        held = links.roles.get(EVERYWHERE, NONE) | links.roles.get(obj.domain, NONE)
        for role in self._more.keys() & held:
            held |= self._more[role]
        found = None
        for role in held:
            rule = self._rules.get((role, obj.kind, permission))
            if rule is not None:
                if not rule[0]:
                    return Deny(Text("规定不允许", "the rules say never"), rule[1])
                found = rule
        if found is None:
            return Deny(Text("没有规则允许", "no rule lets you"))
        if password != "in_order" and permission not in ALWAYS_OPEN:
            return Deny(Text("密码已过期", "the password has expired"), "DB-5", code="password_change_due")
        return Allow(found[1])


class Cedar:
    """The same policy in Cedar, parsed once; the caller's roles are the parents of the principal."""

    def __init__(self, table: PermissionTable) -> None:
        self._rules = [row.rule or None for row in table.rows]
        self._policies = cedarpy.PolicySet.from_str("\n".join(_in_cedar(row) for row in table.rows))
        self._roles = [
            {"uid": _uid("Role", role), "attrs": {}, "parents": [_uid("Role", other) for other in others]}
            for role, others in table.inherits.items()
        ]

    def decide(self, links: Links, permission: Permission, obj: ObjectRef, *, password: str) -> Decision:
        """Decide as the gate does."""
        held = links.roles.get(EVERYWHERE, NONE) | links.roles.get(obj.domain, NONE)
        principal = _uid("Person", links.subject)
        request = {
            "principal": principal,
            "action": _uid("Action", permission),
            "resource": _uid("Object", obj.domain),
            "context": {"kind": obj.kind, "pw": password},
        }
        parents = [_uid("Role", role) for role in held]
        entities = [{"uid": principal, "attrs": {}, "parents": parents}, *self._roles]
        result = cedarpy.is_authorized(request, self._policies, entities)
        rules = [self._rules[int(reason.removeprefix("policy"))] for reason in result.diagnostics.reasons]
        rule = rules[0] if rules else None
        return Allow(rule) if result.allowed else Deny(Text("不允许", "not allowed"), rule)


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": str(name)}


def _in_cedar(row: PermissionRow) -> str:
    effect = "permit" if row.effect == "allow" else "forbid"
    due = "" if row.permission in ALWAYS_OPEN else ' && context.pw == "in_order"'
    scope = f'principal in Role::"{row.role}", action == Action::"{row.permission}", resource'
    return f'{effect} ({scope}) when {{ context.kind == "{row.kind}"{due} }};'


def shipped() -> tuple[CasbinEnforcer, PermissionTable, str]:
    """The gate as shipped, its rows and its model."""
    files = load_dir(shipped_dir())
    policies = read_policies(files)
    table = read_permissions(files[PERMISSIONS], [], roles=policies.roles.by_id)
    rows = (*table.rows, *asker_rows(policies.chains))
    return build_enforcer(files, policies), PermissionTable(rows, table.inherits), files[MODEL]


def product_requests(table: PermissionTable, dice: random.Random) -> list[Request]:
    """Requests as the product has them: some posts, at most two relations to the object, one password in ten due."""
    roles = sorted({row.role for row in table.rows})
    pairs = sorted((kind, permission) for permission in Permission for kind in kinds_of(permission))
    made = []
    for number in range(ASKED):
        kind, permission = dice.choice(pairs)
        obj = ObjectRef(kind, f"id-{dice.randrange(50)}")
        posts = frozenset({"person", "employee", *dice.sample(roles, 2)})
        here = frozenset(dice.sample(roles, dice.randint(0, 2)))
        links = Links(f"person:p-{number}", {EVERYWHERE: posts, obj.domain: here})
        made.append(Request(links, permission, obj, dice.choice(STATES)))
    return made


def rules_of_one_act(size: int) -> tuple[PermissionTable, list[ObjectRef]]:
    """So many rules for one act on one kind of object, each for a role of its own."""
    rows = (PermissionRow(f"role-{n}", "account", "account:list", "allow", f"R-{n % 40}") for n in range(size))
    return PermissionTable(tuple(rows), {}), [ObjectRef("account")]


def rules_of_many_kinds(size: int) -> tuple[PermissionTable, list[ObjectRef]]:
    """So many rules for a hundred roles, each for kinds of their own: the easier case for a stock enforcer."""
    kinds = [f"kind-{n}" for n in range(size // 100)]
    rows = (
        PermissionRow(f"role-{n}", kind, "account:list", "allow", f"R-{n % 40}") for kind in kinds for n in range(100)
    )
    return PermissionTable(tuple(rows), {}), [ObjectRef(kind) for kind in kinds]


def rule_requests(table: PermissionTable, objects: list[ObjectRef], dice: random.Random) -> list[Request]:
    """Callers with four roles; every second one holds a role that a rule names, as one row decides in the product."""
    roles = sorted({row.role for row in table.rows})
    made = []
    for number in range(ASKED):
        named = [] if number % 2 else [dice.choice(roles)]
        held = frozenset([*named, "person", "employee", f"post-{number}", f"other-{number}"][:4])
        links = Links(f"person:{number}", {EVERYWHERE: held})
        made.append(Request(links, Permission.ACCOUNT_LIST, dice.choice(objects), "in_order"))
    return made


def linked_requests(size: int, dice: random.Random) -> list[Request]:
    """One caller with a relation to so many accounts, asked about one of them or about one of somebody else's."""
    accounts = {f"account:{n}": frozenset({"custodian"}) for n in range(size)}
    links = Links("person:a", {EVERYWHERE: frozenset({"person", "employee"}), **accounts})
    asked = [dice.randrange(size) + (size if n % 2 else 0) for n in range(ASKED)]
    return [Request(links, Permission.ACCOUNT_CHANGE, ObjectRef("account", str(n)), "in_order") for n in asked]


def decisions(side: Any, requests: Sequence[Request]) -> list[bool]:
    """What one side says to all requests."""
    return [bool(side.decide(r.links, r.permission, r.obj, password=r.password)) for r in requests]


def microseconds(side: Any, requests: Sequence[Request]) -> float:
    """How much of the processor one decision takes; waiting for a busy machine is not counted."""
    decide = side.decide
    started = time.thread_time()
    for request in requests:
        decide(request.links, request.permission, request.obj, password=request.password)
    return (time.thread_time() - started) / len(requests) * 1e6


def compare(
    what: str, one: Callable[[], float], other: Callable[[], float], *, names: tuple[str, str], **goal: float
) -> dict[str, Any]:
    """Measure both sides in interleaved rounds; the ratio is one to the other."""
    ones: list[float] = []
    others: list[float] = []
    gc.collect()
    gc.freeze()
    one(), other()  # the first round warms up and is not counted
    for round_ in range(ROUNDS):
        pair = [(one, ones), (other, others)]
        for measured, times in pair if round_ % 2 else reversed(pair):
            times.append(measured())
    gc.unfreeze()
    medians = (statistics.median(ones), statistics.median(others))
    return {
        "what": what,
        "ratio": round(statistics.median(a / b for a, b in zip(ones, others, strict=True)), 3),
        **goal,
        "us_a_decision": {name: round(value, 2) for name, value in zip(names, medians, strict=True)},
    }


def growth(dice: random.Random) -> list[dict[str, Any]]:
    """A hundred times as many rules or links."""
    gate, _, text = shipped()
    linked = {size: (gate, linked_requests(size, dice)) for size in (FEW, MANY)}
    cases = {"links of the caller": linked}
    for what, make in (("rules of one act", rules_of_one_act), ("rules of many kinds", rules_of_many_kinds)):
        made = {size: make(size) for size in (FEW, MANY)}
        cases[what] = {
            size: (CasbinEnforcer(_matcher(text), table, names={}), rule_requests(table, objects, dice))
            for size, (table, objects) in made.items()
        }
    return [_grown(what, sides) for what, sides in cases.items()]


def _grown(what: str, sides: dict[int, tuple[CasbinEnforcer, list[Request]]]) -> dict[str, Any]:
    many, few = sides[MANY], sides[FEW]
    assert sum(decisions(*many)) == sum(decisions(*few)) == ASKED // 2
    return compare(
        f"{MANY:,} {what} to {FEW:,}",
        lambda: microseconds(*many),
        lambda: microseconds(*few),
        names=(f"{MANY:,}", f"{FEW:,}"),
        at_most=2,
    )


def against_stock(dice: random.Random) -> list[dict[str, Any]]:
    """The stock Enforcer over 100,000 rules: few calls, since each takes long."""
    text = shipped()[2]
    table, objects = rules_of_many_kinds(MANY)
    requests = rule_requests(table, objects, dice)
    asked = requests[:2]
    stock = Stock(text, table, [request.links for request in asked])
    ours = CasbinEnforcer(_matcher(text), table, names={})
    assert decisions(stock, asked) == decisions(ours, asked) == [True, False]
    return [
        compare(
            f"the stock Enforcer over {MANY:,} rules to ours",
            lambda: microseconds(stock, asked),
            lambda: microseconds(ours, requests),
            names=("stock", "ours"),
            at_least=1000,
        )
    ]


class Stock:
    """A stock enforcer, asked like ours; its answer is a bare yes or no."""

    def __init__(self, text: str, table: PermissionTable, everybody: Sequence[Links]) -> None:
        model = Model()
        model.load_model_from_text(text)
        self._enforcer = casbin.Enforcer(model, RowsAdapter(table, everybody))
        self._enforcer.add_named_domain_matching_func("g", lambda _, domain: domain == EVERYWHERE)

    def decide(self, links: Links, permission: Permission, obj: ObjectRef, *, password: str) -> bool:
        """Decide as the gate does."""
        return bool(self._enforcer.enforce(links.subject, obj.domain, obj.kind, str(permission), password))


def in_the_product(dice: random.Random) -> list[dict[str, Any]]:
    """The shipped policy against the same in Cedar, in plain dicts and in the stock Enforcer."""
    gate, table, text = shipped()
    requests = product_requests(table, dice)
    few = requests[:200]
    sides = {
        "cedarpy": Cedar(table),
        "plain dicts": PlainDicts(table),
        "stock": Stock(text, table, [r.links for r in few]),
    }
    expected = decisions(gate, requests)
    assert expected == decisions(sides["cedarpy"], requests) == decisions(sides["plain dicts"], requests)
    assert expected[: len(few)] == decisions(sides["stock"], few)
    assert 0 < sum(expected) < len(expected)

    def ours() -> float:
        return microseconds(gate, requests)

    def theirs(name: str) -> Callable[[], float]:
        return lambda: microseconds(sides[name], few if name == "stock" else requests)

    shape = "in the product's shape"
    return [
        compare(f"cedarpy to ours {shape}", theirs("cedarpy"), ours, names=("cedarpy", "ours"), at_least=5),
        compare(f"ours to plain dicts {shape}", ours, theirs("plain dicts"), names=("ours", "plain dicts"), at_most=15),
        compare(f"the stock Enforcer to ours {shape}", theirs("stock"), ours, names=("stock", "ours")),
    ]


def _matcher(text: str) -> Any:
    matcher = read_model(text, [])
    assert matcher is not None
    return matcher


def run() -> dict[str, Any]:
    """Measure everything."""
    dice = random.Random(20261125)
    return {
        "title": "Decisions of the first gate",
        "rounds": ROUNDS,
        "cached": "nothing: every decision walks from the caller's links to the answer",
        "ratios": [*growth(dice), *in_the_product(dice), *against_stock(dice)],
    }


if __name__ == "__main__":
    for line in run()["ratios"]:
        print(line)
