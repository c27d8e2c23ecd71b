"""Strict reading of files that people write: every fault is collected with its line, nothing is guessed.

A file arrives as plain data plus the line of each key (``Source``); how the text was parsed is the adapter's affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from vault_svc.domain.errors import Fault
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from enum import StrEnum

Path = tuple[str | int, ...]
E = TypeVar("E", bound="StrEnum")

_SPAN = re.compile(r"([1-9][0-9]{0,3})([hd])", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file: its data and the line (from 1) of each key and table that was written."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """Return the line of the key, of the nearest table around it where it was not written, else 0."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """One table of a file. Its readers return a harmless stand-in after a fault, so that all faults are found at once.

    Whoever reads owes a look at ``faults`` before anything is used.
    """

    source: Source
    faults: list[Fault]
    path: Path = ()
    table: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def root(cls, source: Source, faults: list[Fault]) -> Node:
        """Return the whole file as a node."""
        return cls(source, faults, (), source.data)

    @property
    def name(self) -> str:
        """The last word of the path: what a named table is called."""
        return str(self.path[-1]) if self.path else ""

    def fault(self, code: str, text: Text, *at: str | int) -> None:
        """Note a fault at a key of this table, or at the table itself."""
        where = self.source.line_of((*self.path, *at))
        self.faults.append(Fault(code, text, file=self.source.file, line=where))

    def only(self, *allowed: str) -> None:
        """Note every key that has no meaning here."""
        for key in self.table.keys() - set(allowed):
            self.fault("unknown_key", Text(f"没有「{key}」这一项", f"there is no key {key!r} here"), key)

    def has(self, key: str) -> bool:
        """Whether the key was written."""
        return key in self.table

    def string(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._present(key)
        if isinstance(value, str) and value.strip():
            return value
        self._wrong(key, value, "一段文字", "a text that is not empty")
        return ""

    def words(self) -> Text:
        """Return the Chinese and the English words of this table."""
        return Text(self.string("zh"), self.string("en"))

    def flag(self, key: str) -> bool:
        """Return true or false; a key that is not written means false."""
        value = self.table.get(key, False)
        if isinstance(value, bool):
            return value
        self._wrong(key, value, "true 或 false", "true or false")
        return False

    def number(self, key: str, *, most: int) -> int:
        """Return a whole number from 1 to ``most``; 0, negative ones, ``true`` and texts are faults."""
        value = self._present(key)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self._wrong(key, value, f"1 到 {most} 的整数", f"a whole number from 1 to {most}")
        return 1

    def span(self, key: str) -> timedelta:
        """Return a span of time written as ``"36h"`` or ``"14d"``."""
        value = self._present(key)
        found = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self._wrong(key, value, '时长,例如 "14d" 或 "36h"', 'a span such as "14d" or "36h"')
            return timedelta(hours=1)
        count = int(found[1])
        return timedelta(days=count) if found[2] == "d" else timedelta(hours=count)

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list with at least one text, none twice."""
        value = self._present(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self._wrong(key, value, "文字列表", "a list of texts")
            return ()
        if not value:
            self.fault("empty", Text(f"「{key}」不能为空", f"{key!r} must not be empty"), key)
        if len(set(value)) != len(value):
            self.fault("twice", Text(f"「{key}」中有重复", f"{key!r} names something twice"), key)
        return tuple(value)

    def chosen(self, key: str, choices: type[E]) -> tuple[E, ...]:
        """Return a list of members of a closed list of words."""
        return tuple(choices(item) for item in self.strings(key) if self._known(key, item, choices))

    def choice(self, key: str, choices: type[E]) -> E | None:
        """Return one member of a closed list of words, None after a fault."""
        value = self.string(key)
        return choices(value) if value and self._known(key, value, choices) else None

    def child(self, key: str) -> Node:
        """Return the table under a key."""
        value = self._present(key)
        if isinstance(value, dict):
            return Node(self.source, self.faults, (*self.path, key), value)
        self._wrong(key, value, "一个表", "a table")
        return Node(self.source, self.faults, (*self.path, key), {})

    def named(self, key: str) -> list[Node]:
        """Return the tables under ``[key.NAME]`` in the order written; at least one, names in small letters."""
        parent = self.child(key)
        if not parent.table:
            parent.fault("empty", Text(f"「{key}」不能为空", f"{key!r} must not be empty"))
        return [parent.child(name) for name in parent.table]

    def items(self, key: str) -> list[Node]:
        """Return the tables of ``[[key]]`` in the order written; none is a fault."""
        value = self._present(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, value, "表的列表", "a list of tables")
            return []
        if not value:
            self.fault("empty", Text(f"「{key}」不能为空", f"{key!r} must not be empty"), key)
        return [Node(self.source, self.faults, (*self.path, key, at), item) for at, item in enumerate(value)]

    def word(self) -> str:
        """Return the name of this table, which must be a plain word of small letters, digits and ``_``."""
        if not _WORD.fullmatch(self.name):
            self.fault("bad_name", Text("名称只能用小写字母、数字和下划线", "a name is small letters, digits and _"))
        return self.name

    def _present(self, key: str) -> object:
        if key not in self.table:
            self.fault("missing", Text(f"缺少「{key}」", f"{key!r} is missing"))
            return _MISSING
        return self.table[key]

    def _wrong(self, key: str, value: object, zh: str, en: str) -> None:
        if value is not _MISSING:
            self.fault("wrong_type", Text(f"「{key}」应为{zh}", f"{key!r} must be {en}"), key)

    def _known(self, key: str, item: str, choices: type[E]) -> bool:
        if item in {member.value for member in choices}:
            return True
        known = ", ".join(member.value for member in choices)
        self.fault("unknown_word", Text(f"「{item}」不在 {known} 之中", f"{item!r} is none of {known}"), key)
        return False


_MISSING = object()


def schema_1(root: Node, *tables: str) -> None:
    """Note a file whose ``schema`` is not 1 or that holds more than the named tables."""
    root.only("schema", *tables)
    if type(root.table.get("schema")) is not int or root.table["schema"] != 1:
        root.fault("schema", Text("首行应为 schema = 1", "the file must begin with schema = 1"), "schema")


def in_order(faults: Iterable[Fault]) -> Sequence[Fault]:
    """Return faults as a reader of the files meets them."""
    return sorted(faults, key=lambda fault: (fault.file, fault.line, fault.code))
