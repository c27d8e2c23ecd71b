"""What the steward writes into the vault for an account: no way to use what stays inside custody (ACC-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.services.house import SHOP
from vault_svc.domain.errors import NotFound
from vault_svc.services.context import StewardContext
from vault_svc.services.stewarding import account_policies

if TYPE_CHECKING:
    from tests.services.house import House


def written(house: House, account: str) -> set[str]:
    """The policies of an account, as the steward would write them."""
    absent: Any = None
    accessors = {"jwt": "auth_jwt_1", "jwt2f": "auth_jwt_2"}
    steward = StewardContext(house.store, house.clock, house.rules, absent, accessors, absent)
    return set(house.store.read(lambda reader: account_policies(steward, account, reader)))


@pytest.mark.parametrize("account", ["git-hosting", "site-admin", "web-server"])
def test_what_stays_inside_has_no_use(house: House, account: str) -> None:
    """Site, server and source-code passwords: to hold and to change, nothing else."""
    assert written(house, account) == {f"custody:{account}", f"change:{account}"}


def test_any_other_account_can_be_used(house: House) -> None:
    """All three."""
    assert written(house, SHOP) == {f"custody:{SHOP}", f"use:{SHOP}", f"change:{SHOP}"}


def test_an_unknown_account_has_none(house: House) -> None:
    """Nothing is written for what is not there."""
    with pytest.raises(NotFound):
        written(house, "nothing")
