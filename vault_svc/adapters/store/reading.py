"""Reading what is kept: rows become the domain's frozen objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from vault_svc.adapters.store.conditions import Condition, after_values, read_after, read_conditions, read_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.adapters.store.engines import Cursor, Driver
    from vault_svc.adapters.store.statements import Kind, Statement, Statements

T = TypeVar("T")


class SqlReader:
    """A ``Reader`` over one connection, inside one snapshot."""

    def __init__(self, driver: Driver, statements: Statements) -> None:
        self._driver = driver
        self._statements = statements

    def get(self, kind: type[T], *key: object) -> T | None:
        """Return the one with this primary key, or None."""
        known = self._statements.kind(kind)
        statement = self._statements.select(kind, key_conditions(known, key), (), page=0, limited=False)
        row = self._run(statement, key).fetchone()
        return None if row is None else known.build(row)

    def find(
        self,
        kind: type[T],
        /,
        *,
        order: Sequence[str] = (),
        limit: int | None = None,
        after: Sequence[object] | None = None,
        **where: object,
    ) -> list[T]:
        """Return all that meet the conditions; see ``ports.Reader``."""
        known = self._statements.kind(kind)
        shape, values = read_conditions(known.table, where)
        read_after(known.table, order, after)
        ordered = read_order(known.table, order)
        page = len(after) if after is not None else 0
        statement = self._statements.select(kind, shape, ordered, page=page, limited=limit is not None)
        if after is not None:
            values += after_values(ordered[:page], after)
        if limit is not None:
            values.append(limit)
        return [known.build(row) for row in self._run(statement, values).fetchall()]

    def count(self, kind: type[Any], /, **where: object) -> int:
        """Return how many meet the conditions."""
        shape, values = read_conditions(self._statements.kind(kind).table, where)
        (number,) = self._run(self._statements.count(kind, shape), values).fetchone() or (0,)
        return int(number)

    def _run(self, statement: Statement, values: Sequence[object]) -> Cursor:
        return self._driver.execute(statement.sql, statement.parameters(values))


def key_conditions(kind: Kind[Any], key: Sequence[object]) -> tuple[Condition, ...]:
    """Return the conditions that name one row; ``ValueError`` where the key has another length."""
    if len(key) != len(kind.key) or None in key:
        raise ValueError(f"the key of {kind.cls.__name__} is {', '.join(kind.key)}")
    return tuple(Condition(field, "eq", 1) for field in kind.key)
