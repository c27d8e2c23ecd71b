"""Roles: who is staff, what is separated, who covers whom."""

from __future__ import annotations

import pytest

from tests.unit.chain_cases import shipped
from vault_svc.domain.roles import Duty, RoleClass


def test_roles_are_those_of_the_regulations() -> None:
    """Staff, custodians, separated duties."""
    roles = shipped().roles

    assert roles.custodians == {"operations_lead", "it_lead", "leader_in_charge", "general_manager"}
    assert {role.id: role.duty for role in roles.by_id.values() if role.duty} == {
        "system_admin": Duty.SYSTEM,
        "it_lead": Duty.SECURITY,
        "auditor": Duty.AUDIT,
    }
    assert set(roles.by_id) - roles.employees == {"auditor", "agency", "service"}
    assert shipped().employee_roles == roles.employees
    assert roles.posts == roles.employees | {"auditor"}


@pytest.mark.parametrize(
    "pair", [("system_admin", "it_lead"), ("system_admin", "auditor"), ("auditor", "it_lead"), ("it_lead", "no_role")]
)
def test_nobody_holds_two_separated_duties(pair: tuple[str, str]) -> None:
    """MLPS; and a word that is no role is held by nobody."""
    assert not shipped().roles.together(pair)


def test_other_roles_go_together() -> None:
    """A head of a department is something else besides."""
    assert shipped().roles.together(["it_lead", "department_head"])
    assert shipped().roles.together([])


@pytest.mark.parametrize(
    ("post", "by", "may"),
    [
        ("planner", "marketing_director", True),
        ("designer", "marketing_director", True),
        ("designer", "planner", True),
        ("customer_service", "planner", True),
        ("customer_service", "section_maintainer", True),
        ("section_maintainer", "marketing_director", True),
        ("section_maintainer", "planner", True),
        ("section_maintainer", "designer", True),
        ("customer_service", "designer", False),
        ("planner", "designer", False),
        ("designer", "section_maintainer", False),
        ("general_manager", "leader_in_charge", False),
        ("marketing_director", "planner", False),
        ("no_role", "planner", False),
    ],
)
def test_cover_is_as_hr_2_says(post: str, by: str, *, may: bool) -> None:
    """HR-2, row by row; any other cover needs the general manager."""
    assert bool(shipped().roles.may_cover(post, by=[by])) == may


def test_classes_come_from_all_roles_that_are_held() -> None:
    """One strict role is enough."""
    roles = shipped().roles

    assert roles.classes(["planner"]) == frozenset()
    assert roles.classes(["planner", "system_admin"]) == {RoleClass.ADMINISTRATOR}
    assert roles.classes(["it_lead"]) == set(RoleClass)
    assert roles.classes(["no_role"]) == frozenset()
