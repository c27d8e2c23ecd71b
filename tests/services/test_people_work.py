"""Posts, joining and resets as the worker carries them out: exactly what was approved, asked again, only once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.services.house import ADMIN, IT, LEADER, MANAGER, PLANNER
from vault_svc.domain.access_requests import RequestState
from vault_svc.domain.errors import DutiesNotSeparated, NotPermitted, Unavailable
from vault_svc.domain.people import Person, Post
from vault_svc.services import carrying_out

if TYPE_CHECKING:
    from tests.services.house import House

HEAD = "zhou.ning"


def posts(house: House, person: str) -> set[str]:
    """What somebody holds now."""
    return {post.role for post in house.all(Post, person=person) if post.in_force(house.at)}


def assigned(house: House, person: str, post: str, *, end: bool = False) -> str:
    """A post asked for and agreed to; the serial."""
    payload = {"person": person, "post": post} | ({"end": True} if end else {})
    asked = house.ask(HEAD, "post.assign", payload)
    house.agree(MANAGER, asked.serial)
    return asked.serial


def joined(house: House) -> str:
    """Somebody new, asked for and agreed to; the serial."""
    payload = {
        "name": "new.one",
        "display": "新人",
        "department": "it",
        "mail": "new@example.com",
        "posts": ["planner"],
    }
    asked = house.ask(HEAD, "person.join", payload)
    house.agree(IT, asked.serial)
    house.agree(MANAGER, asked.serial)
    return asked.serial


def test_nobody_but_the_system_administrator_carries_it_out(house: House) -> None:
    """Not who asked and not who agreed."""
    serial = assigned(house, PLANNER, "designer")

    for person in (HEAD, MANAGER):
        with pytest.raises(NotPermitted):
            carrying_out.carry_out(house.context, house.caller(person), serial)

    assert posts(house, PLANNER) == {"planner"}


def test_a_post_is_given_and_ended_as_approved(house: House) -> None:
    """And each is on record once."""
    for end, held in ((False, {"planner", "designer"}), (True, {"planner"})):
        serial = assigned(house, PLANNER, "designer", end=end)
        carrying_out.carry_out(house.context, house.caller(ADMIN), serial)
        house.work()

        assert posts(house, PLANNER) == held
        assert house.state(serial) is RequestState.CLOSED
        assert house.actions(serial).count("request.carried_out") == 1


def test_two_of_the_separated_duties_never_meet(house: House) -> None:
    """Both were admitted while neither was held; the second is void when its turn comes."""
    first, second = (assigned(house, PLANNER, post) for post in ("system_admin", "auditor"))
    for serial in (first, second):
        carrying_out.carry_out(house.context, house.caller(ADMIN), serial)
        house.work()

    assert house.state(second) is RequestState.VOID
    assert posts(house, PLANNER) == {"planner", "system_admin"}
    with pytest.raises(DutiesNotSeparated):
        assigned(house, PLANNER, "auditor")


def test_somebody_new_is_there_once_the_password_is_on_its_way(house: House) -> None:
    """While no mail can be sent the request stays open and is tried again; then everything is there once."""
    sent: list[str] = []
    ready = False

    def issue(person: str, _serial: str) -> None:
        if not ready:
            raise Unavailable
        sent.append(person)

    house.worker = replace(house.worker, issue_password=issue)
    serial = joined(house)
    carrying_out.carry_out(house.context, house.caller(ADMIN), serial)

    with pytest.raises(Unavailable):
        carrying_out.run(house.worker, serial)
    assert house.state(serial) is RequestState.APPROVED
    ready = True
    for _ in range(2):
        carrying_out.run(house.worker, serial)

    assert sent == ["new.one"]
    assert house.state(serial) is RequestState.CLOSED
    assert len(house.all(Person, name="new.one")) == 1
    assert posts(house, "new.one") == {"planner"}


def test_a_manager_is_reset_only_with_the_leader_in_charge(house: House) -> None:
    """IT's lead alone is enough for staff, not for somebody who approves."""
    sent: list[str] = []
    house.worker = replace(house.worker, issue_password=lambda person, _: sent.append(person))
    asked = house.ask(ADMIN, "person.reset", {"person": MANAGER, "what": "password"})

    house.agree(IT, asked.serial)
    house.work()
    assert sent == []
    house.agree(LEADER, asked.serial)
    house.work()

    assert sent == [MANAGER]
    assert house.state(asked.serial) is RequestState.CLOSED
