"""Why and why not: the answer is what the deciding code would do, with the people whom it would ask today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.house import ADMIN, DESIGNER, IT, LEADER, MANAGER, OPERATIONS, PLANNER, SHOP
from vault_svc.domain.errors import NotPermitted
from vault_svc.domain.permissions import ObjectRef
from vault_svc.services.explain import explain

if TYPE_CHECKING:
    from tests.services.house import House
    from vault_svc.services.explain import Explanation


def asked(house: House, person: str, account: str, *, action: str = "account:reveal", by: str = "") -> Explanation:
    """What the service explains about a person and an account."""
    return explain(
        house.context,
        house.caller(by or person),
        person=person,
        action=action,
        obj=ObjectRef("account", account),
        at=None,
    )


def test_nobody_asks_about_others_without_the_right(house: House) -> None:
    """A designer learns nothing of the planner."""
    with pytest.raises(NotPermitted):
        asked(house, PLANNER, SHOP, by=DESIGNER)


def test_a_custodian_is_told_yes(house: House) -> None:
    """With the rule that says so."""
    told = asked(house, OPERATIONS, SHOP)

    assert told.decision
    assert told.because[0].rule == "ACC-2"


def test_who_would_have_to_agree_is_named(house: House) -> None:
    """Any custodian of an ordinary account, as they are today."""
    told = asked(house, PLANNER, SHOP)

    assert not told.decision
    assert [missing.who.en for missing in told.missing] == [f"{LEADER}, {MANAGER}, {OPERATIONS}"]
    assert "account.use" in told.missing[0].how.en


def test_a_payment_account_asks_the_general_manager(house: House) -> None:
    """And nobody else."""
    told = asked(house, PLANNER, "alipay-login")

    assert [missing.who.en for missing in told.missing] == [MANAGER]


def test_whoever_may_not_ask_is_told_who_may(house: House) -> None:
    """A change is asked for by custodians and IT's lead."""
    told = asked(house, PLANNER, SHOP, action="account:change")

    assert [missing.who.en for missing in told.missing] == [""]
    assert "custodian" in told.missing[0].how.en


def test_nothing_opens_what_stays_inside(house: House) -> None:
    """ACC-4, in the words that a request for it would get."""
    told = asked(house, PLANNER, "git-hosting", by=ADMIN)

    assert (told.decision, told.because[0].rule) == (False, "ACC-4")
    assert "database.level" in told.missing[0].how.en


def test_its_custodian_is_inside(house: House) -> None:
    """IT's lead holds it."""
    assert asked(house, IT, "git-hosting").decision
