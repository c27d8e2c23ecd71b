"""The table of the regulations, row by row, against the policies that are shipped."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.chain_cases import ORDINARY, PAYMENT, PEOPLE, fixed, needs, shipped
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.errors import UnknownKind
from vault_svc.domain.permissions import Deny

KEEPERS = {"operations_lead", "it_lead", "leader_in_charge", "general_manager", "system_admin"}
STAFF = {role for held in PEOPLE.values() for role in held} - {"auditor"}
EVERY_ROLE = sorted(STAFF | {"auditor", "agency", "service"})

MAY_ASK = {
    "account.open": KEEPERS,
    "account.close": KEEPERS,
    "account.custody": KEEPERS,
    "account.change": {"it_lead"},
    "account.use": STAFF,
    "policy.change": {"it_lead"},
    "post.assign": {"department_head"},
    "person.join": {"department_head", "hr"},
    "person.reset": {"system_admin"},
}

# kind, asker, further facts → who agrees in order
AGREES = [
    ("account.open", "ops", {}, [["general_manager"]]),
    ("account.close", "ops", {}, [["general_manager"]]),
    ("account.custody", "sys", {}, [["general_manager"]]),
    ("account.change", "ops", {}, [["general_manager"]]),
    ("account.use", "plan", ORDINARY, [["it_lead", "operations_lead"]]),
    ("account.use", "plan", PAYMENT, [["general_manager"]]),
    ("policy.change", "it", {}, [["general_manager"]]),
    ("post.assign", "head", {"about": "plan"}, [["general_manager"]]),
    ("person.join", "people", {"about": "new"}, [["it_lead"]]),
    ("person.join", "people", {"about": "new", "posts": ("planner",)}, [["it_lead"], ["general_manager"]]),
    ("person.reset", "sys", {"about": "plan"}, [["it_lead"]]),
    ("person.reset", "sys", {"about": "ops"}, [["it_lead"], ["leader_in_charge"]]),
    ("person.reset", "sys", {"about": "boss"}, [["it_lead"], ["leader_in_charge"]]),
    ("person.reset", "sys", {"about": "market"}, [["it_lead"], ["leader_in_charge"]]),
    ("person.reset", "sys", {"about": "audit"}, [["it_lead"], ["leader_in_charge"]]),
]

CARRIES_OUT = {
    "account.open": ["service"],
    "account.close": ["service"],
    "account.custody": ["service"],
    "account.change": ["custodian_of"],
    "account.use": ["service"],
    "policy.change": ["service"],
    "post.assign": ["system_admin"],
    "person.join": ["system_admin"],
    "person.reset": ["service"],
}

CITES = {
    "account.open": {"ACC-2", "ACC-3"},
    "account.close": {"ACC-2", "ACC-3"},
    "account.custody": {"ACC-2", "ACC-3"},
    "account.change": {"ACC-3"},
    "account.use": {"ACC-2", "ACC-4"},
    "policy.change": {"DB-2"},
    "post.assign": {"HR-2"},
    "person.join": {"MLPS"},
    "person.reset": set(),
}


def test_the_tables_here_speak_of_every_kind() -> None:
    """No kind of today is left out of these tests."""
    kinds = set(RequestKind)

    assert set(MAY_ASK) == set(CARRIES_OUT) == set(CITES) == {row[0] for row in AGREES} == kinds


@pytest.mark.parametrize("kind", MAY_ASK)
def test_only_the_named_roles_may_ask(kind: str) -> None:
    """Column two of the table, for every role that there is."""
    may = {role for role in EVERY_ROLE if shipped().may_ask(kind, {role})}

    assert may == MAY_ASK[kind]


@pytest.mark.parametrize("relation", ["custodian_of", "custodian"])
def test_a_custodian_of_the_account_may_ask_to_change_it(relation: str) -> None:
    """ACC-3: the relation counts as the chain spells it and as the gate links it."""
    without = shipped().may_ask("account.change", {"operations_lead"})
    with_it = shipped().may_ask("account.change", {"operations_lead", relation})

    assert not without
    assert with_it


def test_a_refusal_names_who_may_ask() -> None:
    """The reader learns the next step, in both languages, and the rule."""
    refused = shipped().may_ask("account.change", {"planner"})

    assert isinstance(refused, Deny)
    assert refused.rule == "ACC-3"
    assert refused.next_step is not None
    assert "IT部负责人" in refused.next_step.zh
    assert "the IT lead" in refused.next_step.en


@pytest.mark.parametrize("kind", ["", "account", "account.use ", "ACCOUNT.USE", "database.level", "emergency.use"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    """Closed by default: a kind without a chain can't be asked."""
    with pytest.raises(UnknownKind) as refused:
        shipped().may_ask(kind, {"general_manager"})

    assert "account.change" in str(refused.value.next_step)


@given(words=st.frozensets(st.text(max_size=20)))
def test_words_that_are_no_roles_may_ask_nothing(words: frozenset[str]) -> None:
    """Nobody gets further by being called something."""
    strange = words - set(EVERY_ROLE) - {"employee", "custodian", "custodian_of", "head", "head_of"}

    assert not any(shipped().may_ask(kind, strange) for kind in RequestKind)


@pytest.mark.parametrize(("kind", "asker", "more", "steps"), AGREES)
def test_the_named_roles_agree_in_order(kind: str, asker: str, more: dict[str, Any], steps: list[list[str]]) -> None:
    """Column three of the table."""
    chain = fixed(kind, asker, **more)

    assert needs(chain) == steps
    assert all(step.quorum == 1 for step in chain.steps)


@pytest.mark.parametrize("kind", CARRIES_OUT)
def test_the_named_ones_carry_out(kind: str) -> None:
    """Column four of the table."""
    asker = {row[0]: row[1] for row in AGREES}[kind]
    more: dict[str, Any] = {"about": "plan"} if kind.startswith(("person", "post")) else {}

    chain = fixed(kind, asker, **more)

    assert [seat.word for seat in chain.carry_out] == CARRIES_OUT[kind]
    assert chain.by_service == (CARRIES_OUT[kind] == ["service"])


@pytest.mark.parametrize("kind", CITES)
def test_the_chain_cites_its_rules(kind: str) -> None:
    """Column five of the table."""
    chain = shipped().chain(kind)

    assert set(chain.rules) == CITES[kind]


@pytest.mark.parametrize("kind", list(RequestKind))
def test_every_chain_is_said_in_both_languages(kind: RequestKind) -> None:
    """Who asks, who agrees and who carries out, without a word of the file format."""
    words = shipped().in_words(kind)

    assert len(words) >= 3
    for said in words:
        assert not any(mark in said.zh + said.en for mark in ("_of", "{", "}", "_lead"))
