"""What the library does and this product must not: each trap is shown on the stock enforcer, then shut on ours."""

from __future__ import annotations

from importlib.metadata import files, packages_distributions
from typing import TYPE_CHECKING

import casbin
import pytest
from casbin.util import key_match, regex_match

from tests.unit.gate_cases import ALL, ask, enforcer, faults_of, links, model_text, shipped_files, stock, table
from vault_svc.adapters.enforcer import MODEL
from vault_svc.domain.permission_rows import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = ("hr", "account", "account:list", "allow", "ACC-1")
LIST = ("account", "account", "account:list", "in_order")
ACCOUNT_LIST = ("account:list", "account")


def test_one_distribution_owns_the_casbin_folder() -> None:
    """``casbin`` and ``pycasbin`` write the same files; with both installed it is chance which ones are there."""
    owners = set(packages_distributions()["casbin"])

    assert owners == {"pycasbin"}
    assert any(str(path) == "casbin/core_enforcer.py" for path in files("pycasbin") or ())


def test_a_subject_spelled_like_a_role_has_nothing_of_it() -> None:
    """The stock role manager lets everybody be what they are called."""
    theirs, ours = stock(model_text(ALL), table([ROW])), enforcer([ROW])

    assert theirs.enforce("hr", *LIST)
    assert not ask(ours, links("hr"), *ACCOUNT_LIST)
    assert not ask(ours, links("person:hr"), *ACCOUNT_LIST)


@pytest.mark.parametrize(
    ("function", "matches", "path", "pattern"),
    [
        ("keyMatch", key_match, "/shop/../payment", "/shop/*"),
        ("keyMatch", key_match, "/db/shop_payments", "/db/shop*"),
        ("regexMatch", regex_match, "/shop_payments", "/shop"),
    ],
)
def test_a_pattern_can_not_be_written(
    function: str, matches: Callable[[str, str], bool], path: str, pattern: str
) -> None:
    """Casbin's patterns match what they were not meant for; the model is refused when it has one."""
    assert matches(path, pattern)
    assert len(faults_of(changed={MODEL: model_text(f"{function}(r.obj, p.obj)")})) == 1


def test_a_mistyped_effect_is_a_fault_and_no_silent_denial() -> None:
    """The stock enforcer takes ``alow`` for a row that decides nothing."""
    mistyped = (*ROW[:3], "alow", "ACC-1")
    theirs = stock(model_text(ALL), table([mistyped]), [links("person:a", "hr")])
    changed = f"{shipped_files()[PERMISSIONS]}p, {', '.join(mistyped)}\n"

    assert not theirs.enforce("person:a", *LIST)
    assert [fault.split()[1] for fault in faults_of(changed={PERMISSIONS: changed})] == ["unknown_effect"]


def test_deny_rows_can_not_be_lost() -> None:
    """Without ``eft`` in the model the stock enforcer reads a deny as an allow; such a model is refused."""
    text = model_text(ALL).replace("act, eft, rule", "act, rule, eft2")
    theirs = stock(text, table([(*ROW[:3], "deny", "")]), [links("person:a", "hr")])

    assert theirs.enforce("person:a", *LIST)
    assert [fault.split()[1] for fault in faults_of(changed={MODEL: text})] == ["bad_definition"]


def test_a_row_of_the_wrong_length_is_found_at_loading() -> None:
    """The stock enforcer loads it and then raises on every call."""
    theirs = stock(model_text(ALL), table([ROW]), [links("person:a", "hr")])
    theirs.get_model()["p"]["p"].policy.append(["hr", "account"])
    changed = f"{shipped_files()[PERMISSIONS]}p, hr, account\n"

    with pytest.raises(RuntimeError, match="invalid policy size"):
        theirs.enforce("person:b", *LIST)
    assert [fault.split()[1] for fault in faults_of(changed={PERMISSIONS: changed})] == ["wrong_arity"]


def test_a_long_line_of_roles_is_followed_to_its_end() -> None:
    """The stock role manager stops after ten steps and denies, silently."""
    line = {f"role-{step}": (f"role-{step + 1}",) for step in range(12)}
    rows, who = [("role-12", *ROW[1:])], links("person:a", "role-0")
    theirs = stock(model_text(ALL), table(rows, inherits=line), [who])

    assert not theirs.enforce("person:a", *LIST)
    assert ask(enforcer(rows, inherits=line), who, *ACCOUNT_LIST)


def test_strangers_grow_the_stock_role_manager() -> None:
    """Why ours is made anew for each question (``test_enforcer_threads`` counts that it keeps nothing)."""
    theirs = stock(model_text(ALL), table([ROW]), [links("person:a", "hr")])

    for number in range(50):
        theirs.enforce(f"person:stranger-{number}", *LIST)

    assert len(theirs.get_role_manager().rm_map["account"].all_roles) > 50


def test_other_letters_are_another_name() -> None:
    """Names are compared exactly, so one in other letters is a fault in the file, not a row for nobody."""
    changed = f"{shipped_files()[PERMISSIONS]}p, HR, account, account:list, allow,\n"
    theirs = stock(model_text(ALL), table([("HR", *ROW[1:])]), [links("person:a", "hr")])

    assert not theirs.enforce("person:a", *LIST)
    assert [fault.split()[1] for fault in faults_of(changed={PERMISSIONS: changed})] == ["unknown_role"]


def test_the_shipped_file_reads_the_same_in_casbins_own_reader() -> None:
    """Comments, empty rules and all: what people read is what a stock enforcer would load."""
    model = casbin.Enforcer.new_model(text=shipped_files()[MODEL])
    for line in shipped_files()[PERMISSIONS].splitlines():
        casbin.persist.load_policy_line(line, model)

    loaded = {tuple(row) for row in model["p"]["p"].policy}

    assert loaded == {tuple(row) for row in written("p")}
    assert {tuple(row) for row in model["g"]["g"].policy} == {("backend", "normal", "*")} == set(written("g"))


def written(kind: str) -> list[tuple[str, ...]]:
    """The rows of the shipped file, split by hand."""
    lines = shipped_files()[PERMISSIONS].splitlines()
    return [tuple(part.strip() for part in line.split(",")[1:]) for line in lines if line.startswith(f"{kind},")]
