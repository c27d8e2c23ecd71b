"""ACC-4 at the door of a reveal: outside custody nothing opens such a password, not even a grant in the store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.services.house import IT, OPERATIONS, PLANNER, SHOP
from vault_svc.domain.errors import ApprovalRequired, NotCustodian
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.services.reveals import reveal

if TYPE_CHECKING:
    from tests.services.house import House

SOURCE = "git-hosting"


def looked(house: House, person: str, account: str) -> str:
    """Ask to see the current value; the delivery's id."""
    return reveal(house.context, house.caller(person), account, purpose="maintenance", reason="看").id


def granted(house: House, account: str) -> Grant:
    """A grant in force as a forger could write it: under the serial of a request for another account."""
    asked = house.ask_use(PLANNER, account=SHOP)
    return Grant(
        id="GR-FORGED",
        serial=asked.serial,
        person=PLANNER,
        account=account,
        purpose="maintenance",
        starts_at=house.at,
        ends_at=house.at + timedelta(days=1),
        reveals_left=3,
        state=GrantState.IN_FORCE,
    )


def test_outside_custody_it_is_refused_with_the_rule(house: House) -> None:
    """Not "ask with account.use", which could never be agreed to."""
    with pytest.raises(NotCustodian) as refused:
        looked(house, PLANNER, SOURCE)

    assert refused.value.rule == "ACC-4"


def test_a_grant_in_the_store_does_not_open_it(house: House) -> None:
    """Whoever agreed."""
    forged = granted(house, SOURCE)
    house.store.write(lambda tx: tx.add(forged))

    with pytest.raises(NotCustodian) as refused:
        looked(house, PLANNER, SOURCE)

    assert refused.value.rule == "ACC-4"


def test_any_other_account_says_how_to_ask(house: House) -> None:
    """The next step is a request."""
    with pytest.raises(ApprovalRequired) as refused:
        looked(house, PLANNER, SHOP)

    assert refused.value.next_step is not None
    assert "account.use" in refused.value.next_step.en


def test_its_custodian_may_look(house: House) -> None:
    """IT holds it."""
    assert looked(house, IT, SOURCE)
    assert looked(house, OPERATIONS, SHOP)
