"""What a password looks like to somebody who guesses: one plain form behind every disguise.

Used only to compare; what is hashed is ``passwords.normalise``'s form and nothing else.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from vault_svc.domain.confusables import skeleton
from vault_svc.domain.errors import Fault
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORTEST_CORE = 4
"""An entry of the common list gives its core (``password1`` → ``password``) too, if that is at least this long."""

_FEWEST, _FEWEST_IDEOGRAPHS = 3, 2
_LONGEST_LINE = 64

# UTS 39 ties a capital to the Latin capital of its look; their small letters are typed in its place all the same.
_SMALL_OF_ALIKE = str.maketrans("вкмнтκτχ", "bkmhtktx")

_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "i"}
_LEET |= {"(": "c", "<": "c", "[": "c", "{": "c", "+": "t", "€": "e", "£": "l", "¥": "y"}
# 1 and | stand for either of two letters, so there are two ways back.
_UNLEET = tuple(str.maketrans(_LEET | {"1": letter, "|": letter}) for letter in ("i", "l"))


def fold(value: str) -> str:
    """Return the value without width, case, accents and look-alike letters. Folding again changes nothing."""
    plain = "".join(map(_latin, _unmarked(unicodedata.normalize("NFKC", value)))).casefold()
    # Case folding can bring out letters and marks that were hidden (İ, ẞ), hence once more.
    plain = "".join(map(_latin, _unmarked(plain))).casefold()
    return unicodedata.normalize("NFC", plain.translate(_SMALL_OF_ALIKE))


def without_digits(value: str) -> str:
    """Return the folded value without any figure, Chinese ones included."""
    return "".join(sign for sign in fold(value) if not sign.isnumeric())


def readings(value: str) -> frozenset[str]:
    """Return every plain form that a guesser would try for this value.

    Folded; without digits and signs at the edges; leet undone; separators taken out; the unit of a repetition.
    """
    plain = fold(value)
    found: set[str] = set()
    for base in {plain, _strip(plain, keep=_no_digit), _strip(plain, keep=str.isalpha)}:
        for form in unmasked(base):
            found |= {form, _strip(form, keep=str.isalpha), _unit(form)}
    return frozenset(filter(_says_something, found))


def unmasked(plain: str) -> frozenset[str]:
    """Return a folded value as it is, with leet undone, and both without separators."""
    forms = {plain, *(plain.translate(table) for table in _UNLEET)}
    squeezed = squeeze(plain)
    return frozenset(forms | {squeezed, *(squeezed.translate(table) for table in _UNLEET)} | set(map(squeeze, forms)))


def squeeze(plain: str) -> str:
    """Return only the letters and digits."""
    return "".join(filter(str.isalnum, plain))


def core(plain: str) -> str:
    """Return a folded value without what stands before its first and after its last letter."""
    return _strip(plain, keep=str.isalpha)


def read_common(text: str, *, file: str, faults: list[Fault]) -> tuple[str, ...]:
    """Return the entries of a list of common passwords, folded, in the order written (the most common first).

    One entry a line; ``#`` begins a comment. Empty files, over-long lines and repeated entries are faults.
    """
    found: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        folded = fold(entry)
        if len(folded) > _LONGEST_LINE or not _says_something(folded):
            words = Text("每行应为 3 到 64 个字符(汉字 2 个起)", "an entry has 3 to 64 characters (Chinese: from 2)")
            faults.append(Fault("wrong_length", words, file=file, line=number))
        elif folded in found:
            faults.append(
                Fault("twice", Text("与前面的一行重复", "this entry stands above already"), file=file, line=number)
            )
        found[folded] = None
    if not found:
        faults.append(Fault("empty", Text("常见密码表为空", "the list of common passwords is empty"), file=file))
    return tuple(found)


def common_forms(entries: tuple[str, ...]) -> frozenset[str]:
    """Return the set that ``readings`` is held against: each folded entry and its core."""
    cores = {core(entry) for entry in entries}
    return frozenset(entries) | frozenset(form for form in cores if len(form) >= _SHORTEST_CORE or _chinese(form))


@lru_cache(maxsize=4096)
def _latin(sign: str) -> str:
    """Return the ASCII letters that a sign is taken for, or the sign; ASCII stands for itself, l and 1 stay apart."""
    if sign.isascii() or not sign.isalpha():
        return sign
    seen = skeleton(sign)
    if seen == "l" and skeleton(sign.lower()) == "i":
        return "i"  # a capital I of another script
    return seen if seen.isascii() and seen.isalpha() else sign


def _unmarked(value: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", value) if unicodedata.category(sign) != "Mn")


def _no_digit(sign: str) -> bool:
    return not sign.isdigit()


def _strip(value: str, *, keep: Callable[[str], bool]) -> str:
    """Return the part from the first to the last sign that is kept."""
    kept = [at for at, sign in enumerate(value) if keep(sign)]
    return value[kept[0] : kept[-1] + 1] if kept else ""


def _chinese(form: str) -> bool:
    return not form.isascii() and _says_something(form)


def _says_something(form: str) -> bool:
    """Whether a form is long enough to mean something; two Chinese characters are a word, two letters none."""
    return len(form) >= (_FEWEST if form.isascii() else _FEWEST_IDEOGRAPHS)


def _unit(form: str) -> str:
    """Return the shortest part whose repetition is the whole form."""
    return form[: (form + form).find(form, 1)]
