"""ACC-2: each account has custodians, out of operations lead, IT, leader in charge and general manager."""

from __future__ import annotations

import pytest

from tests.unit.company_cases import changed, found, line_of, policies
from vault_svc.domain.permissions import Deny

OF_THE_REGULATIONS = frozenset({"operations_lead", "it_lead", "leader_in_charge", "general_manager"})
TENPAY = 'kind = "tenpay"\nsensitivity = "payment"\ncustodians = ["leader_in_charge", "general_manager"]'


def test_no_custodian() -> None:
    """An account without custodians is refused, with its line (ACC-2)."""
    text = changed(TENPAY, 'kind = "tenpay"\nsensitivity = "payment"\ncustodians = []')

    assert found(text) == [("no_custodians", line_of(text, "custodians = []"))]


@pytest.mark.parametrize("role", sorted(policies().roles.posts - OF_THE_REGULATIONS))
def test_custodian_outside_the_list(role: str) -> None:
    """No other post of the company may keep an account (ACC-2)."""
    text = changed(TENPAY, TENPAY.replace('"general_manager"', f'"{role}"'))

    assert found(text) == [("bad_custodian", line_of(text, f'"leader_in_charge", "{role}"'))]
    decision = policies().custody("tenpay", ["leader_in_charge", role])
    assert isinstance(decision, Deny)
    assert decision.rule == "ACC-2"


def test_nobody_as_custodian() -> None:
    """An account that is opened later needs custodians just as well (ACC-2)."""
    decision = policies().custody("tenpay", [])

    assert isinstance(decision, Deny)
    assert decision.rule == "ACC-2"


def test_the_list_is_the_regulations() -> None:
    """The roles that may keep accounts are the four of the regulations, no more and no fewer (ACC-2)."""
    assert policies().roles.custodians == OF_THE_REGULATIONS


@pytest.mark.parametrize("role", sorted(OF_THE_REGULATIONS))
def test_custodian_of_the_list(role: str) -> None:
    """Each of the four may keep an account (ACC-2)."""
    assert policies().custody("tenpay", [role])
