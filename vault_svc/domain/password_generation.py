"""New passwords out of the operating system's randomness, made so that they keep the rules wherever they go."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from vault_svc.domain.errors import Broken
from vault_svc.domain.passwords import LONGEST_EVER, classes
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 20
"""A generated value is never shorter: 20 characters out of 62 are 119 bits."""

_LOWER = "abcdefghijkmnpqrstuvwxyz"  # without l and o, which look like 1 and 0
_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O
_DIGITS = "23456789"
# Without what platforms, shells, URLs, CSV files and statements take for their own: quotes, backslash and
# ; @ : / % ? # & + = , $ < > | ( ) [ ] { } ` and the space.
_SYMBOLS = "!*-._~"
_ANY = _LOWER + _UPPER + _DIGITS + _SYMBOLS
_FOUR = frozenset({"lower", "upper", "digit", "symbol"})

# For typing from paper: one case, no vowels (so no words), nothing that looks like something else. 16 are 75 bits.
_TYPED_FIRST = "bcdfghjkmnpqrstvwxz"
_TYPED = _TYPED_FIRST + _DIGITS
_GROUPS, _GROUP = 4, 4

_TRIES = 1000


def generate(*, length: int = SHORTEST, refused: Callable[[Secret], bool] | None = None) -> Secret:
    """Return a value for an account: all four classes, a letter first, no look-alikes, no sign that needs quoting.

    ``length`` is 20 to 128 (``ValueError`` else). ``refused`` is asked about each draw (``check`` under the rules in
    force); all that pass are equally likely.
    """
    if not SHORTEST <= length <= LONGEST_EVER:
        raise ValueError(f"a generated password has {SHORTEST} to {LONGEST_EVER} characters")

    def draw() -> str:
        return secrets.choice(_LOWER + _UPPER) + "".join(secrets.choice(_ANY) for _ in range(length - 1))

    return _first_good(draw, lambda value: classes(value) >= _FOUR, refused)


def generate_one_time(*, refused: Callable[[Secret], bool] | None = None) -> Secret:
    """Return a one-time password for a person to type: ``kfgt-7wmp-xr4c-9bhz``, a letter first, a digit in it."""

    def draw() -> str:
        signs = secrets.choice(_TYPED_FIRST) + "".join(secrets.choice(_TYPED) for _ in range(_GROUPS * _GROUP - 1))
        return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))

    return _first_good(draw, lambda value: "digit" in classes(value), refused)


def _first_good(
    draw: Callable[[], str], good: Callable[[str], bool], refused: Callable[[Secret], bool] | None
) -> Secret:
    for _ in range(_TRIES):
        value = draw()
        if good(value) and not (refused is not None and refused(Secret(value))):
            return Secret(value)
    raise Broken(Text("无法生成符合规则的密码", "no draw meets the rules; look at policies/passwords.toml"))
