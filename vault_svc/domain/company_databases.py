"""Databases of the company file: where they are, what each level may touch, which tables are orders (DB-1, DB-8)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vault_svc.domain import company_fields as fields
from vault_svc.domain.company_document import DatabaseEntry, SecretSource
from vault_svc.domain.shapes import parse_address
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.reading import Node

EMBEDDED: Final = "embedded"
LEVELS: Final = {"normal": ("read",), "backend": ("read", "insert", "update")}
"""What a level may do, table by table. ``dba`` backs up and restores the whole and has no table here."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,62}"
_DATABASE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}", re.ASCII)
_TABLE = re.compile(rf"(?:{_NAME}\.)?{_NAME}", re.ASCII)
_COLUMN = re.compile(rf"((?:{_NAME}\.)?{_NAME})\.({_NAME})", re.ASCII)
_BARE_COLUMN = re.compile(_NAME, re.ASCII)

Databases = list[tuple["Node", DatabaseEntry]]


class Engine(StrEnum):
    """The engines whose levels are real."""

    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"
    MYSQL = "mysql"


def read_databases(root: Node) -> Databases:
    """Read ``[[database]]``; faults are left on the node."""
    found = [(node, _database(node)) for node in root.items("database")] if root.has("database") else []
    places: dict[tuple[object, object], str] = {}
    for node, entry in found:
        place = (node.table.get("address"), node.table.get("database"))
        other = places.setdefault(place, entry.id) if all(isinstance(part, str) for part in place) else entry.id
        if other != entry.id:
            text = Text(f"与「{other}」是同一个数据库", f"it is the same database as {other!r}")
            node.fault("same_database", text, "address")
    return found


def _database(node: Node) -> DatabaseEntry:
    node.only("id", "name", "engine", "address", "tls", "ca", "database", "admin_secret", *LEVELS, "orders")
    engine = fields.closed(node, "engine", Engine)
    _place(node, engine)
    fields.closed(node, "admin_secret", SecretSource)
    database = node.string("database")
    if database and not _DATABASE.fullmatch(database):
        node.fault("bad_identifier", Text("数据库名称无效", "this is no name of a database"), "database")
    for level, verbs in LEVELS.items():
        if node.has(level):
            _level(node.child(level), verbs)
    table = node.child("orders") if node.has("orders") else None
    if table is not None and isinstance(node.table["orders"], dict):
        orders = _Orders(table)
        orders.check()
        for level in LEVELS:
            if isinstance(node.table.get(level), dict):
                orders.untouched_by(node.child(level))
    return DatabaseEntry(
        id=fields.an_id(node, "id"),
        name=fields.shown(node, "name"),
        engine=engine.value if engine else "",
        body=fields.plain(node.table),
    )


def _place(node: Node, engine: Engine | None) -> None:
    written, tls = node.string("address"), node.flag("tls")
    if written == EMBEDDED:
        if engine not in {Engine.POSTGRESQL, None}:
            text = Text("只有 postgresql 可以内嵌", "only postgresql can be embedded")
            node.fault("not_embeddable", text, "address")
        return
    address = parse_address(written)
    if written and address is None:
        text = Text("地址应为「主机:端口」或 embedded", 'the address must be "host:port" or "embedded"')
        node.fault("bad_address", text, "address")
    if address is None or address.loopback:
        return
    if not tls:
        text = Text("本机以外的数据库必须使用 TLS", "a database that is not on this machine needs tls = true")
        node.fault("tls_off", text, "tls" if node.has("tls") else "address")
    elif not node.has("ca"):
        node.fault("missing", Text("使用 TLS 时须写明 ca", "with tls = true, ca is needed"))
    if node.has("ca"):
        node.string("ca")


def _level(node: Node, verbs: tuple[str, ...]) -> None:
    node.only(*verbs)
    for verb in verbs:
        for at, table in enumerate(fields.texts(node, verb)):
            _identifier(node, _TABLE, table, verb, at)


def _identifier(node: Node, pattern: re.Pattern[str], written: str, *at: str | int) -> bool:
    if pattern.fullmatch(written):
        return True
    node.fault("bad_identifier", Text("不是有效的表名或列名", "this is no name of a table or column"), *at)
    return False


class _Orders:
    """``[database.orders]``: no level writes these tables; the shop's own account does."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tables = node.strings("tables")

    def check(self) -> None:
        """Note what does not fit in the table itself."""
        node = self._node
        node.only("tables", "key", "parent", "placed_at", "state")
        for at, table in enumerate(self._tables):
            _identifier(node, _TABLE, table, "tables", at)
        keys = self._keys()
        if node.has("parent"):
            parents = node.child("parent")
            for table in parents.table:
                self._known(parents, table, table)
                self._column(parents, parents.string(table), table)
        placed_at = node.string("placed_at")
        self._column(node, placed_at, "placed_at")
        for at, column in enumerate(fields.texts(node, "state")):
            self._column(node, column, "state", at)
            if column in keys or column == placed_at:
                text = Text("订单的主键和下单时间不能变更(DB-8)", "keys and the time of an order never change (DB-8)")
                node.fault("order_key_changes", text, "state", at)

    def untouched_by(self, level: Node) -> None:
        """Note every order table that a level may write (DB-8), whatever the spelling."""
        orders = {_last(table) for table in self._tables}
        for verb, tables in level.table.items():
            if verb == "read" or not isinstance(tables, list):
                continue
            for at, table in enumerate(tables):
                if isinstance(table, str) and _last(table) in orders:
                    zh = f"订单表「{table}」不得由任何级别写入(DB-8)"
                    level.fault(
                        "order_written", Text(zh, f"no level writes the order table {table!r} (DB-8)"), verb, at
                    )

    def _keys(self) -> set[str]:
        node = self._node.child("key")
        found: set[str] = set()
        for table in node.table:
            self._known(node, table, table)
            for at, column in enumerate(node.strings(table)):
                _identifier(node, _BARE_COLUMN, column, table, at)
                found.add(f"{table}.{column}")
        if node.table:
            for table in self._tables:
                if table not in node.table:
                    node.fault("missing", Text(f"缺少「{table}」的主键", f"the key of {table!r} is missing"))
        return found

    def _column(self, node: Node, written: str, *at: str | int) -> None:
        found = _COLUMN.fullmatch(written)
        if found:
            self._known(node, found[1], *at)
        elif written:
            node.fault("bad_identifier", Text("应写成「表.列」", 'write it as "table.column"'), *at)

    def _known(self, node: Node, table: str, *at: str | int) -> None:
        if table not in self._tables:
            text = Text(f"「{table}」不在 tables 之中", f"{table!r} is none of the order tables")
            node.fault("unknown_table", text, *at)


def _last(table: str) -> str:
    """Return the table's own name as the engines compare it at most: without schema, quotes and case."""
    return table.rpartition(".")[2].strip('`"').casefold()
