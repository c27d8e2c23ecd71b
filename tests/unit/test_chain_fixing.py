"""Fixing a chain into a request: stand-ins, vacant posts, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.chain_cases import PAYMENT, PEOPLE, facts, fixed, needs, shipped, without
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_fixing import fix
from vault_svc.domain.chains import Chain, Condition, Expiry, Mode, Need, RequestFacts, Step
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.permissions import Deny

BOTH = Step(Need(Mode.ALL_OF, ("marketing_director", "it_lead"), 2))
TWO_OF = Step(Need(Mode.N_OF, ("marketing_director", "it_lead", "operations_lead"), 2))
SOMETIMES = Step(Need(Mode.ANY_OF, ("it_lead",), 1), when=Condition(posts=True))


def made(*steps: Step, carry_out: tuple[str, ...] = ("service",)) -> Chain:
    """A chain of these steps."""
    expires = shipped().chain("account.use").expires
    return Chain(RequestKind.POLICY_CHANGE, ("it_lead",), steps, carry_out, Expiry(expires.request, expires.approval))


def test_no_step_at_all_is_refused() -> None:
    """An empty chain approves nothing, however it came to be."""
    refused = fix(made(), facts("policy.change", "it"), shipped().roles)

    assert isinstance(refused, Deny)


def test_a_chain_whose_steps_all_fall_away_is_refused() -> None:
    """Conditions can't empty a chain."""
    refused = fix(made(SOMETIMES), facts("policy.change", "it"), shipped().roles)

    assert isinstance(refused, Deny)


@pytest.mark.parametrize(
    ("kind", "asker", "vacant", "more", "word"),
    [
        ("account.change", "ops", "general_manager", {}, "总经理"),
        ("person.join", "people", "it_lead", {"about": "new"}, "IT部负责人"),
        ("person.reset", "sys", "leader_in_charge", {"about": "ops"}, "分管领导"),
        ("post.assign", "head", "system_admin", {"about": "plan"}, "系统管理员"),
    ],
)
def test_a_vacant_post_is_refused_by_name(kind: str, asker: str, vacant: str, more: dict[str, Any], word: str) -> None:
    """Nobody waits for a post that nobody holds: the refusal names it and the acting holder."""
    refused = shipped().fix(facts(kind, asker, without(vacant), **more))

    assert isinstance(refused, Deny)
    assert refused.code == "approval_required"
    assert word in refused.reason.zh
    assert refused.next_step is not None
    assert "临时代理" in refused.next_step.zh


def test_the_vacant_general_manager_is_covered_by_two_others() -> None:
    """Our choice: leader in charge and IT lead appoint an acting holder together."""
    refused = shipped().fix(facts("account.change", "ops", without("general_manager")))

    assert isinstance(refused, Deny)
    assert "分管领导和IT部负责人共同" in str(refused.next_step)


def test_vacant_custodians_are_named() -> None:
    """ACC-2: no custodian in post means nobody can agree to a use."""
    people = without("operations_lead", "it_lead")

    refused = shipped().fix(facts("account.use", "plan", people))

    assert isinstance(refused, Deny)
    assert "网站运营负责人" in refused.reason.zh


def test_a_vacant_stand_in_is_refused_rather_than_skipped() -> None:
    """The leader in charge stands in for a general manager who is a party, not for one who is missing."""
    people = without("general_manager", "operations_lead")

    refused = shipped().fix(facts("account.use", "it", people))

    assert isinstance(refused, Deny)
    assert "总经理" in refused.reason.zh


@pytest.mark.parametrize(
    ("kind", "asker", "more", "steps"),
    [
        ("account.change", "boss", PAYMENT, [["leader_in_charge"]]),
        ("account.open", "boss", {}, [["leader_in_charge"]]),
        ("account.use", "boss", PAYMENT, [["leader_in_charge"]]),
        ("post.assign", "head", {"about": "boss"}, [["leader_in_charge"]]),
        ("post.assign", "boss", {"about": "plan"}, [["leader_in_charge"]]),
        ("person.reset", "sys", {"about": "it"}, [["general_manager"], ["leader_in_charge"]]),
        ("person.reset", "sys", {"about": "leader"}, [["it_lead"], ["general_manager"]]),
        ("person.join", "it", {"about": "new"}, [["general_manager"]]),
        ("person.join", "it", {"about": "new", "posts": ("planner",)}, [["leader_in_charge"], ["general_manager"]]),
        ("person.join", "boss", {"about": "new", "posts": ("planner",)}, [["it_lead"], ["leader_in_charge"]]),
    ],
)
def test_somebody_stands_in_for_a_party(kind: str, asker: str, more: dict[str, Any], steps: list[list[str]]) -> None:
    """The general manager for others, the leader in charge for the general manager; never one person twice."""
    chain = fixed(kind, asker, **more)

    assert needs(chain) == steps


def test_the_sole_custodian_who_asks_is_stood_in_for() -> None:
    """ACC-2: a custodian who is not the asker; where there is none, the general manager."""
    chain = fixed("account.use", "it", sensitivity=Sensitivity.ORDINARY, custodians=("it_lead",))

    assert needs(chain) == [["general_manager"]]
    assert chain.steps[0].seats[0].in_place_of == "custodian_of"
    assert "代替" in chain.steps[0].words.zh
    assert "in place of" in chain.steps[0].words.en


def test_another_holder_of_the_same_post_needs_no_stand_in() -> None:
    """Two people may hold a role; the one who does not ask agrees."""
    people = {**PEOPLE, "acting": frozenset({"general_manager"})}

    chain = fixed("account.change", "boss", people, **PAYMENT)

    assert needs(chain) == [["general_manager"]]
    assert chain.excluded == ("boss",)


def test_no_stand_in_left_is_refused() -> None:
    """Asked by one and about the other: nobody is above both."""
    refused = shipped().fix(facts("post.assign", "boss", about="leader"))

    assert isinstance(refused, Deny)
    assert refused.code == "approval_required"


def test_both_means_two_people() -> None:
    """One person with both posts can't complete a joint approval."""
    people = {**without("it_lead", "marketing_director"), "two": frozenset({"it_lead", "marketing_director"})}

    refused = fix(made(BOTH), facts("policy.change", "plan", people), shipped().roles)

    assert isinstance(refused, Deny)
    assert "不同的人" in refused.reason.zh


def test_in_a_joint_approval_only_the_party_is_replaced() -> None:
    """The other seat stays as it is."""
    chain = fix(made(BOTH), facts("policy.change", "it"), shipped().roles)

    assert isinstance(chain, FixedChain)
    assert [seat.word for seat in chain.steps[0].seats] == ["marketing_director", "general_manager"]
    assert chain.steps[0].quorum == 2


def test_n_of_keeps_the_others_and_adds_a_stand_in_when_short() -> None:
    """Two of three, where one is vacant and one asks: one is left, the general manager joins."""
    people = without("operations_lead")

    chain = fix(made(TWO_OF), facts("policy.change", "it", people), shipped().roles)

    assert isinstance(chain, FixedChain)
    assert chain.steps[0].seats[-1].word == "general_manager"
    assert chain.steps[0].quorum == 2


def test_n_of_with_enough_left_adds_nobody() -> None:
    """Two of three, where one asks: two are left."""
    chain = fix(made(TWO_OF), facts("policy.change", "it"), shipped().roles)

    assert isinstance(chain, FixedChain)
    assert len(chain.steps[0].seats) == 3


def test_one_person_needed_twice_in_a_chain_is_refused() -> None:
    """One vote a person in the whole chain."""
    people = {**without("it_lead", "general_manager"), "both": frozenset({"it_lead", "general_manager"})}

    refused = shipped().fix(facts("person.join", "people", people, about="new", posts=("planner",)))

    assert isinstance(refused, Deny)


@pytest.mark.parametrize("missing", [{"sensitivity": None}, {"kind": "person.reset"}])
def test_a_fact_that_a_condition_asks_for_must_be_given(missing: dict[str, Any]) -> None:
    """An unknown sensitivity or person is no reason to fall back to the weaker step."""
    asked = facts(missing.pop("kind", "account.use"), "plan", **missing)

    with pytest.raises(ValueError, match=r"\w"):
        shipped().fix(asked)


def test_relations_to_people_are_fixed_as_people() -> None:
    """A head agrees as that person, as long as the relation holds."""
    step = Step(Need(Mode.ANY_OF, ("head_of",), 1))
    asked = RequestFacts(
        kind=RequestKind.PERSON_RESET, requester="sys", holders={}, related={"head_of": {"head", "sys"}}
    )

    chain = fix(made(step), asked, shipped().roles)

    assert isinstance(chain, FixedChain)
    seat = chain.steps[0].seats[0]
    assert seat.people == ("head", "sys")
    assert seat.held_by("head", {"head_of"})
    assert not seat.held_by("head", {"department_head"})
    assert not seat.held_by("plan", {"head_of"})
