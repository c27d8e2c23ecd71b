"""DB-5: a complexity check, at least 6 characters, no digit first, changed at regular times; under every profile."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.gate_cases import ask, links, shipped_enforcer, shipped_policies
from tests.unit.password_cases import GOOD, GOOD_SHORT, policy, rules, shipped, somebody
from tests.unit.password_desk import FIRST, NAME, Desk, open_desk
from vault_svc.adapters.passwordfiles import PASSWORDS, check_password_policy
from vault_svc.domain.errors import PasswordRejected
from vault_svc.domain.password_age import state_of
from vault_svc.domain.password_generation import generate, generate_one_time
from vault_svc.domain.passwords import check
from vault_svc.domain.people import Password, PasswordState
from vault_svc.domain.permissions import Permission
from vault_svc.domain.secrets import Secret
from vault_svc.services.passwords import set_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vault_svc.domain.errors import Fault, Violation

PROFILES = sorted(policy().profiles)
ALL_DIGITS = "".join(sign for sign in map(chr, range(sys.maxunicode + 1)) if sign.isdigit())
MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
STILL_OPEN = {Permission.ME_PASSWORD, Permission.ME_READ, Permission.SESSION_END}
"""What somebody can do whose password is not in order: change it, read about oneself, leave."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody with a password, over a real store."""
    yield from open_desk(tmp_path)


def broken(value: str, profile: str, *, second_factor: bool = False) -> tuple[Violation, ...]:
    """What a profile says about a value."""
    return check(Secret(value), rules=rules(profile), context=somebody(second_factor=second_factor))


def named(violations: tuple[Violation, ...]) -> set[str]:
    """The codes of what is told under DB-5."""
    return {violation.code for violation in violations if violation.rule == "DB-5"}


@pytest.mark.parametrize("second_factor", [False, True], ids=["alone", "with a second factor"])
@pytest.mark.parametrize("profile", PROFILES)
def test_five_characters_are_too_few(profile: str, second_factor: bool) -> None:  # noqa: FBT001  # a table
    """DB-5: at least 6, in characters: five Chinese ones are 15 bytes and too few."""
    for short in ("", "aB-cD", "密码Aa-"):
        assert "too_short" in named(broken(short, profile, second_factor=second_factor))


def test_six_characters_are_enough_to_the_letter() -> None:
    """DB-5: the seed's floor asks for no more than the rule."""
    assert broken("aB-cDe", "seed_floor") == ()
    assert broken("密码Aa-b", "seed_floor") == ()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("first", ["0", "1", "9", "１", "①", "²", "٣", "߁", "⒈", "½", "𝟗", "🄂"], ids=ascii)
def test_a_digit_of_any_script_is_not_first(profile: str, first: str) -> None:
    """DB-5: as it was typed and as it is hashed; the contract's example is refused by name."""
    assert named(broken(f"{first}{GOOD}", profile)) == {"begins_with_digit"}
    assert "begins_with_digit" in named(broken("1abcdef", profile))


def test_there_is_no_digit_that_may_be_first() -> None:
    """DB-5: every code point that is a digit, all of them."""
    context, floor = somebody(), rules("seed_floor")

    let_through = [sign for sign in ALL_DIGITS if not check(Secret(f"{sign}aB-cD"), rules=floor, context=context)]

    assert len(ALL_DIGITS) > 700
    assert let_through == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("first", ["a", "中", "一", "Ⅳ", "-", "é"])
def test_what_is_no_digit_may_be_first(profile: str, first: str) -> None:
    """DB-5: letters, Chinese numerals and signs are no digits, and a digit further on is welcome."""
    assert broken(f"{first}7{GOOD}", profile) == ()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("simple", ["aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrst", "qwertyuiopqwertyuiop"])
def test_a_simple_password_fails_the_complexity_check(profile: str, simple: str) -> None:
    """DB-5: every profile has a check that these fail, and says so under the rule."""
    assert named(broken(simple, profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_good_password_passes(profile: str) -> None:
    """DB-5: the rules can be met, without and with a second factor."""
    assert broken(GOOD, profile) == ()
    assert broken(GOOD_SHORT, profile, second_factor=True) == ()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("least_alone = 6", "least_alone = 5"),
        ("least_with_second_factor = 6", "least_with_second_factor = 5"),
        ("classes = 3\nlong_from = 15\nclasses_when_long = 3", "classes = 1\nlong_from = 15\nclasses_when_long = 1"),
        ('lasts_alone = "90d"', 'lasts_alone = "367d"'),
        ('lasts_alone = "90d"', ""),
        ("schema = 1", "schema = 1\nfirst_may_be_digit = true"),
    ],
)
def test_a_policy_file_cannot_loosen_the_rule(was: str, becomes: str) -> None:
    """DB-5: shorter, simpler, for ever, or a digit first: such a file is refused as a whole."""
    text = shipped()[PASSWORDS]
    faults: list[Fault] = []
    assert was in text

    found = check_password_policy({PASSWORDS: text.replace(was, becomes, 1)}, faults)

    assert found is None
    assert faults


@pytest.mark.parametrize("profile", PROFILES)
def test_every_password_has_an_end_within_a_year(profile: str) -> None:
    """DB-5: changed at regular times; the default is 90 days, 180 with a second factor."""
    lives = [rules(profile).lasts(second_factor=factor) for factor in (False, True)]

    assert all(timedelta(0) < life <= timedelta(days=366) for life in lives)
    if profile == "default":
        assert lives == [timedelta(days=90), timedelta(days=180)]


@pytest.mark.parametrize("state", ["expired", *(state for state in PasswordState if state != PasswordState.IN_ORDER)])
def test_past_its_end_nothing_is_open_but_changing_it(state: str) -> None:
    """DB-5: whoever it is, with every post of the company and every relation to the thing."""
    gate = shipped_enforcer()
    every_role = {*shipped_policies().roles.by_id, "person", "employee", "custodian", "grantee", "self", "party", "dba"}
    who = links("person:a", *every_role)

    acts = {act: ask(gate, who, act, kind, password=state) for kind, act in gate.acts}

    assert {act for act, decision in acts.items() if decision} <= STILL_OPEN
    assert acts[Permission.ME_PASSWORD]


def test_the_end_comes_by_itself() -> None:
    """DB-5: no job has to run; the clock is enough."""
    kept = Password(NAME, "", PasswordState.IN_ORDER, MONDAY, MONDAY + timedelta(days=90))

    assert state_of(kept, at=MONDAY + timedelta(days=90)) == "expired"
    assert state_of(kept, at=MONDAY + timedelta(days=89)) == "in_order"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_change_is_a_change(desk: Desk, profile: str) -> None:
    """DB-5: the present password again is no change at regular times."""
    desk.profile = profile

    with pytest.raises(PasswordRejected) as caught:
        set_own(desk.context, desk.caller, current=Secret(FIRST), new=Secret(FIRST))

    assert caught.value.rule == "DB-5"
    assert [violation.code for violation in caught.value.violations] == ["like_the_present"]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_way_to_set_a_password_goes_around_the_rule(desk: Desk, profile: str) -> None:
    """DB-5: the use case that keeps it asks; what it refuses stays unset."""
    desk.profile = profile

    with pytest.raises(PasswordRejected) as caught:
        set_own(desk.context, desk.caller, current=Secret(FIRST), new=Secret("1" + GOOD))

    assert [violation.code for violation in caught.value.violations] == ["begins_with_digit"]
    assert desk.fits(FIRST)


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=20)
@given(length=st.integers(20, 40))
def test_what_is_generated_keeps_the_rule(profile: str, length: int) -> None:
    """DB-5: values for accounts and one-time passwords for people alike."""
    for value in (generate(length=length), generate_one_time()):
        assert named(check(value, rules=rules(profile), context=somebody())) <= {"own_words"}
        assert not value.reveal()[0].isdigit()
