"""What is told about a password that breaks a rule: a stable code, the rule, words in both languages, no value."""

from __future__ import annotations

from enum import StrEnum

from vault_svc.domain.errors import Violation
from vault_svc.domain.texts import Text


class Breach(StrEnum):
    """The stable code of each rule, in the order in which they are told."""

    TOO_LONG = "too_long"
    FORBIDDEN_CHARACTER = "forbidden_character"
    SPACE_AT_EDGE = "space_at_edge"
    TOO_SHORT = "too_short"
    BEGINS_WITH_DIGIT = "begins_with_digit"
    TOO_FEW_CLASSES = "too_few_classes"
    TOO_FEW_DIFFERENT = "too_few_different"
    COMMON = "common"
    OWN_WORDS = "own_words"
    TOO_GUESSABLE = "too_guessable"
    LIKE_THE_PRESENT = "like_the_present"
    USED_BEFORE = "used_before"


_WORDS = {
    Breach.FORBIDDEN_CHARACTER: Text(
        "含有看不见或无法识别的字符(控制符、格式符、私用区等)",
        "it holds characters that can't be seen or are not defined (control, format, private use)",
    ),
    Breach.SPACE_AT_EDGE: Text("开头和结尾不能是空格", "it must not begin or end with white space"),
    Breach.BEGINS_WITH_DIGIT: Text("不能以数字开头", "it must not begin with a digit"),
    Breach.COMMON: Text("这是常见密码,或只是它的变形", "it is a common password, or one in disguise"),
    Breach.OWN_WORDS: Text(
        "不能包含公司、平台、登录名、本人姓名或其拼音",
        "it must not contain the company, a platform, the login name, your own name or its pinyin",
    ),
    Breach.TOO_GUESSABLE: Text(
        "太容易被猜到,请用更长或更少见的组合", "it is too easy to guess: make it longer or rarer"
    ),
    Breach.LIKE_THE_PRESENT: Text(
        "与现在的密码相同,或只改了数字", "it is the present one, or the present one with only digits changed"
    ),
}
_OURS = frozenset({Breach.TOO_LONG, Breach.FORBIDDEN_CHARACTER, Breach.SPACE_AT_EDGE})
"""Rules of this service's own; all others carry out DB-5."""


def breach(code: Breach, words: Text | None = None) -> Violation:
    """Return the violation of a rule; rules with numbers bring their own words."""
    return Violation(code.value, words or _WORDS[code], rule=None if code in _OURS else "DB-5")


def too_long(most: int) -> Violation:
    """Over the cap."""
    return breach(Breach.TOO_LONG, Text(f"最多 {most} 个字符", f"it may have {most} characters at most"))


def too_short(least: int, *, eased: int) -> Violation:
    """Under the least; ``eased`` is what a second factor would make it."""
    zh, en = f"至少要有 {least} 个字符", f"it needs at least {least} characters"
    if eased < least:
        zh, en = f"{zh}(绑定二次验证后为 {eased} 个)", f"{en} ({eased} with a second factor)"
    return breach(Breach.TOO_SHORT, Text(zh, en))


def too_few_classes(needed: int, *, long_from: int, when_long: int) -> Violation:
    """Too few kinds of character; ``when_long`` are enough from ``long_from`` code points on."""
    zh = f"小写字母、大写字母、数字、符号、汉字中至少要有 {needed} 类"
    en = f"it needs at least {needed} of lower case, upper case, digits, symbols, Chinese characters"
    if when_long < needed:
        zh = f"{zh}({long_from} 个字符起 {when_long} 类即可)"
        en = f"{en} ({when_long} from {long_from} characters on)"
    return breach(Breach.TOO_FEW_CLASSES, Text(zh, en))


def too_few_different(needed: int) -> Violation:
    """Too few different code points."""
    words = Text(f"至少要有 {needed} 个不同的字符", f"it needs at least {needed} different characters")
    return breach(Breach.TOO_FEW_DIFFERENT, words)


def used_before(history: int) -> Violation:
    """One of the last few."""
    return breach(Breach.USED_BEFORE, Text(f"不能与最近 {history} 个密码相同", f"it was one of the last {history}"))
