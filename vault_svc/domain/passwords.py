"""The rules for passwords of people (DB-5), each named when it fails, never with the value.

The numbers come from ``policies/passwords.toml``; what no file can loosen stands here. Lengths count code points.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault_svc.domain import password_folding as folding
from vault_svc.domain.password_breaches import (
    Breach,
    breach,
    too_few_classes,
    too_few_different,
    too_long,
    too_short,
    used_before,
)
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import timedelta

    from vault_svc.domain.errors import Violation

LEAST_EVER = 6
"""DB-5: no profile goes below."""

LONGEST_EVER = 128
"""Nothing longer is normalised, judged or hashed, so that nobody can make the service work for nothing."""

_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FEWEST_LATIN = 4
_FEWEST_IDEOGRAPHS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """One profile of ``policies/passwords.toml``; ``platforms`` are words that belong to what the company uses.

    ``least_alone`` counts where there is no second factor. From ``long_from`` code points on ``classes_when_long`` are
    enough. ``strength`` is zxcvbn's scale from 0 (not asked) to 4.
    """

    profile: str
    least_alone: int
    least_with_second_factor: int
    longest: int
    classes: int
    long_from: int
    classes_when_long: int
    different: int
    strength: int
    common: bool
    own_words: bool
    history: int
    lasts_alone: timedelta
    lasts_with_second_factor: timedelta
    notice: timedelta
    one_time_lasts: timedelta
    platforms: tuple[str, ...] = ()

    def least(self, *, second_factor: bool) -> int:
        """Return how many code points are needed, never under DB-5's six."""
        return max(LEAST_EVER, self.least_with_second_factor if second_factor else self.least_alone)

    def most(self) -> int:
        """Return how many code points are allowed."""
        return min(LONGEST_EVER, self.longest)

    def lasts(self, *, second_factor: bool) -> timedelta:
        """Return how long a password stays in order."""
        return self.lasts_with_second_factor if second_factor else self.lasts_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordContext:
    """Whose password it is, and what is known outside the domain.

    ``common`` holds ``password_folding.common_forms``; ``strength`` scores 0 to 4; ``pinyin`` are Latin spellings of
    the own and the company's name; ``seen`` says whether a value matches a kept hash (slow, so it is asked last).
    """

    common: Collection[str] = field(repr=False)
    strength: Callable[[str], int] = field(repr=False)
    login: str = ""
    display: str = ""
    company: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    second_factor: bool = False
    current: Secret | None = None
    seen: Callable[[Secret], bool] | None = field(default=None, repr=False)


def normalise(value: str) -> str:
    """Return the one form in which a password is judged, hashed and checked: NFKC. Doing it again changes nothing."""
    return unicodedata.normalize("NFKC", value)


def hashable(password: Secret) -> Secret | None:
    """Return the normalised value to hash or to check, None for what can be nobody's password.

    The door before every hashing: over-long values and halves of surrogate pairs end here.
    """
    typed = password.reveal()
    if len(typed) > LONGEST_EVER or _has(typed, "Cs"):
        return None
    value = normalise(typed)
    return None if len(value) > LONGEST_EVER else Secret(value)


def check(password: Secret, *, rules: PasswordRules, context: PasswordContext) -> tuple[Violation, ...]:
    """Return every rule that the password breaks, in the order of ``Breach``; empty where it may be set."""
    # 1 size: what is too long is looked at no further
    typed = password.reveal()
    if len(typed) > rules.most() or len(normalise(typed)) > rules.most():
        return (too_long(rules.most()),)
    # 2 the value itself
    broken = list(_broken(typed, rules=rules, context=context))
    # 3 against the present one
    if context.current is not None and _like_present(typed, context.current, rules=rules):
        broken.append(breach(Breach.LIKE_THE_PRESENT))
    # 4 against the past, only where all else is well
    if not broken and context.seen is not None and context.seen(Secret(normalise(typed))):
        broken.append(used_before(rules.history))
    return tuple(broken)


def warn(value: Secret, *, rules: PasswordRules, context: PasswordContext) -> tuple[Violation, ...]:
    """Return what to warn about in a password typed for an outside platform: nothing of it forbids anything.

    The platform decides about length and history; of a value over the cap the beginning is judged.
    """
    return tuple(_broken(value.reveal()[:LONGEST_EVER], rules=rules, context=context))


def _broken(typed: str, *, rules: PasswordRules, context: PasswordContext) -> Iterator[Violation]:
    value = normalise(typed)
    length = min(len(typed), len(value))
    # 1 what it may be made of
    if any(unicodedata.category(sign) in _NEVER for sign in value):
        yield breach(Breach.FORBIDDEN_CHARACTER)
    if any(text[:1].isspace() or text[-1:].isspace() for text in (typed, value)):
        yield breach(Breach.SPACE_AT_EDGE)
    # 2 DB-5's own words
    least = rules.least(second_factor=context.second_factor)
    if length < least:
        yield too_short(least, eased=rules.least(second_factor=True))
    if any(text[:1].isdigit() for text in (typed, value)):
        yield breach(Breach.BEGINS_WITH_DIGIT)
    # 3 the complexity check
    needed = rules.classes_when_long if length >= rules.long_from else rules.classes
    if len(classes(value)) < needed:
        yield too_few_classes(needed, long_from=rules.long_from, when_long=rules.classes_when_long)
    if len(set(value)) < rules.different:
        yield too_few_different(rules.different)
    # 4 what others would try first
    if rules.common and any(form in context.common for form in folding.readings(value)):
        yield breach(Breach.COMMON)
    if rules.own_words and _holds_own_word(value, rules=rules, context=context):
        yield breach(Breach.OWN_WORDS)
    if context.strength(value) < rules.strength:
        yield breach(Breach.TOO_GUESSABLE)


def classes(value: str) -> frozenset[str]:
    """Return which of ``lower``, ``upper``, ``digit``, ``cjk`` and ``symbol`` occur.

    Letters of scripts without case count as ``cjk``; combining marks belong to their letter.
    """
    return frozenset(kind for kind in map(_class, value) if kind)


def _class(sign: str) -> str | None:
    category = unicodedata.category(sign)
    if sign.isdigit():
        return "digit"
    if category[0] == "L":
        return {"Ll": "lower", "Lu": "upper", "Lt": "upper"}.get(category, "cjk")
    return "symbol" if category[0] in "PSZN" else None


def _has(value: str, category: str) -> bool:
    return any(unicodedata.category(sign) == category for sign in value)


def _like_present(typed: str, current: Secret, *, rules: PasswordRules) -> bool:
    """Whether it is the present one or, where the profile keeps a history, the present one with digits changed."""
    new, old = normalise(typed), normalise(current.reveal()[:LONGEST_EVER])
    return new == old or (rules.history > 0 and folding.without_digits(new) == folding.without_digits(old))


def _holds_own_word(value: str, *, rules: PasswordRules, context: PasswordContext) -> bool:
    forms = folding.unmasked(folding.fold(value))
    whole = folding.readings(value)
    words = _own_words(rules=rules, context=context)
    return any(any(word in form for form in forms) if _telling(word) else word in whole for word in words)


def _own_words(*, rules: PasswordRules, context: PasswordContext) -> frozenset[str]:
    """Return the folded words that say who and where one is: whole names, their parts, given names."""
    names = (context.login, context.display, *context.company, *context.pinyin, *rules.platforms)
    words: set[str] = set()
    for name in map(folding.fold, names):
        parts = [name, *name.split()]
        words |= {form for part in parts for form in (folding.squeeze(part), folding.core(part))}
    display = folding.fold(context.display)
    # 王小明 goes by 小明, 欧阳小明 by 小明: a given name of two, after a family name of one or two.
    if display.isalpha() and not display.isascii() and len(display) in {3, 4}:
        words.add(display[-2:])
    return frozenset(words - {""})


def _telling(word: str) -> bool:
    """Whether a word is long enough not to stand in a password by chance; a shorter one counts only as the whole."""
    return len(word) >= (_FEWEST_LATIN if word.isascii() else _FEWEST_IDEOGRAPHS)
