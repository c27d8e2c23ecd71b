"""What is known about passwords outside the rules: zxcvbn's estimate and word lists, and names in pinyin."""

from __future__ import annotations

import itertools
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING

import pypinyin
from zxcvbn import matching, scoring, time_estimates
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from vault_svc.domain.password_folding import common_forms, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEEN = 72
"""zxcvbn raises over 72 characters; what comes after them can only help."""

_MOST_SUBSTITUTIONS = 16
"""zxcvbn tries every reading of the leet signs; a hostile value has thousands, which takes seconds."""

_MOST_READINGS = 32


class PasswordLore:
    """Common passwords, strength and pinyin. ``entries``: ``password_folding.read_common``, the most common first."""

    def __init__(self, entries: Sequence[str]) -> None:
        self.common: frozenset[str] = common_forms((*entries, *map(fold, FREQUENCY_LISTS["passwords"])))
        # A dictionary of our own beside zxcvbn's, which know no Chinese: Zhifubao#88 scores 4 without it. zxcvbn's own
        # entry point keeps user words in a global; its parts take the dictionaries as an argument, so they are used.
        self._dictionaries = {**matching.RANKED_DICTIONARIES, "own": matching.build_ranked_dict(entries)}

    def score(self, value: str) -> int:
        """Return zxcvbn's score, 0 (guessed at once) to 4, of the first 72 code points."""
        seen = _bounded(value[:SEEN])
        if not seen:
            return 0
        matches = matching.omnimatch(seen, self._dictionaries)
        guesses = scoring.most_guessable_match_sequence(seen, matches)["guesses"]
        return time_estimates.guesses_to_score(Decimal(guesses))

    def pinyin(self, name: str) -> tuple[str, ...]:
        """Return the ways to spell a Chinese name in Latin letters, sorted; none for a name without Chinese.

        Whole, given name first, family name, given name, initials, mixtures: zhangwei, weizhang, wei, zw, zhangw
        """
        syllables = pypinyin.pinyin(name, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
        ways = itertools.islice(itertools.product(*(_spellings(way) for way in syllables)), _MOST_READINGS)
        return tuple(sorted({form for way in ways if way for form in _forms(way)}))


def _forms(way: Sequence[str]) -> set[str]:
    whole, initials = "".join(way), "".join(part[0] for part in way)
    forms = {whole, initials}
    for family in (1, 2):
        if len(way) > family:
            first, given = "".join(way[:family]), "".join(way[family:])
            short = "".join(part[0] for part in way[family:])
            forms |= {given + first, first, given, first + short, short + first}
    return forms


def _spellings(syllable: Iterable[str]) -> list[str]:
    """Return one syllable's readings; ü is typed as v, u or yu."""
    ways = {way.lower() for way in syllable if way}
    return sorted({typed for way in ways for typed in (way, way.replace("v", "u"), way.replace("v", "yu"))})


def _bounded(value: str) -> str:
    """Return the value, without its leet signs that are no letters or digits where they have too many readings."""
    readings = matching.relevant_l33t_subtable(value, matching.L33T_TABLE)
    if prod(len(signs) for signs in readings.values()) <= _MOST_SUBSTITUTIONS:
        return value
    return "".join(sign for sign in value if sign.isalnum() or not _is_leet(sign))


def _is_leet(sign: str) -> bool:
    return any(sign in signs for signs in matching.L33T_TABLE.values())
