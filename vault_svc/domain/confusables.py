"""Skeletons of UTS 39 (Unicode Security Mechanisms §4): two texts that look alike have the same one.

The data are those of the ``confusable-homoglyphs`` distribution, which is read here and nowhere else. They are
constants, like ``unicodedata``; they are read at the first use, since that takes some 60 ms.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LEFT_TO_RIGHT_MARK = "\u200e"
"""Unicode's file puts it around right-to-left examples, and the library took it over."""

_SHOWS_NOTHING = (
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
)
_INVISIBLE = frozenset(map(chr, (*_SHOWS_NOTHING, *range(0xE0000, 0xE1000))))
"""Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties), and the empty Braille cell."""


def shows_nothing(character: str) -> bool:
    """Whether a character takes no room and leaves no ink."""
    return character in _INVISIBLE


def skeleton(text: str) -> str:
    """Return the UTS 39 skeleton: decomposed, without what shows nothing, each character replaced by its prototype.

    Only good for comparing; never shown, stored as a name or compared with a text that is no skeleton.
    """
    table = _prototypes()
    seen = unicodedata.normalize("NFD", text)
    replaced = "".join(table.get(c, c) for c in seen if not shows_nothing(c))
    return unicodedata.normalize("NFD", replaced)


@cache
def _prototypes() -> Mapping[str, str]:
    """Return character → prototype.

    The library keeps each pair both ways, so the direction is found again: in each group of look-alikes the prototype
    is the one that all others are tied to, and only a prototype has more than one character.
    """
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415  # read at the first use

    ties = {_plain(text): sorted({_plain(item["c"]) for item in others}) for text, others in confusables_data.items()}
    direct: dict[str, str] = {}
    for text, others in ties.items():
        prototype = max((text, *others), key=lambda one: (len(one) > 1, len(ties[one]), one))
        if len(text) == 1 and text != prototype:
            direct[text] = prototype
    return {text: _settled(prototype, direct) for text, prototype in direct.items()}


def _settled(prototype: str, direct: Mapping[str, str]) -> str:
    """Return the prototype with its own characters replaced too, as long as that changes something."""
    for _ in range(8):
        further = _mapped(unicodedata.normalize("NFD", prototype), direct)
        if further == prototype:
            break
        prototype = further
    return prototype


def _mapped(text: Iterable[str], direct: Mapping[str, str]) -> str:
    return "".join(direct.get(character, character) for character in text)


def _plain(text: str) -> str:
    return text.replace(_LEFT_TO_RIGHT_MARK, "")
