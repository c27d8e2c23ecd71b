"""A typed candidate is taken as the platform wants it, and only warned about; a generated one keeps the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.services.house import MANAGER, OPERATIONS, SHOP
from vault_svc.domain.secrets import Secret
from vault_svc.services import changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.house import House
    from vault_svc.services.changes import Begun


def begun(house: House, value: Mapping[str, Secret] | None) -> Begun:
    """Begin an approved change with this candidate."""
    asked = house.ask(OPERATIONS, "account.change", {"account": SHOP, "what": "password"})
    house.agree(MANAGER, asked.serial)
    house.work()
    return changes.begin(house.context, house.caller(OPERATIONS), SHOP, serial=asked.serial, value=value)


def test_a_weak_typed_value_is_warned_about_and_taken(house: House) -> None:
    """The platform decides; the warning never repeats the value."""
    told = begun(house, {"password": Secret("1abcdef")})

    assert "DB-5" in {warning.rule for warning in told.warnings}
    assert told.change.staged_version == 1
    assert all("1abcdef" not in warning.text.zh + warning.text.en for warning in told.warnings)


def test_a_generated_value_needs_no_warning(house: House) -> None:
    """It is made by the rules."""
    assert begun(house, None).warnings == ()
