"""What is known about passwords outside the rules: zxcvbn's estimate and word lists, and names in pinyin."""

from __future__ import annotations

from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING

from zxcvbn import matching, scoring, time_estimates
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from vault_svc.adapters.pinyin import spellings
from vault_svc.domain.password_folding import common_forms, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEN = 72
"""zxcvbn raises over 72 characters; what comes after them can only help."""

_MOST_SUBSTITUTIONS = 16
"""zxcvbn tries every reading of the leet signs; a hostile value has thousands, which takes seconds."""


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
        """Return the ways to spell a Chinese name in Latin letters; none for a name without Chinese."""
        return spellings(name)


def _bounded(value: str) -> str:
    """Return the value, without its leet signs that are no letters or digits where they have too many readings."""
    readings = matching.relevant_l33t_subtable(value, matching.L33T_TABLE)
    if prod(len(signs) for signs in readings.values()) <= _MOST_SUBSTITUTIONS:
        return value
    return "".join(sign for sign in value if sign.isalnum() or not _is_leet(sign))


def _is_leet(sign: str) -> bool:
    return any(sign in signs for signs in matching.L33T_TABLE.values())
