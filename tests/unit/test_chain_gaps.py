"""Companies in which something could never be agreed to are found before they open."""

from __future__ import annotations

import pytest

from tests.unit.chain_cases import PEOPLE, holders, shipped, without
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_gaps import KeptAccount, gaps

ACCOUNTS = (
    KeptAccount("tmall", "shop_platform", Sensitivity.ORDINARY, ("operations_lead", "it_lead")),
    KeptAccount("alipay", "alipay", Sensitivity.PAYMENT, ("leader_in_charge", "general_manager")),
    KeptAccount("root", "server", Sensitivity.INFRASTRUCTURE, ("it_lead",)),
)
OPS_ONLY = KeptAccount("blog", "blog", Sensitivity.ORDINARY, ("operations_lead",))


@pytest.mark.parametrize(
    ("vacant", "kinds"),
    [
        ("general_manager", {"account.open", "account.use", "account.change", "policy.change", "post.assign"}),
        ("it_lead", {"policy.change", "person.join", "person.reset"}),
        ("leader_in_charge", {"person.reset"}),
        ("system_admin", {"post.assign", "person.join", "person.reset"}),
        ("department_head", {"post.assign"}),
    ],
)
def test_a_vacant_post_leaves_gaps(vacant: str, kinds: set[str]) -> None:
    """Each kind that needs the post is named, with the reason."""
    found = gaps(shipped(), holders=holders(without(vacant)), accounts=ACCOUNTS)

    assert kinds <= {gap.kind.value for gap in found}
    assert all(gap.deny.reason.zh and gap.deny.reason.en for gap in found)


def test_an_account_whose_custodians_are_vacant_is_named() -> None:
    """It is that account's fault, not the chain's."""
    found = gaps(shipped(), holders=holders(without("operations_lead")), accounts=(*ACCOUNTS, OPS_ONLY))

    assert {gap.account for gap in found} == {"blog"}


def test_only_the_requester_is_a_gap() -> None:
    """One person with every post could ask, and nobody could agree."""
    alone = {"all": frozenset(role for held in PEOPLE.values() for role in held) - {"auditor"}}

    found = gaps(shipped(), holders=holders(alone), accounts=ACCOUNTS)

    assert "account.change" in {gap.kind for gap in found}


def test_a_whole_company_has_none() -> None:
    """Also where department heads, the IT lead and the general manager ask themselves."""
    assert gaps(shipped(), holders=holders(), accounts=(*ACCOUNTS, OPS_ONLY)) == ()


def test_two_holders_of_each_post_are_no_gap() -> None:
    """More people only help."""
    doubled = {**PEOPLE, **{f"{name}-2": held for name, held in PEOPLE.items()}}

    assert gaps(shipped(), holders=holders(doubled), accounts=ACCOUNTS) == ()


def test_each_gap_is_told_once() -> None:
    """A vacant post is not repeated for every person concerned."""
    found = gaps(shipped(), holders=holders(without("general_manager")), accounts=ACCOUNTS)

    assert len({(gap.kind, gap.account, gap.deny.reason) for gap in found}) == len(found)
