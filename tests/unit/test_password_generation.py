from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.password_cases import rules, somebody
from vault_svc.domain.errors import Broken
from vault_svc.domain.password_generation import SHORTEST, generate, generate_one_time
from vault_svc.domain.passwords import LONGEST_EVER, PasswordContext, check, classes
from vault_svc.domain.secrets import Secret

NEVER = set("'\"`\\;@:/%?#&+=,$<>|()[]{} 0O1lI")
PROFILES = ("seed_floor", "default", "nist")


def refused_by_default(value: Secret, judged: PasswordContext) -> bool:
    """Whether the default profile refuses it."""
    return bool(check(value, rules=rules(), context=judged))


@pytest.mark.parametrize("length", [-1, 0, SHORTEST - 1, LONGEST_EVER + 1])
def test_no_other_length_is_made(length: int) -> None:
    """At least 20, and never more than can be hashed."""
    with pytest.raises(ValueError, match="20 to 128"):
        generate(length=length)


def test_rules_that_refuse_everything_are_named_and_do_not_hang() -> None:
    """Somebody wrote rules that nothing meets."""
    with pytest.raises(Broken):
        generate(refused=lambda _: True)
    with pytest.raises(Broken):
        generate_one_time(refused=lambda _: True)


def test_a_thousand_generated_values_begin_with_a_letter_and_need_no_quoting() -> None:
    """None begins with a digit or a hyphen, all have the four classes, and no sign that somebody else reads."""
    values = [generate().reveal() for _ in range(1000)]

    assert {len(value) for value in values} == {SHORTEST}
    assert all(value[0].isascii() and value[0].isalpha() for value in values)
    assert all(classes(value) == {"lower", "upper", "digit", "symbol"} for value in values)
    assert not NEVER & set("".join(values))
    assert len(set(values)) == 1000


def test_every_sign_comes_up() -> None:
    """The choice is as wide as it says: 24 + 24 + 8 + 6 signs, none of them rare."""
    count = Counter("".join(generate(length=LONGEST_EVER).reveal() for _ in range(100)))

    assert len(count) == 62
    assert min(count.values()) > 100


@settings(max_examples=30)  # up to 0.1 s each
@given(length=st.integers(SHORTEST, LONGEST_EVER))
def test_every_generated_value_passes_all_profiles(length: int) -> None:
    """Always, where it is asked about each draw; without, all but one in thousands (own words by chance)."""
    judged = somebody()
    value = generate(length=length, refused=lambda v: refused_by_default(v, judged))

    broken = [check(value, rules=rules(profile), context=judged) for profile in PROFILES]

    assert broken == [(), (), ()]
    assert len(value.reveal()) == length


def test_what_is_refused_is_drawn_again() -> None:
    """The predicate decides."""
    value = generate(refused=lambda v: v.reveal()[1] != "a")

    assert value.reveal()[1] == "a"


def test_three_hundred_one_time_passwords_can_be_typed_and_keep_the_rules() -> None:
    """Four groups of four small letters and digits; a letter first; no vowels, so no words."""
    judged = somebody()
    values = [generate_one_time(refused=lambda v: refused_by_default(v, judged)) for _ in range(300)]
    plain = [value.reveal() for value in values]

    assert all([len(group) for group in value.split("-")] == [4, 4, 4, 4] for value in plain)
    assert all(value[0].isalpha() and value.islower() for value in plain)
    assert not set("aeiou01l") & set("".join(plain))
    assert len(set(plain)) == 300
    for profile in PROFILES:
        assert all(check(value, rules=rules(profile), context=judged) == () for value in values)


def test_what_is_generated_shows_nothing_of_itself() -> None:
    """It comes as a secret."""
    assert repr(generate()) == repr(Secret("")) == repr(generate_one_time())
