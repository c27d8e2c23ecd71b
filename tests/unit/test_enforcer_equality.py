"""Ours answers as the stock Casbin enforcer does, over the same model, rows and links."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.unit.gate_cases import (
    ALL,
    ask,
    enforcer,
    model_text,
    shipped_enforcer,
    shipped_files,
    shipped_table,
    stock,
    table,
)
from vault_svc.adapters.enforcer import MODEL
from vault_svc.domain.permission_rows import kinds_of
from vault_svc.domain.permissions import EVERYWHERE, Links, Permission

STATES = ("in_order", "in_order", "in_order", "one_time", "owed", "expired")
ROLES = ("planner", "hr", "custodian", "grantee", "normal", "backend", "dba")
KINDS = ("account", "request", "database")
ACTS = ("account:list", "account:read", "me:read", "me:password")
OBJECTS = ("account", "account:a", "account:b", "request:a", "database:a", "person:a")
INHERITS = {"backend": ("normal",), "dba": ("backend",), "hr": ("planner", "custodian")}
MATCHERS = (
    f'{ALL} && (r.pw == "in_order" || r.act in ("me:read", "me:password"))',
    ALL,
    "r.obj == p.obj && g(r.sub, p.role, r.dom)",
    "r.act == p.act && (g(r.sub, p.role, r.dom) || r.obj == p.obj)",
    'r.obj == p.obj && r.act == p.act && g(r.sub, p.role, "account:a") && !(r.pw in ("owed", "expired"))',
    'r.act == p.act && g(r.sub, p.role, r.dom) && (p.rule != "DB-1" || r.obj == p.obj)',
    'g(r.sub, p.role, "*") || (r.obj == p.obj && r.act == p.act && r.sub == "person:1")',
)
"""The shipped shape, and others that pin less."""


def people(dice: random.Random, *, count: int, roles: tuple[str, ...], domains: tuple[str, ...]) -> list[Links]:
    """A company of people with links of all sorts."""
    return [
        Links(
            f"person:{number}",
            {
                domain: frozenset(dice.sample(roles, dice.randint(0, 3)))
                for domain in (EVERYWHERE, *dice.sample(domains, 2))
            },
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(35))
def test_on_random_policies_ours_is_the_stock_enforcer(seed: int) -> None:
    """35 policies with 250 requests each: 8,750 of the 10,000; a refusal by a row names the row that Casbin names."""
    dice = random.Random(seed)  # noqa: S311  # repeatable cases, not secrets
    matcher = MATCHERS[seed % len(MATCHERS)]
    keys = dice.sample(list(product(ROLES, KINDS, ACTS)), 30)
    rows = [
        (*key, dice.choice(("allow", "allow", "deny")), dice.choice(("", "DB-1", f"ACC-{n}")))
        for n, key in enumerate(keys, 1)
    ]
    everybody = people(dice, count=25, roles=ROLES, domains=OBJECTS)
    theirs = stock(model_text(matcher), table(rows, inherits=INHERITS), everybody)
    ours = enforcer(rows, matcher=matcher, inherits=INHERITS)

    for _ in range(250):
        who, act, what, state = dice.choice(everybody), dice.choice(ACTS), dice.choice(OBJECTS), dice.choice(STATES)
        allowed, explained = theirs.enforce_ex(who.subject, what, what.partition(":")[0], act, state)
        decision = ask(ours, who, act, what, password=state)
        assert bool(decision) is allowed, (matcher, who, act, what, state, explained)
        if explained and not allowed:
            assert decision.rule == (explained[4] or None)


@pytest.mark.parametrize("seed", range(5))
def test_on_the_shipped_policy_ours_is_the_stock_enforcer(seed: int) -> None:
    """Five companies with 250 requests each: the other 1,250."""
    dice = random.Random(1000 + seed)  # noqa: S311  # repeatable cases, not secrets
    roles = tuple(sorted({row.role for row in shipped_table().rows}))
    pairs = sorted((kind, permission.value) for permission in Permission for kind in kinds_of(permission))
    domains = tuple(f"{kind}:a" for kind, _ in pairs)
    everybody = people(dice, count=60, roles=roles, domains=domains)
    theirs = stock(shipped_files()[MODEL], shipped_table(), everybody)
    ours = shipped_enforcer()
    answers = set()

    for _ in range(250):
        who, (kind, act), state = dice.choice(everybody), dice.choice(pairs), dice.choice(STATES)
        allowed = theirs.enforce(who.subject, f"{kind}:a", kind, act, state)
        assert bool(ask(ours, who, act, f"{kind}:a", password=state)) is allowed, (who, act, kind, state)
        answers.add(allowed)

    assert answers == {True, False}
