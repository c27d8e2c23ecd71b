"""Reading single fields of the company file; after a fault each reader returns a stand-in that refers to nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

from vault_svc.domain import names, shapes
from vault_svc.domain.errors import Invalid
from vault_svc.domain.people import PersonName
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

    from vault_svc.domain.reading import Node

T = TypeVar("T")
E = TypeVar("E", bound="StrEnum")
S = TypeVar("S", bound=str)

LAST_DAY_OF_EVERY_MONTH = 28
NO_NAME = PersonName("")


def an_id(node: Node, key: str) -> str:
    """Return an id in small letters, empty after a fault."""
    return _checked(node, key, names.check_id)


def login_name(node: Node, key: str) -> PersonName:
    """Return a login name in its one spelling, empty after a fault."""
    return PersonName(_checked(node, key, names.canonical_name))


def shown(node: Node, key: str) -> str:
    """Return words that are shown to people, empty after a fault."""
    return _checked(node, key, names.check_display)


def mail(node: Node, key: str) -> str | None:
    """Return a mail address, None where it was not written or after a fault."""
    return _shaped(node, key, shapes.is_mail, Text("不是有效的邮箱地址", "this is no mail address"), code="bad_mail")


def web_address(node: Node, key: str) -> str | None:
    """Return a web address, None where it was not written or after a fault."""
    text = Text("须是 http(s) 网址,且不含登录名和密码", "an http(s) address without a name or password in it")
    return _shaped(node, key, shapes.is_web_address, text, code="bad_url")


def closed(node: Node, key: str, choices: type[E]) -> E | None:
    """Return a member of a closed list, None after a fault; what was written is not repeated, it may be a secret."""
    written = node.string(key)
    if written in {member.value for member in choices}:
        return choices(written)
    if written:
        known = "、".join(choices), ", ".join(choices)
        node.fault("unknown_word", Text(f"「{key}」只能是 {known[0]}", f"{key!r} can be: {known[1]}"), key)
    return None


def day(node: Node, key: str) -> dt.date | None:
    """Return a day written as ``2026-01-31`` without quotes, None after a fault."""
    if not node.has(key):
        node.fault("missing", Text(f"缺少「{key}」", f"{key!r} is missing"))
        return None
    written = node.table[key]
    if isinstance(written, dt.date) and not isinstance(written, dt.datetime):
        return written
    node.fault("wrong_type", Text(f"「{key}」应为日期,如 2026-01-31", f"{key!r} must be a day: 2026-01-31"), key)
    return None


def day_of_month(node: Node, key: str) -> None:
    """Note what is no day that every month has."""
    if not node.has(key):
        return
    written = node.table[key]
    if type(written) is not int:
        node.fault("wrong_type", Text(f"「{key}」应为整数", f"{key!r} must be a whole number"), key)
    elif not 1 <= written <= LAST_DAY_OF_EVERY_MONTH:
        text = Text(f"「{key}」应在 1 到 28 之间", f"{key!r} must be from 1 to 28, so that every month has it")
        node.fault("day_out_of_range", text, key)


def texts(node: Node, key: str) -> tuple[str, ...]:
    """Return a list of texts that may be empty or not written at all."""
    return node.strings(key) if node.table.get(key, []) != [] else ()


def each_once(pairs: Sequence[tuple[Node, T]], key: str, ident: Callable[[T], str]) -> dict[str, tuple[Node, T]]:
    """Return the entries by id; a second one with an id that was there before is a fault."""
    found: dict[str, tuple[Node, T]] = {}
    for node, entry in pairs:
        written = ident(entry)
        if not written:
            continue
        if written in found:
            line = found[written][0].source.line_of((*found[written][0].path, key))
            text = Text(f"「{written}」在第 {line} 行已经出现", f"{written!r} is there already, in line {line}")
            node.fault("duplicate", text, key)
        found.setdefault(written, (node, entry))
    return found


def plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table as plain JSON: days become ``2026-01-31``."""
    return {key: _plain(value) for key, value in table.items()}


def _plain(value: object) -> Any:  # noqa: ANN401  # JSON is what it is
    if isinstance(value, dict):
        return plain(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _checked(node: Node, key: str, check: Callable[[str], S]) -> str:
    written = node.string(key)
    if not written:
        return ""
    try:
        return check(written)
    except Invalid as refused:
        node.fault(refused.violations[0].code, refused.violations[0].text, key)
        return ""


def _shaped(node: Node, key: str, fits: Callable[[str], bool], text: Text, *, code: str) -> str | None:
    if not node.has(key):
        return None
    written = node.string(key)
    if written and not fits(written):
        node.fault(code, text, key)
        return None
    return written or None
