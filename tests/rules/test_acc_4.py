"""ACC-4: site, server, database and source-code passwords are disclosed to nobody outside custody, whoever agrees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.chain_cases import shipped, shipped_files
from vault_svc.adapters.policyfiles import read_policies
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.permissions import Deny
from vault_svc.domain.purposes import Allowance, Audience

INSIDE = ["database", "server", "site_back_office", "source_code_hosting"]


@pytest.mark.parametrize("kind", INSIDE)
@pytest.mark.parametrize("purpose", ["operations", "maintenance", "settlement"])
@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("sensitivity", list(Sensitivity))
def test_no_purpose_opens_them_outside_custody(
    kind: str, purpose: str, audience: Audience, sensitivity: Sensitivity
) -> None:
    """Neither for employees nor for the agency, however short; the answer says what to ask for instead."""
    refused = shipped().may_use(
        purpose, audience=audience, kind=kind, sensitivity=sensitivity, span=timedelta(seconds=1)
    )

    assert isinstance(refused, Deny)
    assert refused.rule == "ACC-4"
    assert refused.next_step is not None
    assert "IT部" in refused.next_step.zh
    assert "database.level" in refused.next_step.en


def test_a_purpose_file_can_not_open_them() -> None:
    """A purpose that names such a kind opens it to its custodians only."""
    text = shipped_files()["purposes.toml"].replace(
        'kinds = ["shop_platform"]', f"kinds = {INSIDE!r}".replace("'", '"')
    )

    policies = read_policies({**shipped_files(), "purposes.toml": text})
    refused = policies.may_use(
        "operations",
        audience=Audience.AGENCY,
        kind="server",
        sensitivity=Sensitivity.ORDINARY,
        span=timedelta(hours=1),
    )

    assert isinstance(refused, Deny)
    assert refused.rule == "ACC-4"


def test_an_unknown_kind_stays_inside() -> None:
    """A kind that the policies no longer name is not opened by that."""
    assert shipped().account_kinds.inside_only("fax_machine")


def test_custodians_still_use_them() -> None:
    """IT holds them, and works with them."""
    allowed = shipped().allowance(
        "maintenance",
        audience=Audience.EMPLOYEES,
        kind="server",
        sensitivity=Sensitivity.INFRASTRUCTURE,
        in_custody=True,
    )

    assert isinstance(allowed, Allowance)


def test_exactly_these_kinds_are_held_inside() -> None:
    """The list of the regulations; community back office, mail and the rest can be lent."""
    kinds = shipped().account_kinds.by_id.values()

    assert sorted(kind.id for kind in kinds if kind.inside_only) == INSIDE


@pytest.mark.parametrize("kind", INSIDE)
@pytest.mark.parametrize("custodians", [["operations_lead"], ["general_manager", "leader_in_charge"]])
def test_it_is_always_among_their_custodians(kind: str, custodians: list[str]) -> None:
    """Held by IT."""
    refused = shipped().custody(kind, custodians)

    assert isinstance(refused, Deny)
    assert refused.rule == "ACC-4"
    assert shipped().custody(kind, [*custodians, "it_lead"])
