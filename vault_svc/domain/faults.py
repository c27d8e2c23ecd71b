"""What is wrong with something that people wrote: a broken rule, or a fault in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vault_svc.domain.texts import Text


class Violation:
    """One broken rule: ``code`` is stable, ``field`` is a path such as ``payload.account`` or empty."""

    __slots__ = ("code", "field", "rule", "text")

    def __init__(self, code: str, text: Text, *, field: str = "", rule: str | None = None) -> None:
        self.code, self.text, self.field, self.rule = code, text, field, rule

    def __repr__(self) -> str:
        return f"Violation({self.code!r}, field={self.field!r}, rule={self.rule!r})"


class Fault:
    """One fault in a file that people write: where it is (line from 1, 0 = the whole file) and what is wrong."""

    __slots__ = ("code", "file", "line", "text")

    def __init__(self, code: str, text: Text, *, file: str, line: int = 0) -> None:
        self.code, self.text, self.file, self.line = code, text, file, line

    def __repr__(self) -> str:
        return f"Fault({self.code!r}, {self.file}:{self.line})"
