"""What is refused before anybody is asked to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.house import IT, OPERATIONS
from vault_svc.domain.errors import Conflict, DutiesNotSeparated, Invalid
from vault_svc.services import requests

if TYPE_CHECKING:
    from tests.services.house import House


def joining(house: House, name: str, *posts: str) -> None:
    """Ask that somebody be taken on."""
    payload = {"name": name, "display": "新人", "department": "it", "mail": "new@example.com", "posts": list(posts)}
    requests.submit(house.context, house.caller(IT), kind="person.join", payload=payload, reason="入职")


@pytest.mark.parametrize("name", ["it_lead", "it-lead", "general.manager", "s0ng.yu"])
def test_a_login_name_is_no_role_and_looks_like_nobody(house: House, name: str) -> None:
    """Neither a role nor another person can be imitated."""
    with pytest.raises(Invalid) as refused:
        joining(house, name)

    assert [violation.field for violation in refused.value.violations] == ["payload.name"]


def test_a_taken_name_is_a_conflict(house: House) -> None:
    """Names are not reused."""
    with pytest.raises(Conflict):
        joining(house, OPERATIONS)


def test_nobody_joins_with_two_of_the_separated_duties(house: House) -> None:
    """System, security and audit lie with three people."""
    with pytest.raises(DutiesNotSeparated):
        joining(house, "new.one", "system_admin", "auditor")


def test_a_good_name_is_asked_for(house: House) -> None:
    """Somebody new can join."""
    joining(house, "new.one", "planner")
