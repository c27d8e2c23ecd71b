"""A fixed chain in the store: it comes back as it was, and a forged one is found."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.chain_cases import ORDINARY, facts, fixed, shipped, without
from vault_svc.domain.chain_fixing import fix, matches
from vault_svc.domain.chains import Mode, Need, Step
from vault_svc.domain.errors import Broken
from vault_svc.domain.fixed_chains import FixedChain, Seat


def test_a_fixed_chain_comes_back_from_json_as_it_was() -> None:
    """What is stored is what was decided."""
    chain = fixed("person.join", "it", about="new", posts=("planner",))

    again = FixedChain.from_json(json.loads(json.dumps(chain.to_json())))

    assert again == chain


def test_json_lists_roles_for_readers() -> None:
    """The gate finds the parties of a request without counting votes."""
    body = fixed("account.change", "ops").to_json()

    assert body["steps"][0]["roles"] == ["general_manager"]
    assert body["carried_out_by"]["roles"] == ["it_lead", "operations_lead"]
    assert body["carried_out_by"]["service"] is False


@pytest.mark.parametrize(
    "damage",
    [
        {"steps": []},
        {"steps": [{}]},
        {"excluded": []},
        {"carried_out_by": {}},
        {"v": 2},
        {"steps": None},
    ],
)
def test_a_damaged_chain_is_broken(damage: dict[str, Any]) -> None:
    """A row that lost its steps approves nothing."""
    body = {**fixed("account.change", "ops").to_json(), **damage}

    with pytest.raises(Broken):
        FixedChain.from_json(body)


@pytest.mark.parametrize("quorum", [0, -1, True, "1", None])
def test_a_damaged_quorum_is_broken(quorum: object) -> None:
    """Nobody needed is nobody asked."""
    body = fixed("account.change", "ops").to_json()
    body["steps"][0]["quorum"] = quorum

    with pytest.raises(Broken):
        FixedChain.from_json(body)


def test_a_changed_account_is_seen() -> None:
    """Other custodians or another sensitivity make the request void."""
    chain = fixed("account.use", "plan", **ORDINARY)

    assert chain.same_object(custodians=["it_lead", "operations_lead"], sensitivity="ordinary")
    assert not chain.same_object(custodians=["it_lead"], sensitivity="ordinary")
    assert not chain.same_object(custodians=["it_lead", "operations_lead"], sensitivity="payment")


@pytest.mark.parametrize(
    "forge",
    [
        {"seats": (Seat("designer", ("designer",)),)},
        {"seats": (Seat("general_manager", ("general_manager", "designer")),)},
        {"seats": (Seat("general_manager", ("general_manager",)), Seat("designer", ("designer",)))},
        {"seats": (Seat("leader_in_charge", ("leader_in_charge",), in_place_of="general_manager"),)},
        {"seats": (Seat("general_manager", ("general_manager",), people=("art",)),)},
        {"mode": Mode.N_OF},
        {"quorum": 2},
        {"rules": ()},
    ],
)
def test_a_forged_step_is_not_justified(forge: dict[str, Any]) -> None:
    """A row in the store can't name other approvers than the rules do."""
    chain = fixed("account.change", "ops")
    forged = replace(chain, steps=(replace(chain.steps[0], **forge),))

    assert not shipped().justifies(forged, facts("account.change", "ops"))


@pytest.mark.parametrize(
    "forge",
    [
        {"excluded": ("somebody",)},
        {"excluded": ("ops", "somebody")},
        {"carry_out": (Seat("planner", ("planner",)),)},
        {"revision": 2},
        {"kind": "account.use"},
        {"rules": ()},
        {"steps": ()},
        {"custodians": ("general_manager",)},
        {"sensitivity": "payment"},
    ],
)
def test_a_forged_chain_is_not_justified(forge: dict[str, Any]) -> None:
    """Nor let the asker vote, nor somebody else carry it out, nor lose its steps."""
    forged = replace(fixed("account.change", "ops"), **forge)

    assert not shipped().justifies(forged, facts("account.change", "ops"))


@pytest.mark.parametrize("word", ["general_manager", "leader_in_charge", "designer"])
def test_a_stand_in_is_justified_by_a_party_only(word: str) -> None:
    """The general manager in place of a custodian who asks; nobody in place of one who does not."""
    seat = Seat(word, (word,), in_place_of="custodian_of")
    chain = fixed("account.use", "plan", **ORDINARY)
    stood_in = replace(chain, steps=(replace(chain.steps[0], seats=(seat,)),))
    by_custodian = replace(stood_in, excluded=("it",))

    assert not shipped().justifies(stood_in, facts("account.use", "plan"))
    assert shipped().justifies(by_custodian, facts("account.use", "it")) == (word == "general_manager")


@pytest.mark.parametrize("seats", [(), (Seat("general_manager", ("general_manager",)),) * 2])
def test_no_seat_and_a_doubled_seat_are_not_justified(seats: tuple[Seat, ...]) -> None:
    """Neither an empty step nor one that one person fills twice."""
    chain = fixed("account.change", "ops")
    forged = replace(chain, steps=(replace(chain.steps[0], seats=seats),))

    assert not shipped().justifies(forged, facts("account.change", "ops"))


def test_a_joint_step_keeps_its_number_of_seats() -> None:
    """One of two seats left out is a weaker rule."""
    both = Step(Need(Mode.ALL_OF, ("marketing_director", "it_lead"), 2))
    rules = replace(shipped().chain("policy.change"), steps=(both,))
    asked = facts("policy.change", "plan")
    chain = fix(rules, asked, shipped().roles)
    assert isinstance(chain, FixedChain)
    weaker = replace(chain, steps=(replace(chain.steps[0], seats=chain.steps[0].seats[:1]),))

    assert matches(chain, rules, asked, shipped().roles)
    assert not matches(weaker, rules, asked, shipped().roles)


def test_a_step_less_is_not_justified() -> None:
    """Both steps of a joining with posts are needed."""
    asked = facts("person.join", "people", about="new", posts=("planner",))
    chain = fixed("person.join", "people", about="new", posts=("planner",))

    assert shipped().justifies(chain, asked)
    assert not shipped().justifies(replace(chain, steps=chain.steps[:1]), asked)
    assert not shipped().justifies(replace(chain, steps=chain.steps[::-1]), asked)


def test_a_chain_stays_justified_when_posts_change_hands() -> None:
    """A successor in the post changes nothing about the rules."""
    chain = fixed("account.change", "ops")
    people = {**without("general_manager"), "next": frozenset({"general_manager"})}

    assert shipped().justifies(chain, facts("account.change", "ops", people))
