from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.password_cases import shipped
from vault_svc.adapters.passwordfiles import (
    COMMON,
    PASSWORDS,
    check_password_policy,
    common_entries,
    password_policy,
)
from vault_svc.domain.errors import Fault, PolicyFileInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILE = """\
least_alone = 15
least_with_second_factor = 8
longest = 128
classes = 3
long_from = 15
classes_when_long = 2
different = 5
strength = 3
common = true
own_words = true
history = 5
lasts_alone = "90d"
lasts_with_second_factor = "180d"
notice = "14d"
one_time_lasts = "14d"
"""
HEAD = 'schema = 1\nin_force = "default"\nplatforms = ["taobao"]\n'
GOOD = HEAD + "".join(f"[profile.{name}]\n{PROFILE}" for name in ("default", "seed_floor", "nist"))
FIRST_LINE = 5
"""The line of the first key of the first profile."""


def faults_of(text: str) -> list[tuple[str, int]]:
    """Code and line of each fault."""
    faults: list[Fault] = []
    found = check_password_policy({PASSWORDS: text}, faults)
    assert (found is None) is bool(faults)
    return [(fault.code, fault.line) for fault in faults]


def with_line(key: str, line: str) -> tuple[str, int]:
    """The good file with one key of the first profile written otherwise, and the number of that line."""
    old = next(found for found in PROFILE.splitlines() if found.startswith(f"{key} ="))
    return GOOD.replace(old, line, 1), FIRST_LINE + PROFILE.splitlines().index(old)


@pytest.mark.parametrize("key", [line.split(" ")[0] for line in PROFILE.splitlines()])
def test_a_key_that_is_left_out_is_a_fault(key: str) -> None:
    """Nothing is switched off by leaving it out; the fault stands at the profile's head."""
    text, _ = with_line(key, "")

    assert ("missing", FIRST_LINE - 1) in faults_of(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("least_alone", "5"),
        ("least_alone", "0"),
        ("least_alone", "-1"),
        ("least_alone", '""'),
        ("least_alone", "true"),
        ("least_alone", "129"),
        ("least_alone", "15.0"),
        ("least_with_second_factor", "5"),
        ("longest", "129"),
        ("longest", "5"),
        ("classes", "0"),
        ("classes", "6"),
        ("classes_when_long", "0"),
        ("long_from", "5"),
        ("different", "0"),
        ("strength", "5"),
        ("strength", "-1"),
        ("history", "-1"),
        ("history", "25"),
        ("lasts_alone", '"367d"'),
        ("lasts_with_second_factor", '"999d"'),
        ("one_time_lasts", '"400d"'),
    ],
)
def test_a_value_that_cannot_be_is_a_fault_at_its_line(key: str, value: str) -> None:
    """Six is the floor of DB-5, a year the longest that is still a regular time, 128 the cap."""
    text, line = with_line(key, f"{key} = {value}")

    assert ("out_of_range", line) in faults_of(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("common", '"yes"'),
        ("own_words", "1"),
        ("lasts_alone", "90"),
        ("lasts_alone", '"0d"'),
        ("lasts_alone", '"-1d"'),
        ("lasts_alone", '""'),
        ("notice", '"never"'),
    ],
)
def test_a_value_of_another_type_is_a_fault_at_its_line(key: str, value: str) -> None:
    """Flags are true or false, spans are written as days or hours."""
    text, line = with_line(key, f"{key} = {value}")

    assert ("wrong_type", line) in faults_of(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("least_with_second_factor", "16"),
        ("longest", "14"),
        ("classes_when_long", "4"),
        ("different", "9"),
        ("lasts_alone", '"181d"'),
        ("notice", '"90d"'),
    ],
)
def test_numbers_that_contradict_each_other_are_a_fault(key: str, value: str) -> None:
    """More different characters than characters, a notice longer than the life, and the like."""
    text, _ = with_line(key, f"{key} = {value}")

    assert {code for code, _line in faults_of(text)} == {"contradiction"}


def test_a_profile_without_a_complexity_check_is_a_fault() -> None:
    """DB-5 wants one: classes, or a strength that stands for them."""
    text = GOOD.replace("classes = 3", "classes = 1", 1).replace("classes_when_long = 2", "classes_when_long = 1", 1)

    assert faults_of(text) == []
    assert [code for code, _ in faults_of(text.replace("strength = 3", "strength = 2", 1))] == ["no_complexity_check"]


def test_an_unknown_key_is_a_fault_at_its_line() -> None:
    """In the file, in a profile, and as a profile."""
    assert faults_of(GOOD.replace("schema", "first_may_be_digit = true\nschema", 1)) == [("unknown_key", 1)]
    assert faults_of(GOOD.replace("history", "first_may_be_digit = true\nhistory", 1)) == [("unknown_key", 15)]
    assert faults_of(GOOD + f"[profile.loose]\n{PROFILE}") == [("unknown_key", GOOD.count("\n") + 1)]


def test_a_profile_that_is_missing_or_not_known_is_a_fault() -> None:
    """The three profiles are there, and one of them is in force."""
    assert ("missing", 0) not in faults_of(GOOD)
    assert [code for code, _ in faults_of(GOOD.replace("[profile.nist]", "[profile.lax]"))] == [
        "missing",
        "unknown_key",
    ]
    assert faults_of(GOOD.replace('in_force = "default"', 'in_force = "none"')) == [("unknown_word", 2)]


def test_what_is_no_toml_or_not_there_is_a_fault() -> None:
    """A file that can't be read is never an empty one."""
    faults: list[Fault] = []

    assert faults_of(GOOD + "[profile\n") == [("not_toml", GOOD.count("\n") + 1)]
    assert check_password_policy({}, faults) is None
    assert [fault.code for fault in faults] == ["missing_file"]


@pytest.mark.parametrize("read", [password_policy, common_entries])
def test_nothing_is_used_where_the_list_of_common_passwords_has_a_fault(
    read: Callable[[dict[str, str]], object],
) -> None:
    """The rules and the list are one set; each reader names the fault with its line."""
    with pytest.raises(PolicyFileInvalid) as caught:
        read({**shipped(), COMMON: "woaini\nab\n"})

    assert [(fault.file, fault.line) for fault in caught.value.faults] == [(COMMON, 2)]


def test_the_shipped_file_has_the_numbers_of_the_regulations() -> None:
    """What the default profile asks for, number by number."""
    rules = password_policy(shipped())

    assert rules.profile == "default"
    assert (rules.least_alone, rules.least_with_second_factor, rules.longest) == (15, 8, 128)
    assert (rules.classes, rules.long_from, rules.classes_when_long, rules.different) == (3, 15, 2, 5)
    assert (rules.strength, rules.common, rules.own_words, rules.history) == (3, True, True, 5)
    assert (rules.lasts_alone, rules.lasts_with_second_factor) == (timedelta(days=90), timedelta(days=180))
    assert rules.notice == timedelta(days=14)
    assert {"支付宝", "zhifubao", "taobao"} <= set(rules.platforms)
