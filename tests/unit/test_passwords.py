from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.password_cases import GOOD, GOOD_SHORT, broken, lore, policy, rules, somebody
from vault_svc.domain import password_breaches as breaches
from vault_svc.domain.password_breaches import Breach
from vault_svc.domain.passwords import LONGEST_EVER, check, classes, hashable, normalise, warn
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from vault_svc.domain.texts import Text

ANY_TEXT = st.text(st.characters(), max_size=200)  # surrogates, controls and unassigned characters included
PROFILES = ("seed_floor", "default", "nist")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "hidden",
    [
        "\x00",
        "\x1b",
        "\t",
        "\n",
        "\u200b",
        "\u200d",
        "\u202e",
        "\u00ad",
        "\ufeff",
        "\u2028",
        "\ud800",
        "\ue000",
        "\uffff",
    ],
    ids=ascii,
)
def test_invisible_and_undefined_characters_are_refused(profile: str, hidden: str) -> None:
    """Control, format, surrogate, unassigned and private characters are in no password, whatever the profile."""
    assert broken(f"Kranich-{hidden}Teller-Nord", profile=profile) == [Breach.FORBIDDEN_CHARACTER]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000", "\u2003"], ids=ascii)
def test_white_space_at_an_edge_is_refused(profile: str, space: str) -> None:
    """White space at an edge would be lost in copying; in the middle it is welcome."""
    assert broken(f"{space}{GOOD}", profile=profile) == [Breach.SPACE_AT_EDGE]
    assert broken(f"{GOOD}{space}", profile=profile) == [Breach.SPACE_AT_EDGE]
    assert broken("Kranich Teller Nord", profile=profile) == []


def test_white_space_that_normalising_brings_to_an_edge_is_refused() -> None:
    """An acute accent of its own becomes a space with a mark."""
    assert broken(f"\u00b4{GOOD}") == [Breach.SPACE_AT_EDGE]


@pytest.mark.parametrize("profile", PROFILES)
def test_more_than_128_code_points_are_refused_and_nothing_else_is_looked_at(profile: str) -> None:
    """The cap comes first, so that a long value costs nothing."""
    asked: list[str] = []

    def strength(value: str) -> int:
        asked.append(value)
        return 4

    context = replace(somebody(), strength=strength)

    too_long = check(Secret("1" * (LONGEST_EVER + 1)), rules=rules(profile), context=context)

    assert [violation.code for violation in too_long] == [Breach.TOO_LONG]
    assert asked == []
    assert broken((GOOD * 7)[:LONGEST_EVER], profile=profile) == []


def test_the_cap_counts_what_would_be_hashed() -> None:
    """One code point can normalise to eighteen."""
    assert broken("\ufdfa" * 20) == [Breach.TOO_LONG]
    assert hashable(Secret("\ufdfa" * 20)) is None


def test_length_counts_code_points_not_bytes() -> None:
    """Fourteen Chinese characters are 42 bytes and still one too few."""
    chinese = "海鸥掠过旧码头Ab灯塔闪了三下"

    assert len(chinese) == 15
    assert Breach.TOO_SHORT in broken(chinese[:14])
    assert broken(chinese) == []


def test_length_counts_what_was_typed_where_normalising_makes_it_longer() -> None:
    """A ligature of eighteen letters is one keystroke, not a long password."""
    assert Breach.TOO_SHORT in broken("\ufdfaAb1!")


def test_fifteen_without_a_second_factor_and_eight_with_one() -> None:
    """The default profile asks for less where there is a second factor."""
    with_factor = somebody(second_factor=True)

    assert broken(GOOD_SHORT) == [Breach.TOO_SHORT]
    assert broken(GOOD[:14]) == [Breach.TOO_SHORT]
    assert Breach.TOO_SHORT in broken(GOOD_SHORT[:7], context=with_factor)
    assert broken(GOOD_SHORT, context=with_factor) == []


def test_no_rules_go_below_six() -> None:
    """Even rules made past the reader of the file do not loosen DB-5."""
    loose = replace(rules("seed_floor"), least_alone=1, least_with_second_factor=1)

    found = check(Secret("aB-cD"), rules=loose, context=somebody())

    assert [violation.code for violation in found] == [Breach.TOO_SHORT]


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ("kranich-teller-nord", False),
        ("kranichtellernordsee", True),
        ("Kranichtellernordsee", False),
        ("海鸥掠过旧码头灯塔闪了三下再灭", True),
        ("海鸥掠过旧码头灯塔闪了三下,再灭", False),
    ],
)
def test_two_classes_are_enough_from_fifteen_on(value: str, missing: bool) -> None:  # noqa: FBT001  # a table
    """Lower, upper, digit, symbol, Chinese: two of them in a long password."""
    assert (Breach.TOO_FEW_CLASSES in broken(value)) is missing


def test_three_classes_are_needed_below_fifteen() -> None:
    """A short password with a second factor needs three of them."""
    with_factor = somebody(second_factor=True)

    assert Breach.TOO_FEW_CLASSES in broken("hqxv-tzrk-m", context=with_factor)
    assert Breach.TOO_FEW_CLASSES not in broken("hqxv-tzrk-7m", context=with_factor)


def test_classes_know_other_scripts() -> None:
    """Case counts in any script that has it; letters without case stand with the Chinese ones; any digit is one."""
    assert classes("aßж") == {"lower"}
    assert classes("AЖǅ") == {"upper"}
    assert classes("7٣²") == {"digit"}
    assert classes("中あ한ا") == {"cjk"}
    assert classes("! €") == {"symbol"}
    assert classes("\u0301") == frozenset()


def test_five_different_code_points_are_needed() -> None:
    """Four letters in any order are no password."""
    assert Breach.TOO_FEW_DIFFERENT in broken("aB-caB-caB-caB-c"[:15].replace("c", "a"))
    assert Breach.TOO_FEW_DIFFERENT not in broken("aB-cdaB-cdaB-cd")


@pytest.mark.parametrize(
    "value",
    [
        "woainiwoainiWOAINI",
        "Woaini@5201314!!!",
        "2024-W0a1n1-2024",
        "Ｗｏａｉｎｉ!!5201314",
        "рaѕѕwоrd!2024!2024",
        "P@$$w0rd!2024!2024",
        "pàsswörd!2024!2024",
        "P.a.s.s.w.o.r.d!2024",
        "Q1w2e3r4t5!!!!!!!",
        "qwertyuiop!20241111",
        "!!!Zhangwei!1990!!!",
        "我爱你一生一世!!20200520",
        "床前明月光!!!!!20241111",
        "Administrator!2024",
        "!!!!密码!!20241111",
    ],
)
def test_a_common_password_is_seen_through_every_disguise(value: str) -> None:
    """Width, case, accents, look-alikes, leet, separators and edges change nothing."""
    assert Breach.COMMON in broken(value)
    assert Breach.COMMON not in broken(value, profile="seed_floor")


@pytest.mark.parametrize(
    "value",
    [
        "Teller-LinXiao-Nord",
        "Teller-l1nx1a0-Nord",
        "Teller-林晓-Nord-See",
        "Teller-xiaolin-Nord",
        "Teller-示范商城-Nord-See",
        "Teller-ShiFanShangCheng",
        "Teller-支付宝-Nord-See",
        "Teller-Z.h.i.f.u.b.a.o",
        "Teller-Ａlipay-Nord",
        "Teller-1688-Nord-See",
    ],
)
def test_own_words_are_refused_in_any_spelling(value: str) -> None:
    """Login name, own name, its pinyin, company and platforms stand in no password."""
    assert broken(value) == [Breach.OWN_WORDS]


def test_a_given_name_of_two_is_an_own_word() -> None:
    """王小明 is called 小明."""
    assert Breach.OWN_WORDS in broken("Teller-小明-Nord-See", context=somebody(login="w", display="王小明"))


def test_a_short_own_word_counts_only_as_the_whole() -> None:
    """Two letters stand in many a password by chance."""
    li = somebody(login="li", display="Li")

    assert broken("Oliver-Teller-Nord", context=li) == []
    assert Breach.OWN_WORDS in broken("123li-123456789-123"[3:], context=replace(li, login="li123"))


def test_what_is_easy_to_guess_is_refused() -> None:
    """The score of zxcvbn is at least 3."""
    assert Breach.TOO_GUESSABLE in broken("abcdefghijklm-2020")
    assert Breach.TOO_GUESSABLE in broken("Hq7!vHq7!vHq7!vHq7!v")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_present_password_is_no_new_one(profile: str) -> None:
    """A change that changes nothing is none, also where the form differs only in width."""
    present = replace(somebody(), current=Secret(GOOD))

    assert broken(GOOD, profile=profile, context=present) == [Breach.LIKE_THE_PRESENT]
    assert broken(GOOD.replace("K", "\uff2b"), profile=profile, context=present) == [Breach.LIKE_THE_PRESENT]


@pytest.mark.parametrize("value", ["Kranich-Teller-Nord2", "Kranich-3Teller-Nord", "Kranich-Teller-Nord十一"])
def test_the_present_one_with_digits_changed_is_refused(value: str) -> None:
    """Counting up is what an outsider tries first."""
    present = replace(somebody(), current=Secret("Kranich-Teller-Nord1"))

    assert broken(value, context=present) == [Breach.LIKE_THE_PRESENT]
    assert broken(value, profile="seed_floor", context=present) == []


def test_a_password_that_was_used_before_is_refused() -> None:
    """The slow comparison with kept hashes is asked, with the form that was hashed."""
    asked: list[str] = []

    def seen(value: Secret) -> bool:
        asked.append(value.reveal())
        return True

    found = broken(GOOD.replace("K", "\uff2b"), context=replace(somebody(), seen=seen))

    assert found == [Breach.USED_BEFORE]
    assert asked == [GOOD]


def test_kept_hashes_are_not_asked_where_another_rule_says_no() -> None:
    """Five hashes cost a tenth of a second."""
    asked: list[Secret] = []
    context = replace(somebody(), seen=lambda value: bool(asked.append(value)))

    assert broken("1" + GOOD, context=context) == [Breach.BEGINS_WITH_DIGIT]

    assert asked == []


def test_all_broken_rules_are_told_in_one_order() -> None:
    """The order is that of the list of rules, so that an interface can rely on it."""
    found = broken("1\u200b1 ")

    assert found == [breach for breach in Breach if breach in found]
    assert found[:4] == ["forbidden_character", "space_at_edge", "too_short", "begins_with_digit"]


def test_a_typed_value_of_an_outside_platform_is_only_warned_about() -> None:
    """It is judged by the same rules, whatever its length, and never compared with anybody's history."""
    context = replace(somebody(), current=Secret(GOOD), seen=lambda _: True)

    assert [w.code for w in warn(Secret("1" + "x" * 70_000), rules=rules(), context=context)][:1] == [
        "begins_with_digit"
    ]
    assert warn(Secret(GOOD), rules=rules(), context=context) == ()


@pytest.mark.parametrize("profile", PROFILES)
@given(value=ANY_TEXT)
@example(value="")
@example(value="\u0130" * 20)
@example(value="4@8({[<3691!|10$5+7%2" * 3)
def test_no_value_makes_the_check_fail_and_none_is_told(profile: str, value: str) -> None:
    """Whatever is typed, the answer is a list of rules whose words are the same for every value."""
    context = replace(somebody(), current=Secret(value), seen=lambda _: False)

    found = check(Secret(value), rules=rules(profile), context=context)

    assert found
    assert {violation.text for violation in found} <= _words_of(profile)
    assert all(repr(v) == f"Violation({v.code!r}, field='', rule={v.rule!r})" for v in found)
    assert repr(replace(context, current=Secret(""))) == repr(context)


@given(value=ANY_TEXT)
def test_normalising_twice_changes_nothing(value: str) -> None:
    """What is judged, hashed and checked is one form."""
    once = normalise(value)

    assert normalise(once) == once
    assert unicodedata.is_normalized("NFKC", once)


@given(value=ANY_TEXT)
def test_what_is_let_through_to_hashing_can_be_hashed(value: str) -> None:
    """It encodes to UTF-8 and has at most 128 code points; what breaks no rule is always let through."""
    found = hashable(Secret(value))

    if found is not None:
        assert len(found.reveal()) <= LONGEST_EVER
        assert found.reveal().encode().decode() == normalise(value)
    else:
        assert check(Secret(value), rules=rules("seed_floor"), context=somebody())


def _words_of(profile: str) -> set[Text]:
    """Everything that can be told under a profile, put together without any value."""
    told, set_ = breaches, rules(profile)
    least = {factor: set_.least(second_factor=factor) for factor in (True, False)}
    numbered = {
        told.too_long(set_.most()),
        told.too_short(least[False], eased=least[True]),
        told.too_short(least[True], eased=least[True]),
        told.too_few_different(set_.different),
        told.used_before(set_.history),
        *(
            told.too_few_classes(needed, long_from=set_.long_from, when_long=set_.classes_when_long)
            for needed in (set_.classes, set_.classes_when_long)
        ),
    }
    plain = set(Breach) - {Breach(violation.code) for violation in numbered}
    return {violation.text for violation in (*numbered, *map(told.breach, plain))}


def test_the_profiles_are_the_three_of_the_policy_file() -> None:
    """The tests above go over all of them."""
    assert set(policy().profiles) == set(PROFILES)
    assert lore().common
