"""What is typed after ``--set``, ``--from`` and ``--until``, as the API takes it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vault_svc.cli.failures import USAGE, Failure
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LATER: Final = re.compile(r"\+(\d{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def moment(written: str | None, *, now: datetime | None = None) -> str | None:
    """Return RFC 3339 with offset: ``+2h``, ``2026-12-05 18:00`` (this machine's zone), or a whole one."""
    if written is None:
        return None
    later = _LATER.fullmatch(written)
    if later:
        span = timedelta(**{_UNITS[later[2]]: int(later[1])})
        return ((now or datetime.now(UTC)) + span).replace(microsecond=0).isoformat()
    try:
        return datetime.fromisoformat(written).astimezone().isoformat()
    except ValueError:
        words = Text("时间写法: 2026-12-05T18:00:00+08:00 或 +2h", "a time is 2026-12-05T18:00:00+08:00 or +2h")
        raise Failure(USAGE, words, code="bad_moment") from None


def payload(settings: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload that ``key=value`` pairs say, typed by the kind's JSON Schema.

    ``a.b=c`` reaches into an object, lists are split at commas, ``key=@file`` takes a file's text, ``key:=json`` is
    taken as it stands.
    """
    made: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        raw = key.endswith(":")
        if not equals or not key.strip(":"):
            raise Failure(USAGE, Text("写法: --set 键=值", "written as --set key=value"), code="bad_setting")
        _place(made, schema, schema, key.removesuffix(":"), _raw(value) if raw else value, typed=raw)
    return made


def _place(
    made: dict[str, Any], node: Mapping[str, Any], root: Mapping[str, Any], key: str, value: object, *, typed: bool
) -> None:
    node = _resolved(node, root)
    if "properties" not in node:
        made[key] = value if typed else _text(str(value))
        return
    name, dot, rest = key.partition(".")
    below = _resolved(node["properties"].get(name, {}), root)
    if dot:
        inner = made.setdefault(name, {})
        if isinstance(inner, dict):
            _place(inner, below, root, rest, value, typed=typed)
        return
    made[name] = value if typed else _coerced(str(value), below)


def _coerced(value: str, node: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON
    text = _text(value)
    match node.get("type"):
        case "array":
            return [item.strip() for item in text.split(",") if item.strip()]
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case "integer" if re.fullmatch(r"-?\d{1,15}", text):
            return int(text)
        case _:
            return text


def _text(value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        words = Text(f"读不了文件 {value[1:]}", f"can't read {value[1:]}")
        raise Failure(USAGE, words, code="bad_file") from None


def _raw(value: str) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(value)
    except ValueError:
        raise Failure(USAGE, Text(":= 后须为 JSON", "JSON must follow :="), code="bad_setting") from None


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the one alternative that is not null."""
    if "$ref" in node:
        return _resolved(root.get("$defs", {}).get(str(node["$ref"]).rsplit("/", 1)[-1], {}), root)
    if "anyOf" in node:
        return _resolved(next((n for n in node["anyOf"] if n.get("type") != "null"), {}), root)
    return node
