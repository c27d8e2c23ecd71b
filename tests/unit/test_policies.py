"""Roles, kinds, purposes and debts: what is shipped, what they decide, and how strictly they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.chain_cases import shipped, shipped_files
from vault_svc.adapters.policyfiles import read_policies
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.errors import PolicyFileInvalid
from vault_svc.domain.permissions import Deny
from vault_svc.domain.purposes import Allowance, Audience

if TYPE_CHECKING:
    from vault_svc.domain.errors import Fault

DAY = timedelta(days=1)


def changed(file: str, old: str, new: str) -> list[Fault]:
    """The faults after one change in a shipped file."""
    text = shipped_files()[file]
    assert old in text
    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies({**shipped_files(), file: text.replace(old, new, 1)})
    return list(refused.value.faults)


def line_of(file: str, words: str) -> int:
    """The line on which these words stand first."""
    return shipped_files()[file][: shipped_files()[file].index(words)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("roles.toml", "schema = 1", "schema = 2", "schema"),
        ("roles.toml", "schema = 1", "schema = true", "schema"),
        ("roles.toml", 'zh = "总经理"\n', "", "missing"),
        ("roles.toml", 'zh = "总经理"', "zh = 3", "wrong_type"),
        ("roles.toml", 'zh = "总经理"', 'zh = " "', "wrong_type"),
        ("roles.toml", "[role.planner]", "[role.employee]", "reserved"),
        ("roles.toml", "[role.planner]", '[role."电商"]', "bad_name"),
        ("roles.toml", 'duty = "audit"', 'duty = "money"', "unknown_word"),
        ("roles.toml", "outside = true", "outside = true\nemployee = true", "which"),
        ("roles.toml", "outside = true", "outside = true\napprover = true", "not_staff"),
        ("roles.toml", "machine = true", "", "which"),
        ("roles.toml", 'covered_by = ["marketing_director"]', 'covered_by = ["auditor"]', "unknown_role"),
        ("roles.toml", 'covered_by = ["marketing_director"]', 'covered_by = ["planner"]', "unknown_role"),
        ("roles.toml", 'covered_by = ["marketing_director"]', "covered_by = []", "empty"),
        ("roles.toml", "employee = true", 'employee = "yes"', "wrong_type"),
        ("roles.toml", "employee = true", "employe = true", "unknown_key"),
        ("kinds.toml", "inside_only = true", "inside_only = 1", "wrong_type"),
        ("kinds.toml", "inside_only = true", "inside = true", "unknown_key"),
        ("kinds.toml", "[kind.blog]", '[kind."a b"]', "bad_name"),
        ("purposes.toml", 'kinds = "every"', 'kinds = "all"', "wrong_type"),
        ("purposes.toml", 'kinds = "every"', "", "missing"),
        ("purposes.toml", 'kinds = ["shop_platform"]', 'kinds = ["shop"]', "unknown_kind"),
        ("purposes.toml", "reveals = 3", "reveals = 0", "wrong_type"),
        ("purposes.toml", "reveals = 3", "reveals = -1", "wrong_type"),
        ("purposes.toml", "reveals = 3", "reveals = 1000", "wrong_type"),
        ("purposes.toml", 'longest = "31d"', 'longest = "0d"', "wrong_type"),
        ("purposes.toml", 'longest = "31d"', "longest = 31", "wrong_type"),
        ("purposes.toml", "ordinary = {", "ordinarily = {", "unknown_key"),
        ("purposes.toml", "[purpose.operations.employees]", "[purpose.operations.everybody]", "unknown_key"),
        ("purposes.toml", 'ordinary = { reveals = 3, longest = "31d" }\n\n[purpose.m', "\n[purpose.m", "empty"),
        ("purposes.toml", "[purpose.maintenance.employees]", "[purpose.maintenance2]", "empty"),
        ("debts.toml", 'sensitivity = ["payment"]', "", "order"),
        ("debts.toml", "due = 20", "due = 0", "wrong_type"),
        ("debts.toml", "due = 20", 'due = "end_of_term"', "no_term"),
        ("debts.toml", 'otherwise = "general_manager"', 'otherwise = "planner"', "unknown_role"),
        ("debts.toml", 'owner = "first_filled_custodian"', 'owner = "nobody"', "unknown_word"),
        ("debts.toml", 'purpose = "operations"', 'purpose = "fun"', "unknown_purpose"),
    ],
)
def test_a_fault_is_named_with_file_and_line(file: str, old: str, new: str, code: str) -> None:
    """Unknown keys, missing words, wrong types, zero and negative numbers, words that mean nothing."""
    found = changed(file, old, new)

    here = [fault for fault in found if fault.code == code and fault.file == file]
    assert here
    assert all(fault.text.zh and fault.text.en for fault in found)
    assert any(abs(fault.line - line_of(file, old)) <= 6 for fault in here)


@pytest.mark.parametrize("file", ["roles.toml", "kinds.toml", "purposes.toml", "chains.toml", "debts.toml"])
def test_a_missing_file_is_a_fault(file: str) -> None:
    """No part of the rules is assumed."""
    files = {name: text for name, text in shipped_files().items() if name != file}

    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies(files)

    assert [(fault.code, fault.file) for fault in refused.value.faults] == [("missing_file", file)]


@pytest.mark.parametrize("file", ["roles.toml", "kinds.toml", "purposes.toml", "chains.toml", "debts.toml"])
def test_an_empty_file_is_a_fault(file: str) -> None:
    """An empty list of rules opens nothing and is no list."""
    with pytest.raises(PolicyFileInvalid):
        read_policies({**shipped_files(), file: ""})


def test_the_error_names_every_fault_in_words() -> None:
    """Whoever starts the service reads file, line and reason."""
    text = shipped_files()["kinds.toml"].replace("inside_only = true", "inside_only = 1")

    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies({**shipped_files(), "kinds.toml": text})

    assert str(refused.value).count("kinds.toml:") == 4


def test_kinds_are_those_of_acc_1() -> None:
    """The eleven of the regulations, and what IT holds besides."""
    assert set(shipped().account_kinds.by_id) == {
        "site_back_office",
        "community_back_office",
        "tenpay",
        "online_banking",
        "alipay",
        "shop_platform",
        "domain_registration",
        "trademark_file",
        "company_mail",
        "blog",
        "source_code_hosting",
        "server",
        "database",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"purpose": "fun"}, "outside_purpose"),
        ({"purpose": "settlement"}, "outside_purpose"),
        ({"audience": Audience.AGENCY, "purpose": "maintenance"}, "outside_purpose"),
        ({"audience": Audience.AGENCY, "kind": "alipay", "sensitivity": Sensitivity.PAYMENT}, "outside_purpose"),
        ({"audience": Audience.AGENCY, "kind": "blog"}, "outside_purpose"),
        ({"span": 32 * DAY}, "outside_window"),
        ({"kind": "server"}, "not_custodian"),
        ({"kind": "no_kind"}, "not_custodian"),
    ],
)
def test_a_use_outside_the_purpose_is_refused(given: dict[str, Any], code: str) -> None:
    """Closed list, closed kinds, closed span."""
    asked = {"audience": Audience.EMPLOYEES, "kind": "shop_platform", "sensitivity": Sensitivity.ORDINARY, "span": DAY}
    purpose = given.pop("purpose", "operations")

    refused = shipped().may_use(purpose, **{**asked, **given})

    assert isinstance(refused, Deny)
    assert refused.code == code
    assert refused.next_step


def test_a_span_of_hours_is_said_in_hours() -> None:
    """The refusal names the longest time in the unit that fits."""
    text = shipped_files()["purposes.toml"].replace('longest = "31d"', 'longest = "8h"')
    policies = read_policies({**shipped_files(), "purposes.toml": text})

    refused = policies.may_use(
        "operations", audience=Audience.EMPLOYEES, kind="blog", sensitivity=Sensitivity.ORDINARY, span=DAY
    )

    assert isinstance(refused, Deny)
    assert refused.reason.en == "the purpose lasts 8 hours at most"


@pytest.mark.parametrize(("level", "times"), [("ordinary", 3), ("payment", 1), ("infrastructure", 3)])
@pytest.mark.parametrize("purpose", ["operations", "maintenance"])
def test_a_grant_says_how_often_it_may_be_revealed(purpose: str, level: str, times: int) -> None:
    """Payment: once; else three times."""
    allowed = shipped().purposes.allowance(
        purpose, audience=Audience.EMPLOYEES, kind="alipay", sensitivity=Sensitivity(level)
    )

    assert isinstance(allowed, Allowance)
    assert allowed.reveals == times


def test_the_agency_has_its_own_purposes() -> None:
    """AGY-1, AGY-2: the platform for operations, the Alipay login for settlement only."""
    purposes = shipped().purposes

    assert [purpose.id for purpose in purposes.available(Audience.AGENCY)] == ["operations", "settlement"]
    assert purposes.allowance(
        "settlement", audience=Audience.AGENCY, kind="alipay", sensitivity=Sensitivity.PAYMENT
    ) == Allowance(1, 11 * DAY)


@pytest.mark.parametrize("span", [DAY, 31 * DAY])
def test_a_use_within_the_purpose_may_be_asked(span: timedelta) -> None:
    """The longest span itself is within."""
    assert shipped().may_use(
        "operations",
        audience=Audience.EMPLOYEES,
        kind="shop_platform",
        sensitivity=Sensitivity.ORDINARY,
        span=span,
    )


@pytest.mark.parametrize(
    ("kind", "custodians", "rule"),
    [
        ("blog", [], "ACC-2"),
        ("blog", ["planner"], "ACC-2"),
        ("blog", ["it_lead", "system_admin"], "ACC-2"),
        ("no_kind", ["it_lead"], "ACC-1"),
        ("server", ["general_manager"], "ACC-4"),
        ("site_back_office", ["operations_lead"], "ACC-4"),
    ],
)
def test_custody_outside_the_rules_is_refused(kind: str, custodians: list[str], rule: str) -> None:
    """ACC-2: named custodians out of four; ACC-4: IT among them."""
    refused = shipped().custody(kind, custodians)

    assert isinstance(refused, Deny)
    assert refused.rule == rule


@pytest.mark.parametrize(
    ("kind", "custodians"), [("blog", ["operations_lead"]), ("server", ["it_lead"]), ("alipay", ["general_manager"])]
)
def test_custody_within_the_rules_is_allowed(kind: str, custodians: list[str]) -> None:
    """Any of the four."""
    assert shipped().custody(kind, custodians)


@pytest.mark.parametrize(
    ("sensitivity", "who", "purpose", "workdays"),
    [
        (Sensitivity.PAYMENT, Audience.EMPLOYEES, "operations", 5),
        (Sensitivity.PAYMENT, Audience.AGENCY, "settlement", 5),
        (Sensitivity.ORDINARY, Audience.AGENCY, "operations", None),
        (Sensitivity.ORDINARY, Audience.AGENCY, "settlement", 20),
        (Sensitivity.ORDINARY, Audience.EMPLOYEES, "operations", 20),
        (Sensitivity.INFRASTRUCTURE, Audience.EMPLOYEES, "maintenance", 20),
    ],
)
def test_a_debt_has_a_date_by_what_was_seen(
    sensitivity: Sensitivity, who: Audience, purpose: str, workdays: int | None
) -> None:
    """Five working days for payment, the end of the term for the agency's operations, twenty else."""
    rule = shipped().debts.rule_for(sensitivity=sensitivity, who=who, purpose=purpose)

    assert rule.workdays == workdays


def test_a_debt_is_owed_by_the_first_custodian_in_post() -> None:
    """In the order in which the account names them; the general manager where nobody is."""
    rule = shipped().debts.rules[-1]
    custodians = ["operations_lead", "it_lead"]

    assert rule.owner(custodians, filled={"it_lead", "operations_lead"}) == "operations_lead"
    assert rule.owner(custodians, filled={"it_lead"}) == "it_lead"
    assert rule.owner(custodians, filled=set()) == "general_manager"
