from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.shape.not_yet import NOT_YET, RULES
from tests.shape.tree import ROOT, functions

if TYPE_CHECKING:
    from pathlib import Path

CARRIED_OUT = tuple(rule for rule in RULES if rule not in NOT_YET)


def file_of(rule: str) -> Path:
    """Where the tests of a rule are: ``ACC-1`` in ``tests/rules/test_acc_1.py``."""
    return ROOT / "tests" / "rules" / f"test_{rule.lower().replace('-', '_')}.py"


def test_no_test_file_stands_for_a_rule_that_does_not_exist() -> None:
    """A file in tests/rules belongs to one rule of the regulations."""
    known = {file_of(rule) for rule in RULES}

    strangers = {path.name for path in (ROOT / "tests" / "rules").glob("test_*.py") if path not in known}

    assert strangers == set()


def test_a_rule_not_yet_carried_out_has_no_test_file() -> None:
    """The list of rules not yet carried out is shortened when a rule gets its tests."""
    for rule in NOT_YET:
        assert rule in RULES
        assert not file_of(rule).exists(), f"delete {rule} from tests/shape/not_yet.py"


@pytest.mark.parametrize("rule", CARRIED_OUT)
def test_a_rule_that_is_carried_out_has_tests_that_name_it(rule: str) -> None:
    """Every rule that is carried out has a file of tests of its own."""
    assert file_of(rule).is_file(), f"{rule} has no tests in tests/rules"

    source = file_of(rule).read_text(encoding="utf-8")

    assert re.search(rf"(?<![A-Z0-9]){rule}(?![0-9])", source)
    assert any(function.name.startswith("test_") for function in functions(source))


def test_the_list_of_rules_is_the_regulations(shared: Path | None) -> None:
    """Where the regulations lie beside the project, every rule of theirs is in our list and no other."""
    named = set(RULES)

    if shared is not None:
        text = (shared / "regulations.md").read_text(encoding="utf-8")
        named = set(re.findall(r"\*\*([A-Z]+-[0-9]+)\*\*", text))

    assert named == set(RULES)
    assert len(RULES) == len(set(RULES))
