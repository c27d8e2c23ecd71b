"""Chinese names in Latin letters, without tones: as ids, and in all the ways that somebody would type them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING

import pypinyin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 48
"""Room for a number behind it, within the 64 characters of an id."""

_MOST_READINGS = 32
"""Characters with more than one reading multiply."""


def slug(name: str) -> str:
    """Return how an id for this name could be written (``天猫`` → ``tian-mao``), empty where nothing is left."""
    folded = unicodedata.normalize("NFKC", name)
    parts = pypinyin.lazy_pinyin(folded, errors="default", v_to_u=False)
    plain = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:_LONGEST].strip("-")


def spellings(name: str) -> tuple[str, ...]:
    """Return the ways to spell a Chinese name, sorted; none for a name without Chinese.

    Whole, given name first, family name, given name, initials, mixtures: zhangwei, weizhang, zhang, wei, zw, zhangw.
    """
    syllables = pypinyin.pinyin(name, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    ways = itertools.islice(itertools.product(*(_typed(way) for way in syllables)), _MOST_READINGS)
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


def _typed(syllable: Iterable[str]) -> list[str]:
    """Return how one syllable is typed, in all its readings; ü is v, u or yu."""
    ways = {way.lower() for way in syllable if way}
    return sorted({typed for way in ways for typed in (way, way.replace("v", "u"), way.replace("v", "yu"))})
