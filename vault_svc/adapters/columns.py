"""How a field's value lies in a column, the same on both engines: equal values stay equal, order stays order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, DateTime, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from vault_svc.domain.audit import canonical
from vault_svc.domain.errors import Malformed

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_POSTGRES = "postgresql"


def _bytewise(dialect: Dialect) -> TypeEngine[Any]:
    """Text that sorts by code point: SQLite does so of itself, PostgreSQL by the collation of its database."""
    return dialect.type_descriptor(String(collation="C") if dialect.name == _POSTGRES else Text())


class Words(TypeDecorator[str]):
    """Text as it is. ``Malformed`` for what no engine can keep: NUL and lone surrogates."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Sort by code point."""
        return _bytewise(dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return a plain ``str``: an enum's member would be kept by its name."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError(f"text expected, not {type(value).__name__}")  # noqa: TRY004  # a wrong value for a field, as for an unknown one
        if not value.isascii():
            _refuse_surrogates(value)
        if "\0" in value:
            raise Malformed
        return str(value)


class Word(TypeDecorator[StrEnum]):
    """One word of a closed list; ``ValueError`` for any other."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Sort by code point."""
        return _bytewise(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the word itself."""
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the member."""
        return None if value is None else self.words(value)


class Moment(TypeDecorator[datetime]):
    """An aware moment, given back in UTC: ``timestamptz``, in SQLite text of one width, so that text order is time."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own type where it has one."""
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == _POSTGRES else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Refuse a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        in_utc = value.astimezone(UTC)
        return in_utc if dialect.name == _POSTGRES else in_utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return it in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)


class Day(TypeDecorator[date]):
    """A calendar day."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | None:
        """Refuse a moment, which would lose its hours."""
        if isinstance(value, datetime):
            raise ValueError("a day, not a moment")  # noqa: TRY004  # a wrong value for a field, as for an unknown one
        return value


class JsonMapping(TypeDecorator[Mapping[str, Any]]):
    """Plain JSON in its canonical text, so that equal contents are equal text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Sort by code point."""
        return _bytewise(dialect)

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        """Return the canonical text."""
        return None if value is None else _json(dict(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any] | None:
        """Return a ``dict``."""
        return None if value is None else json.loads(value)


class JsonTuple(TypeDecorator[tuple[Any, ...]]):
    """A tuple of plain values as canonical JSON text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Sort by code point."""
        return _bytewise(dialect)

    def process_bind_param(self, value: tuple[Any, ...] | None, dialect: Dialect) -> str | None:
        """Return the canonical text."""
        return None if value is None else _json(list(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Any, ...] | None:
        """Return a ``tuple``."""
        return None if value is None else tuple(json.loads(value))


def _json(value: object) -> str:
    try:
        return canonical(value).decode()
    except UnicodeEncodeError:
        raise Malformed from None


def _refuse_surrogates(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed from None
