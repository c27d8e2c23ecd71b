"""Faults in what was sent, as violations that never repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vault_svc.api.schemas import FIELD_NAMES
from vault_svc.domain.errors import Violation
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OTHERWISE: Final = Text("填写的内容不符合要求", "this is not what the field takes")

_WORDS: Final[Mapping[str, Text]] = {
    "bad_id": Text("只能用字母、数字和 . _ -,最多64个", "only letters, digits and . _ -, at most 64"),
    "bad_moment": Text(
        "时间须带时区,如 2026-12-05T18:00:00+08:00", "a time with its offset, such as 2026-12-05T18:00:00+08:00"
    ),
    "bool_type": Text("须为 true 或 false", "this must be true or false"),
    "contradiction": Text("generate 与 value 须且只能给一个", "give either `generate` or `value`"),
    "dict_type": Text("须为名称到内容的对应", "this must map names to values"),
    "extra_forbidden": Text("没有这一项", "there is no such field"),
    "hidden_character": Text("含有不可见字符", "it holds characters that nobody can see"),
    "list_type": Text("须为列表", "this must be a list"),
    "literal_error": Text("不在可选范围内", "this is none of the choices"),
    "missing": Text("必须填写", "this is missing"),
    "string_too_long": Text("过长", "this is too long"),
    "string_too_short": Text("不能为空", "this must not be empty"),
    "string_type": Text("须为文字", "this must be a text"),
    "too_long": Text("过多", "these are too many"),
    "too_short": Text("不能为空", "this must not be empty"),
}


def violations_of(faults: Sequence[Mapping[str, Any]]) -> list[Violation]:
    """Return a violation for each fault that pydantic found: its type and its place, in our own words."""
    return [Violation(str(f["type"]), _WORDS.get(str(f["type"]), _OTHERWISE), field=_place(f["loc"])) for f in faults]


def _place(loc: Sequence[int | str]) -> str:
    # A name that the caller wrote (an unknown field, a key of a mapping) may hold anything, a password too.
    where, *rest = loc or ("",)
    ours = where != "body"
    return ".".join(str(part) if ours or isinstance(part, int) or part in FIELD_NAMES else "…" for part in rest)
