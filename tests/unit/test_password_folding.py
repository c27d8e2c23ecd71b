from __future__ import annotations

import string
import unicodedata
from typing import TYPE_CHECKING

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.password_cases import shipped
from vault_svc.adapters.passwordfiles import COMMON
from vault_svc.domain.password_folding import (
    common_forms,
    core,
    fold,
    read_common,
    readings,
    squeeze,
    unmasked,
    without_digits,
)

if TYPE_CHECKING:
    from vault_svc.domain.errors import Fault

ANY_TEXT = st.text(st.characters(), max_size=80)


def faults_of(text: str) -> list[tuple[str, int]]:
    """The faults of a list of common passwords, with their lines."""
    faults: list[Fault] = []
    read_common(text, file="common.txt", faults=faults)
    return [(fault.code, fault.line) for fault in faults]


def test_an_empty_list_of_common_passwords_is_a_fault() -> None:
    """A list that says nothing would let everything through."""
    assert faults_of("# nothing\n\n") == [("empty", 0)]


def test_a_line_too_short_or_too_long_is_a_fault() -> None:
    """Two letters would match by chance, and nobody has 65 in common."""
    assert faults_of("woaini\nab\n密码\n爱\n" + "x" * 65) == [("wrong_length", n) for n in (2, 4, 5)]


def test_an_entry_that_folds_to_an_earlier_one_is_a_fault() -> None:
    """The list stays readable: what stands there twice is named."""
    assert faults_of("# head\nwoaini\n\nＷoaini\n") == [("twice", 4)]


def test_the_shipped_list_is_read_without_a_fault() -> None:
    """Some thousand entries, the most common first."""
    faults: list[Fault] = []

    entries = read_common(shipped()[COMMON], file=COMMON, faults=faults)

    assert faults == []
    assert len(entries) > 4000
    assert entries[0] == "a123456"
    assert {"woaini1314", "zhifubao", "taobao", "qazwsx", "密码"} <= set(entries)


def test_the_core_of_an_entry_counts_too_where_it_is_a_word() -> None:
    """``password1`` stands for ``password``; ``abc123`` does not stand for ``abc``."""
    assert common_forms(("password1", "abc123")) == {"password1", "password", "abc123"}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ＷｏＡｉＮｉ", "woaini"),
        ("рaѕѕwоrd", "password"),
        ("ΡΑЅЅWΟRD", "password"),
        ("pàsswörd", "password"),
        ("ⓟⓐⓢⓢ", "pass"),
        ("𝓹𝓪𝓼𝓼", "pass"),
        ("ІLОVЕ", "ilove"),
        ("İstanbul", "istanbul"),
        ("STRAẞE", "strasse"),
        ("мать", "matь"),
        ("我爱你", "我爱你"),
    ],
)
def test_folding_undoes_width_case_accents_and_look_alikes(written: str, plain: str) -> None:
    """What looks the same folds to the same."""
    assert fold(written) == plain


def test_every_single_letter_that_looks_like_a_latin_one_folds_to_ascii() -> None:
    """The whole data of UTS 39 is used, not a choice of it."""
    alike = {
        sign
        for sign, others in confusables_data.items()
        if len(sign) == 1 and unicodedata.category(sign) in {"Lu", "Ll"} and not sign.isascii()
        if any(other["c"] in string.ascii_letters for other in others)
    }
    assert len(alike) > 400

    left = {sign for sign in alike if not fold(sign).isascii()}

    assert left == set()


@given(value=ANY_TEXT)
def test_folding_twice_changes_nothing(value: str) -> None:
    """Entries of a list and readings of a value meet in one form."""
    assert fold(fold(value)) == fold(value)


@given(value=ANY_TEXT)
def test_readings_are_never_too_short_to_mean_anything(value: str) -> None:
    """Whatever is typed has a short list of readings, of at least three letters or two Chinese characters."""
    found = readings(value)

    assert all(len(form) >= (3 if form.isascii() else 2) for form in found)
    assert len(found) < 64


def test_leet_edges_separators_and_repetition_are_undone() -> None:
    """A guesser knows these tricks."""
    assert "woaini" in readings("2024W0a1n1@1314")
    assert "love" in readings("1ove|ove")
    assert "qwerty" in readings("q-w-e-r-t-y!!")
    assert "password" in readings("P@$$w0rdP@$$w0rd")
    assert {"w0rd", "word"} <= unmasked("w.0.r.d")


def test_digits_of_every_script_are_taken_out() -> None:
    """Also the Chinese ones, which are letters to everybody else."""
    assert without_digits("Kr1anich二٣Ⅳ２") == "kranichiv"
    assert without_digits("2024") == ""


def test_core_and_squeeze() -> None:
    """The core goes from the first to the last letter; squeezing keeps letters and digits."""
    assert core("!!12ab-3cd45") == "ab-3cd"
    assert core("1234") == ""
    assert squeeze("a-1 b.2") == "a1b2"
