"""TOML with line numbers: ``tomllib`` reads the data, a small scan finds the line of each table and key.

The scan decides nothing: where it does not know a key's line, the line of the table around it is named.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from vault_svc.domain.errors import Fault
from vault_svc.domain.reading import Path, Source
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<newline>\n)
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<equals>=)
    | (?P<comma>,)
    | (?P<dot>\.)
    | (?P<space>[ \t\r]+)
    | (?P<bare>[^\s\#"'\[\]{}=,.]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at (end of document)\)")


def parse_toml(file: str, text: str, faults: list[Fault]) -> Source | None:
    """Return the file's data with its lines, or None after noting why it is no TOML."""
    try:
        data = tomllib.loads(text)
    except ValueError as fault:  # a TOMLDecodeError, or a number of thousands of digits
        found = _AT_LINE.search(str(fault))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        if str(fault).startswith(_TWICE):
            faults.append(Fault("written_twice", Text("同一项写了两次", "this is written twice"), file=file, line=line))
        else:
            faults.append(Fault("not_toml", Text("不是有效的 TOML", "this is not valid TOML"), file=file, line=line))
        return None
    except RecursionError:
        faults.append(Fault("not_toml", Text("嵌套过深", "this is nested too deeply"), file=file))
        return None
    return Source(file, data, _Scan(text.replace("\r\n", "\n")).lines())


class _Scan:
    """Walks over a text that is known to be valid TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        """Return path → line; items of ``[[tables]]`` and of inline arrays have their index in the path."""
        table: Path = ()
        statement: list[tuple[str, str, int]] = []
        depth = 0
        for name, value, line in self._tokens():
            depth += {"open": 1, "close": -1}.get(name, 0)
            if name == "newline" and depth == 0:
                table = self._statement(table, statement)
                statement = []
            elif name not in {"space", "comment", "newline"}:
                statement.append((name, value, line))
        self._statement(table, statement)
        return self._lines

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        line = 1
        for found in _TOKEN.finditer(self._text):
            yield found.lastgroup or "", found.group(), line
            line += found.group().count("\n")

    def _statement(self, table: Path, statement: list[tuple[str, str, int]]) -> Path:
        if not statement:
            return table
        if statement[0][0] != "open":
            self._pair(table, statement)
            return table
        array = len(statement) > 1 and statement[1][0] == "open"
        path = self._resolve(tuple(_key(v) for n, v, _ in statement if n in {"bare", "string"}), array=array)
        self._lines.setdefault(path, statement[0][2])
        if array:
            self._lines.setdefault(path[:-1], statement[0][2])
        return path

    def _resolve(self, keys: tuple[str, ...], *, array: bool) -> Path:
        """Return the path of a header: each array of tables on the way stands for its newest item."""
        path: Path = ()
        for at, key in enumerate(keys):
            path = (*path, key)
            if array and at == len(keys) - 1:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _pair(self, table: Path, tokens: list[tuple[str, str, int]]) -> None:
        equals = next((at for at, token in enumerate(tokens) if token[0] == "equals"), None)
        if equals is None:
            return
        path = table
        for name, value, line in tokens[:equals]:
            if name in {"bare", "string"}:
                path = (*path, _key(value))
                self._lines.setdefault(path, line)
        self._value(path, tokens[equals + 1 :])

    def _value(self, path: Path, tokens: list[tuple[str, str, int]]) -> None:
        """Note the lines inside an inline table or an array."""
        if not tokens or tokens[0][0] != "open":
            return
        inline = tokens[0][1] == "{"
        for at, part in enumerate(_parts(tokens[1:-1])):
            if inline:
                self._pair(path, part)
            else:
                self._lines.setdefault((*path, at), part[0][2])
                self._value((*path, at), part)


def _parts(tokens: list[tuple[str, str, int]]) -> Iterator[list[tuple[str, str, int]]]:
    depth, part = 0, list[tuple[str, str, int]]()
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token[0], 0)
        if token[0] == "comma" and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _key(written: str) -> str:
    if written[0] == '"':
        return str(tomllib.loads(f"k = {written}")["k"])
    return written.strip("'")
