"""Statements, built by SQLAlchemy Core once for each shape and then sent straight to the driver.

Core's own execution costs several times the statement itself on the hot path; what is kept here is its SQL, the places
of the values and the conversions of its types.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import bindparam, func, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.types import BigInteger

from vault_svc.adapters.store.conditions import Slots, clause, later
from vault_svc.adapters.tables import TABLES, counters, events
from vault_svc.domain.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Executable, Table
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    from vault_svc.adapters.store.conditions import Condition, Order

T = TypeVar("T")


class Statement:
    """One SQL text and how values become its parameters."""

    __slots__ = ("_plan", "sql")

    def __init__(self, statement: Executable, types: Sequence[TypeEngine[Any]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every Executable used here has it
        self.sql: str = str(compiled)
        converts = [type_.dialect_impl(dialect).bind_processor(dialect) for type_ in types]
        names = {f"p{place}": place for place in range(len(types))}
        # A place of ours takes a value; any other is a constant that Core put in (SQLite's OFFSET 0).
        self._plan: list[tuple[int, Any, Any]] = [
            (names[name], converts[names[name]], None) if name in names else (-1, None, compiled.params[name])
            for name in compiled.positiontup or ()
        ]

    def parameters(self, values: Sequence[object]) -> list[object]:
        """Return the driver's parameters for these values."""
        return [
            constant if place < 0 else values[place] if convert is None else convert(values[place])
            for place, convert, constant in self._plan
        ]


class Kind(Generic[T]):
    """A kept dataclass with its table and the way from a row to an object and back."""

    __slots__ = ("_converts", "cls", "fields", "key", "table", "values_of")

    def __init__(self, cls: type[T], table: Table, dialect: Dialect) -> None:
        self.cls = cls
        self.table = table
        self.fields = tuple(field.name for field in dataclasses.fields(cls))  # type: ignore[arg-type]  # in TABLES
        self.key = tuple(column.name for column in table.primary_key)
        self.values_of: Callable[[object], tuple[object, ...]] = attrgetter(*self.fields)
        converts = [table.c[name].type.dialect_impl(dialect).result_processor(dialect, None) for name in self.fields]
        self._converts = [(place, convert) for place, convert in enumerate(converts) if convert is not None]

    def build(self, row: Sequence[Any]) -> T:
        """Return the object of a row; ``Broken`` for a row that this service can't have written."""
        values = list(row)
        try:
            for place, convert in self._converts:
                values[place] = convert(values[place])
        except ValueError as error:
            raise Broken from error
        return self.cls(*values)


class Statements:
    """All statements for one dialect, kept by shape."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._kinds = {cls: Kind(cls, table, dialect) for cls, table in TABLES.items()}
        self._insert = sqlite_insert if dialect.name == "sqlite" else postgresql_insert
        # Shapes are written in the code, so there are some hundreds of them at most; the bound is for lists of values.
        keep: Callable[[Callable[..., Statement]], Callable[..., Statement]] = lru_cache(maxsize=2048)
        self.select, self.count = keep(self._select), keep(self._count)
        self.insert, self.update, self.delete = keep(self._add), keep(self._update), keep(self._delete)
        self.append_event = self._append_event()
        self.newest_event = self._newest_event()
        self.next_stream = self._next_stream()
        self.next_number = self._next_number()

    def kind(self, cls: type[T]) -> Kind[T]:
        """Return what is known about a kept dataclass; ``ValueError`` for any other class."""
        try:
            return self._kinds[cls]
        except KeyError:
            raise ValueError(f"{cls.__name__} is not kept") from None

    def _made(self, statement: Executable, slots: Slots) -> Statement:
        return Statement(statement, slots.types, self.dialect)

    def _select(
        self, cls: type[Any], where: tuple[Condition, ...], order: tuple[Order, ...], *, page: int, limited: bool
    ) -> Statement:
        kind, slots = self._kinds[cls], Slots()
        table = kind.table
        query = select(*(table.c[name] for name in kind.fields)).where(*(clause(table, one, slots) for one in where))
        if page:
            query = query.where(later(table, order[:page], slots))
        for one in order:
            column = table.c[one.field]
            by = column.desc() if one.down else column.asc()
            # The engines differ on where an empty field comes: here always first of all values.
            query = query.order_by((by.nulls_last() if one.down else by.nulls_first()) if column.nullable else by)
        if limited:
            slots.types.append(BigInteger())
            query = query.limit(bindparam(f"p{len(slots.types) - 1}", type_=BigInteger()))
        return self._made(query, slots)

    def _count(self, cls: type[Any], where: tuple[Condition, ...]) -> Statement:
        table, slots = self._kinds[cls].table, Slots()
        return self._made(
            select(func.count()).select_from(table).where(*(clause(table, one, slots) for one in where)), slots
        )

    def _add(self, cls: type[Any], *, key: str | None = None) -> Statement:
        """Insert where no key stands against it; the answer's row count tells (an error would end the transaction)."""
        kind, slots = self._kinds[cls], Slots()
        into = self._insert(kind.table).values({name: slots.take(kind.table.c[name]) for name in kind.fields})
        return self._made(into.on_conflict_do_nothing(index_elements=[key] if key else None), slots)

    def _update(self, cls: type[Any], fields: tuple[str, ...], where: tuple[Condition, ...]) -> Statement:
        table, slots = self._kinds[cls].table, Slots()
        change = update(table).values({name: slots.take(table.c[name]) for name in fields})
        return self._made(change.where(*(clause(table, one, slots) for one in where)), slots)

    def _delete(self, cls: type[Any], where: tuple[Condition, ...]) -> Statement:
        table, slots = self._kinds[cls].table, Slots()
        return self._made(delete_from(table).where(*(clause(table, one, slots) for one in where)), slots)

    def _append_event(self) -> Statement:
        slots = Slots()
        return self._made(insert_into(events).values({column.name: slots.take(column) for column in events.c}), slots)

    def _newest_event(self) -> Statement:
        slots, c = Slots(), events.c
        query = select(c.stream, c.seq, c.hash).where(c.stream == slots.take(c.stream)).order_by(c.seq.desc()).limit(1)
        return self._made(query, slots)

    def _next_stream(self) -> Statement:
        slots, c = Slots(), events.c
        return self._made(select(c.stream).where(c.stream > slots.take(c.stream)).order_by(c.stream).limit(1), slots)

    def _next_number(self) -> Statement:
        slots, c = Slots(), counters.c
        first = self._insert(counters).values(series=slots.take(c.series), value=1)
        rise = first.on_conflict_do_update(index_elements=[c.series], set_={"value": c.value + 1})
        return self._made(rise.returning(c.value), slots)
