from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.services.house import ADMIN, IT, MANAGER, OPERATIONS, PLANNER, SHOP
from vault_svc.domain.access_requests import RequestState, Vote
from vault_svc.domain.accounts import CheckOut, Delivery, DeliveryState, Exposure
from vault_svc.domain.audit import Event
from vault_svc.domain.errors import VaultSvcError
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.services import carrying_out, check_outs, requests, reveals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.services.house import House

APPROVERS = {
    "alipay-login": MANAGER,
    "domain-record": IT,
    "mail-admin": IT,
    "tea-community": OPERATIONS,
    "tenpay": MANAGER,
    SHOP: OPERATIONS,
}
"""Accounts and who agrees to their use: six, so that no group grows beyond what the worker proves in a moment."""


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Do all of it at the same moment and return how each went: ``ok`` or the code of its refusal."""
    together = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> str:
        together.wait(30)
        try:
            call()
        except VaultSvcError as refused:
            return refused.code
        return "ok"

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def _said(call: Callable[[], object]) -> bool:
    try:
        call()
    except VaultSvcError:
        return False
    return True


@pytest.mark.timeout(120)
def test_approving_and_withdrawing_at_once_leaves_one_end_with_its_effects(house: House) -> None:
    """Of 500 pairs each ends withdrawn or carried out; work is owed only for what was approved, opened only once."""
    accounts = list(APPROVERS)
    asked = [house.ask_use(account=accounts[n % len(accounts)]) for n in range(500)]

    def approve(n: int, meet: threading.Barrier) -> bool:
        serial, account = asked[n].serial, accounts[n % len(accounts)]
        meet.wait(30)
        voted = _said(lambda: house.agree(APPROVERS[account], serial))
        _said(lambda: carrying_out.run(house.worker, serial))
        return voted

    def withdraw(n: int, meet: threading.Barrier) -> bool:
        me, serial = house.caller(PLANNER), asked[n].serial
        meet.wait(30)
        for _ in range(n % 9):  # each look is a write, so that the withdrawal falls between other writes each time
            requests.show(house.context, me, serial)
        return _said(lambda: requests.withdraw(house.context, me, serial, reason="不需要"))

    with ThreadPoolExecutor(8) as pool:  # even: whoever waits for the other is next to be started
        meetings = [(n, threading.Barrier(2)) for n in range(len(asked))]
        runs = [pool.submit(act, n, meet) for n, meet in meetings for act in (approve, withdraw)]
        said = [run.result() for run in runs]

    for n, request in enumerate(asked):
        voted, withdrawn = said[2 * n : 2 * n + 2]
        actions = Counter(house.actions(request.serial))
        state = house.state(request.serial)
        assert state is (RequestState.WITHDRAWN if withdrawn else RequestState.CARRIED_OUT)
        assert actions[EventTag.REQUEST_APPROVED] == voted == len(house.owed("carry_out", serial=request.serial))
        assert actions[EventTag.REQUEST_WITHDRAWN] == withdrawn
        assert actions[EventTag.REQUEST_CARRIED_OUT] == (not withdrawn)
        in_force = [grant for grant in house.grants(request.serial) if grant.state is not GrantState.ENDED]
        assert len(in_force) == (not withdrawn)
    assert 0 < sum(said[1::2]) < 500, "one side always won: nothing was raced"


def test_fifty_votes_of_one_person_at_once_are_one(house: House) -> None:
    """The first counts, the others hear that it was said; the next step still waits."""
    asked = house.ask(ADMIN, "person.reset", {"person": OPERATIONS, "what": "password"})

    said = at_once(*[lambda: house.agree(IT, asked.serial)] * 50)

    assert Counter(said)["ok"] == 1
    assert set(said) <= {"ok", "already_voted", "stale_digest", "wrong_state"}
    assert len(house.all(Vote, serial=asked.serial)) == 1
    assert house.state(asked.serial) is RequestState.SUBMITTED


def test_fifty_people_who_agree_at_once_approve_once(house: House) -> None:
    """One place in the step: one vote fills it, and the work is owed once."""
    crew = [f"keeper.{n}" for n in range(50)]
    house.hire(*crew, role="operations_lead")
    asked = house.ask_use()

    said = at_once(*[lambda name=name: house.agree(name, asked.serial) for name in crew])

    assert Counter(said)["ok"] == len(house.all(Vote, serial=asked.serial)) == 1
    assert Counter(house.actions(asked.serial))[EventTag.REQUEST_APPROVED] == 1
    assert len(house.owed("carry_out", serial=asked.serial)) == 1
    assert house.state(asked.serial) is RequestState.APPROVED


def test_of_twenty_check_outs_at_once_one_has_the_account(house: House) -> None:
    """The others hear that somebody has it."""
    crew = [f"keeper.{n}" for n in range(20)]
    house.hire(*crew, role="operations_lead")

    def take(name: str) -> object:
        until = house.at + timedelta(hours=1)
        caller = house.caller(name)
        return check_outs.check_out(house.context, caller, SHOP, purpose="operations", reason="直播", until=until)

    said = at_once(*[lambda name=name: take(name) for name in crew])

    assert Counter(said) == {"ok": 1, "checked_out": 19}
    assert len(house.all(CheckOut, account=SHOP, returned_at__null=True)) == 1


def test_of_twenty_who_open_one_delivery_at_once_one_sees_the_value(house: House) -> None:
    """A promise is kept once: one exposure, one reveal less."""
    granted = _granted(house)
    (delivery,) = _promises(house, 1)

    said = at_once(*[lambda: reveals.open_delivery(house.context, house.caller(PLANNER), delivery)] * 20)

    assert Counter(said) == {"ok": 1, "already_opened": 19}
    assert len(house.all(Exposure, account=SHOP)) == 1
    assert house.grants(granted)[0].reveals_left == 2


def test_parallel_opens_never_count_below_nothing(house: House) -> None:
    """Twelve promises under a grant of three: three are kept."""
    granted = _granted(house)
    deliveries = _promises(house, 12)

    said = at_once(
        *[lambda one=one: reveals.open_delivery(house.context, house.caller(PLANNER), one) for one in deliveries]
    )

    assert Counter(said) == {"ok": 3, "already_opened": 9}
    assert house.grants(granted)[0].reveals_left == 0
    assert len(house.all(Delivery, state=DeliveryState.OPENED)) == len(house.all(Exposure, account=SHOP)) == 3
    assert len(house.all(Event, action=EventTag.DELIVERY_OPENED)) == 3


def test_one_grant_however_often_a_request_is_carried_out(house: House) -> None:
    """Eight workers that take the same message make one grant and say so once."""
    asked = house.ask_use()
    house.agree(OPERATIONS, asked.serial)

    at_once(*[lambda: carrying_out.run(house.worker, asked.serial)] * 8)

    assert [grant.state for grant in house.all(Grant)] == [GrantState.IN_FORCE]
    told = Counter(house.actions(asked.serial))
    assert told[EventTag.GRANT_MADE] == told[EventTag.GRANT_IN_FORCE] == told[EventTag.REQUEST_CARRIED_OUT] == 1


def _granted(house: House) -> str:
    asked = house.ask_use()
    house.agree(OPERATIONS, asked.serial)
    house.work()
    assert house.users(SHOP) == {PLANNER}
    return asked.serial


def _promises(house: House, count: int) -> Sequence[str]:
    me = house.caller(PLANNER)
    made = [reveals.reveal(house.context, me, SHOP, purpose="operations", reason="上新") for _ in range(count)]
    return [delivery.id for delivery in made]
