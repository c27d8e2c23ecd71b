"""Names: one identity for each person, ids that make no path, and words fit to be shown.

A login name is stored in one spelling (NFKC, case folded, plain ASCII); what looks like another name or like a role is
refused, since people agree to what they read (UTS 39). No error repeats what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from vault_svc.domain.confusables import shows_nothing, skeleton
from vault_svc.domain.errors import Invalid, Violation
from vault_svc.domain.people import PersonName
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST: Final = 64
"""Characters of a name or id; 64 code points where it is shown to people."""

_LOGIN_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SEPARATORS = str.maketrans("", "", "._-")
_NO_WORDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = frozenset(" \u3000")
_MARKS = frozenset({"Mn", "Me"})
_MOST_MARKS = 4
"""UTS 39 §5.4: more nonspacing marks in a row are no writing."""

BAD_NAME = Text(
    "登录名只能用小写字母、数字和 . _ -,以字母或数字开头和结尾,最多 64 个字符",
    "a login name has letters, digits and . _ -, a letter or digit at both ends, and at most 64 characters",
)
BAD_ID = Text(
    "编号只能用字母、数字和 . _ -,最多 64 个字符", "an id is letters, digits and . _ -, at most 64 characters"
)
BAD_DISPLAY = Text(
    "名称须有 1 到 64 个字符,首尾不能有空格,不能含控制、不可见或特殊格式字符",
    "a name has 1 to 64 characters, no space at either edge, and no control, invisible or formatting characters",
)
NAME_IS_ROLE = Text("登录名与岗位名称相同或相似", "the login name is, or looks like, a role")
NAME_LOOKS_TAKEN = Text("登录名与已有的登录名相同或相似", "the login name is, or looks like, one that exists")


def canonical_name(typed: str, *, field: str = "name") -> PersonName:
    """Return the one spelling of a login name. ``Invalid`` where it can be none."""
    name = sign_in_name(typed)
    if name is None:
        raise _invalid("bad_name", BAD_NAME, field)
    return name


def sign_in_name(typed: str) -> PersonName | None:
    """Return the one spelling of what was typed to sign in, None where nobody can be called so."""
    if len(typed) > LONGEST:
        return None
    folded = unicodedata.normalize("NFKC", typed).casefold()
    if len(folded) > LONGEST or not _LOGIN_NAME.fullmatch(folded):
        return None
    return PersonName(folded)


def new_login_name(typed: str, *, roles: Iterable[str], taken: Iterable[str], field: str = "name") -> PersonName:
    """Return the spelling of a name for somebody new. ``Invalid`` where it is or looks like a role or a taken name.

    ``taken`` holds every login name ever given, ended people's too: names are not reused.
    """
    name = canonical_name(typed, field=field)
    if looks_like_role(name, roles) is not None:
        raise _invalid("name_is_role", NAME_IS_ROLE, field)
    if looks_like(name, taken) is not None:
        raise _invalid("name_looks_taken", NAME_LOOKS_TAKEN, field)
    return name


def check_id(written: str, *, field: str = "id") -> str:
    """Return an object's id as it is stored, in small letters. ``Invalid`` where it could be more than one segment."""
    if not _ID.fullmatch(written) or written in {".", ".."}:
        raise _invalid("bad_id", BAD_ID, field)
    return written.lower()


def check_display(typed: str, *, field: str = "display") -> str:
    """Return words shown to people as they are stored (NFC). ``Invalid`` where they could hide or forge something."""
    if len(typed) > LONGEST:
        raise _invalid("bad_display", BAD_DISPLAY, field)
    text = unicodedata.normalize("NFC", typed)
    if not 1 <= len(text) <= LONGEST or text != text.strip() or not all(map(_may_be_shown, text)) or _piled_up(text):
        raise _invalid("bad_display", BAD_DISPLAY, field)
    return text


@lru_cache(maxsize=4096)  # role ids and the names of a company, again and again
def look(name: str) -> str:
    """Return how a login name looks: its UTS 39 skeleton whatever the case (the prototype of ``0`` is a capital O)."""
    return skeleton(skeleton(name.casefold()).casefold())


def looks_like(name: str, others: Iterable[str]) -> str | None:
    """Return the first of the others that is or looks like the name, None where none does."""
    seen = look(name)
    return next((other for other in others if look(other) == seen), None)


def looks_like_role(name: str, roles: Iterable[str]) -> str | None:
    """Return the role id that the name is or looks like, with or without ``.``, ``_`` and ``-`` between the words."""
    seen = look(name).translate(_SEPARATORS)
    return next((role for role in roles if look(role).translate(_SEPARATORS) == seen), None)


def _may_be_shown(character: str) -> bool:
    category = unicodedata.category(character)
    if category in _NO_WORDS or shows_nothing(character):
        return False
    return category != "Zs" or character in _SPACES


def _piled_up(text: str) -> bool:
    """Whether marks hang on nothing, or more of them on one character than any language writes."""
    run = _MOST_MARKS
    for character in text:
        run = run + 1 if unicodedata.category(character) in _MARKS else 0
        if run > _MOST_MARKS:
            return True
    return False


def _invalid(code: str, text: Text, field: str) -> Invalid:
    return Invalid(text, violations=[Violation(code, text, field=field)])
