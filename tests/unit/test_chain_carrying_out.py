"""What still stands when an approval is carried out, and who may do it."""

from __future__ import annotations

from typing import Any

from tests.unit.chain_cases import ORDINARY, PAYMENT, PEOPLE, fixed, joint, needs, vote
from vault_svc.domain.chain_votes import (
    may_carry_out,
    still_stands,
)
from vault_svc.domain.fixed_chains import Seat
from vault_svc.domain.permissions import Deny

JOIN: dict[str, Any] = {"about": "new", "posts": ("planner",)}


def test_an_approver_who_lost_the_post_makes_it_void() -> None:
    """The right to vote is asked again when it is carried out."""
    chain = fixed("account.change", "ops")
    votes = [vote("boss", "general_manager")]

    assert still_stands(chain, votes, PEOPLE)
    lost = still_stands(chain, votes, {"boss": frozenset({"department_head"})})

    assert isinstance(lost, Deny)
    assert lost.code == "void"


def test_another_post_does_not_save_a_vote() -> None:
    """The vote counts by the post under which it was given."""
    chain = fixed("account.use", "plan", **ORDINARY)
    votes = [vote("it", "it_lead")]

    assert not still_stands(chain, votes, {"it": frozenset({"operations_lead"})})


def test_an_unfinished_approval_does_not_stand() -> None:
    """Not yet is not void."""
    chain = fixed("account.change", "ops")

    missing = still_stands(chain, [], PEOPLE)

    assert isinstance(missing, Deny)
    assert missing.code == "approval_required"


def test_what_the_service_carries_out_nobody_else_does() -> None:
    """Not even the general manager."""
    chain = fixed("account.use", "plan", **ORDINARY)

    assert not may_carry_out(chain, [], "boss", PEOPLE)


def test_only_custodians_carry_out_a_change() -> None:
    """ACC-3: a custodian of the account, the asker too."""
    chain = fixed("account.change", "ops")
    votes = [vote("boss", "general_manager")]

    allowed = [person for person in PEOPLE if may_carry_out(chain, votes, person, PEOPLE)]

    assert sorted(allowed) == ["it", "ops"]


def test_a_lost_post_carries_out_nothing() -> None:
    """Held at the moment of acting."""
    chain = fixed("account.change", "ops")

    assert not may_carry_out(chain, [vote("boss", "general_manager")], "ops", {})


def test_a_joint_approver_does_not_carry_out() -> None:
    """Where the rule wants two people, neither of them does the work."""
    chain = joint(carry_out=(Seat("it_lead", ("it_lead",)),))
    votes = [vote("it", "it_lead"), vote("market", "marketing_director", after=1)]

    refused = may_carry_out(chain, votes, "it", PEOPLE)

    assert isinstance(refused, Deny)
    assert refused.code == "duties_not_separated"
    assert may_carry_out(chain, votes, "it-2", {**PEOPLE, "it-2": frozenset({"it_lead"})})


def test_a_single_approver_may_carry_out() -> None:
    """The general manager may be a custodian of what was agreed: the rule wants two people only for joint approvals."""
    chain = fixed("account.change", "leader", **PAYMENT)
    votes = [vote("boss", "general_manager")]

    assert needs(chain) == [["general_manager"]]
    assert may_carry_out(chain, votes, "boss", PEOPLE)
