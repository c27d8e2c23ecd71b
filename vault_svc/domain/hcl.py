"""Reads the vault's policy language as far as our templates use it, each rule with its line; anything else is a fault.

Grammar: ``path "…" { key = value … }`` where a value is a text, a list of values or ``{ "name" = value, … }``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Fault
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Value = str | list["Value"] | dict[str, "Value"]

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r]+|\#[^\n]*)|(?P<line>\n)|(?P<text>"[^"\\\n]*")|(?P<word>[a-z_]+)|(?P<mark>[{}\[\]=,])""",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PathRule:
    """One rule of a policy: what a token may do on a path, and how."""

    path: str
    line: int
    settings: Mapping[str, Value]

    @property
    def capabilities(self) -> frozenset[str]:
        """The words of ``capabilities``; none where the rule has no list of words."""
        words = self.settings.get("capabilities")
        return frozenset(word for word in words if isinstance(word, str)) if isinstance(words, list) else frozenset()

    @property
    def wrapping(self) -> tuple[Value | None, Value | None]:
        """The least and the longest life of a wrapped answer."""
        return self.settings.get("min_wrapping_ttl"), self.settings.get("max_wrapping_ttl")


def read_policy(file: str, text: str) -> tuple[list[PathRule], list[Fault]]:
    """Return the rules of a policy and what is wrong with its writing; after a fault the rest is not read."""
    reader = _Reader(text)
    rules: list[PathRule] = []
    try:
        while not reader.at_end():
            rules.append(reader.rule())
    except _WrittenWrong as wrong:
        said = Text("无法解析的写法", "this can't be read")
        return rules, [Fault("unreadable", said, file=file, line=wrong.line)]
    return rules, []


class _WrittenWrong(Exception):
    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: Sequence[_Token] = [*_tokens(text)]
        self._next = 0

    def at_end(self) -> bool:
        return self._tokens[self._next].kind == "end"

    def rule(self) -> PathRule:
        start = self._take("word", "path")
        path = self._take("text").text[1:-1]
        self._take("mark", "{")
        settings: dict[str, Value] = {}
        while not self._accept("}"):
            key = self._take("word")
            if key.text in settings:
                raise _WrittenWrong(key.line)
            self._take("mark", "=")
            settings[key.text] = self._value()
        return PathRule(path, start.line, settings)

    def _value(self) -> Value:
        if self._accept("["):
            items: list[Value] = []
            while not self._accept("]"):
                items.append(self._value())
                self._comma("]")
            return items
        if self._accept("{"):
            names: dict[str, Value] = {}
            while not self._accept("}"):
                name = self._take("text")
                if name.text in names:
                    raise _WrittenWrong(name.line)
                self._take("mark", "=")
                names[name.text] = self._value()
                self._comma("}")
            return {name[1:-1]: value for name, value in names.items()}
        return self._take("text").text[1:-1]

    def _comma(self, end: str) -> None:
        if not self._accept(",") and self._tokens[self._next].text != end:
            raise _WrittenWrong(self._tokens[self._next].line)

    def _accept(self, mark: str) -> bool:
        token = self._tokens[self._next]
        if token.kind != "mark" or token.text != mark:
            return False
        self._next += 1
        return True

    def _take(self, kind: str, text: str | None = None) -> _Token:
        token = self._tokens[self._next]
        if token.kind != kind or (text is not None and token.text != text):
            raise _WrittenWrong(token.line)
        self._next += 1
        return token


def _tokens(text: str) -> Iterator[_Token]:
    line, at = 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield _Token("wrong", text[at], line)
            return
        kind = str(found.lastgroup)
        if kind == "line":
            line += 1
        elif kind != "blank":
            yield _Token(kind, found[0], line)
        at = found.end()
    yield _Token("end", "", line)
