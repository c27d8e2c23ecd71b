"""Conditions as keyword arguments on field names, read once into a shape (which makes a statement) and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, and_, bindparam, false, or_, tuple_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import BindParameter, Column, ColumnElement, Table
    from sqlalchemy.types import TypeEngine

_HIGHEST: Final = "\U0010ffff"
"""Sorts after every character that text may hold; the end of a prefix's span."""


class Condition(NamedTuple):
    """One condition without its values: ``width`` is how many values it takes."""

    field: str
    comparison: str
    width: int


class Order(NamedTuple):
    """One field to order by."""

    field: str
    down: bool


class Slots:
    """The places for values in one statement, in the order in which the values are handed over."""

    def __init__(self) -> None:
        self.types: list[TypeEngine[Any]] = []

    def take(self, column: Column[Any]) -> BindParameter[Any]:
        """Return the next place, for a value of this column."""
        self.types.append(column.type)
        return bindparam(f"p{len(self.types) - 1}", type_=column.type)


def read_conditions(table: Table, where: Mapping[str, object]) -> tuple[tuple[Condition, ...], list[object]]:
    """Return the shape and the values; ``ValueError`` for an unknown field or comparison."""
    shape: list[Condition] = []
    values: list[object] = []
    for word, value in where.items():
        field, _, comparison = word.partition("__")
        if field not in table.c:
            raise ValueError(f"{table.name} has no field {field!r}")
        try:
            condition, given = _READERS[comparison](field, value)
        except KeyError:
            raise ValueError(f"no comparison {comparison!r}") from None
        shape.append(condition)
        values.extend(given)
    return tuple(shape), values


def read_order(table: Table, order: Sequence[str]) -> tuple[Order, ...]:
    """Return the order, ended by the primary key so that it is total; ``ValueError`` for an unknown field."""
    wanted = [Order(word.removeprefix("-"), word.startswith("-")) for word in order]
    for one in wanted:
        if one.field not in table.c:
            raise ValueError(f"{table.name} has no field {one.field!r}")
    named = {one.field for one in wanted}
    return (*wanted, *(Order(column.name, down=False) for column in table.primary_key if column.name not in named))


def read_after(table: Table, order: Sequence[str], after: Sequence[object] | None) -> None:
    """Check that a page can begin after these values: one for each field, none NULL, and together unique."""
    if after is None:
        return
    named = {word.removeprefix("-") for word in order}
    unique = [rule for rule in table.constraints if isinstance(rule, PrimaryKeyConstraint | UniqueConstraint)]
    keys = [{column.name for column in rule.columns} for rule in unique]
    if len(after) != len(order) or not any(key <= named for key in keys):
        raise ValueError("a page goes on after the values of all its order's fields, which must name one row")
    if any(table.c[field].nullable for field in named):
        raise ValueError("pages can't be ordered by a field that may be empty")


def clause(table: Table, condition: Condition, slots: Slots) -> ColumnElement[bool]:
    """Return the SQL of one condition, its values' places taken from ``slots``."""
    column = table.c[condition.field]
    places = [slots.take(column) for _ in range(condition.width)]
    match condition.comparison:
        case "is":
            return column.is_(None)
        case "is not":
            return column.is_not(None)
        case "none":
            return false()
        case "in":
            return column.in_(places)
        case "prefix":
            return and_(column >= places[0], column < places[1])
        case "ne":
            return column.is_distinct_from(places[0]) if column.nullable else column != places[0]
        case other:
            return column.op(_SIGNS[other], is_comparison=True)(places[0])


def later(table: Table, order: Sequence[Order], slots: Slots) -> ColumnElement[bool]:
    """Return the condition of coming after given values of the order's fields; see ``after_values``."""
    columns = [table.c[one.field] for one in order]
    if len({one.down for one in order}) == 1:
        here, there = tuple_(*columns), tuple_(*(slots.take(column) for column in columns))
        return here < there if order[0].down else here > there
    branches = []
    for depth, one in enumerate(order):
        same = [table.c[before.field] == slots.take(table.c[before.field]) for before in order[:depth]]
        column = columns[depth]
        place = slots.take(column)
        branches.append(and_(*same, column < place if one.down else column > place))
    return or_(*branches)


def after_values(order: Sequence[Order], after: Sequence[object]) -> list[object]:
    """Return the values for the places that ``later`` takes."""
    if len({one.down for one in order}) == 1:
        return list(after)
    return [value for depth in range(len(order)) for value in after[: depth + 1]]


_SIGNS: Final = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

_Read = tuple[Condition, list[object]]


def _equal(field: str, value: object) -> _Read:
    return _null(field, value=True) if value is None else (Condition(field, "eq", 1), [value])


def _unequal(field: str, value: object) -> _Read:
    return _null(field, value=False) if value is None else (Condition(field, "ne", 1), [value])


def _null(field: str, value: object) -> _Read:
    if not isinstance(value, bool):
        raise ValueError(f"{field}__null is yes or no")  # noqa: TRY004  # callers know one error for a condition that can't be read
    return Condition(field, "is" if value else "is not", 0), []


def _among(field: str, value: object) -> _Read:
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise ValueError(f"{field}__in takes several values")
    given = list(value)
    if not given:
        return Condition(field, "none", 0), []
    if None in given:
        raise ValueError(f"{field}__in can't look for what is empty")
    # Lists are filled up to a power of two so that there are few statements to keep.
    width = 1 << (len(given) - 1).bit_length()
    return Condition(field, "in", width), given + given[-1:] * (width - len(given))


def _prefix(field: str, value: object) -> _Read:
    if not isinstance(value, str):
        raise ValueError(f"{field}__prefix takes text")  # noqa: TRY004  # as above
    return Condition(field, "prefix", 2), [value, value + _HIGHEST]


def _sign(comparison: str) -> Any:
    def read(field: str, value: object) -> _Read:
        if value is None:
            raise ValueError(f"{field}__{comparison} needs a value")
        return Condition(field, comparison, 1), [value]

    return read


_READERS: Final = {
    "": _equal,
    "ne": _unequal,
    "in": _among,
    "null": _null,
    "prefix": _prefix,
    **{comparison: _sign(comparison) for comparison in ("lt", "lte", "gt", "gte")},
}
