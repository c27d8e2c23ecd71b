"""What time ends: deliveries left half way count as seen, requests expire, a use that ends leaves a debt."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.services.house import MANAGER, OPERATIONS, PLANNER, SHOP
from vault_svc.domain.access_requests import RequestState
from vault_svc.domain.accounts import Debt, Delivery, DeliveryState, Exposure
from vault_svc.domain.grants import GrantState
from vault_svc.services.reveals import open_delivery, reveal

if TYPE_CHECKING:
    from tests.services.house import House


class Killed(BaseException):
    """The process dies here: nothing of ours catches it."""


def granted(house: House, *, account: str = SHOP, by: str = OPERATIONS, hours: int = 24) -> str:
    """A use that was agreed to and carried out; its serial."""
    asked = house.ask_use(account=account, hours=hours)
    house.agree(by, asked.serial)
    house.work()
    return asked.serial


def promised(house: House, account: str = SHOP) -> str:
    """A delivery to the planner."""
    return reveal(house.context, house.caller(PLANNER), account, purpose="operations", reason="上新").id


def test_a_delivery_whose_process_died_counts_as_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the intent and the outcome: the vault may have answered, so the version was exposed."""
    serial = granted(house)
    delivery = promised(house)

    def die(*_: object, **__: object) -> NoReturn:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(type(house.vault.person), "read", die)
        with pytest.raises(Killed):
            open_delivery(house.context, house.caller(PLANNER), delivery)
    assert house.all(Exposure) == []
    house.at += timedelta(minutes=10)
    house.work()

    (exposure,) = house.all(Exposure)
    assert (exposure.person, exposure.version, exposure.outside, exposure.serial) == (PLANNER, 1, True, serial)
    (kept,) = house.all(Delivery)
    assert kept.state is DeliveryState.FAILED
    assert "delivery.failed" in house.actions(serial)


def test_a_use_without_a_look_leaves_no_debt(house: House) -> None:
    """Nobody saw anything."""
    serial = granted(house, hours=2)
    house.at += timedelta(hours=3)
    house.work()

    assert house.all(Debt) == []
    assert house.state(serial) is RequestState.CLOSED
    assert [grant.state for grant in house.grants(serial)] == [GrantState.ENDED]
    assert house.users(SHOP) == set()


@pytest.mark.parametrize(
    ("account", "by", "owner", "due"),
    [
        (SHOP, OPERATIONS, "operations_lead", date(2026, 2, 2)),
        ("alipay-login", MANAGER, "leader_in_charge", date(2026, 1, 12)),
    ],
)
def test_what_was_seen_outside_custody_is_owed(house: House, account: str, by: str, owner: str, due: date) -> None:
    """20 working days, 5 for a payment account, from the end of the use on 5 January 2026."""
    serial = granted(house, account=account, by=by, hours=2)
    open_delivery(house.context, house.caller(PLANNER), promised(house, account))
    house.at += timedelta(hours=3)
    house.work()

    (debt,) = house.all(Debt)
    assert (debt.owner_role, debt.due_on, debt.person, debt.serial) == (owner, due, PLANNER, serial)


def test_what_nobody_decides_expires(house: House) -> None:
    """With an event, once."""
    asked = house.ask_use(hours=2)
    house.at += timedelta(hours=2)
    house.work()
    house.work()

    assert house.state(asked.serial) is RequestState.EXPIRED
    assert house.actions(asked.serial).count("request.expired") == 1
