"""The root of all errors, and what they speak of: a broken rule, or a fault in a file that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.domain.audit import EventDraft


class VaultSvcError(Exception):
    """The root; never raised itself.

    ``events`` are written to the record even though the work that raised is rolled back.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[Text] = Text("出错了", "something went wrong")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        rule: str | None = None,
        next_step: Text | None = None,
        events: Sequence[EventDraft] = (),
    ) -> None:
        self.detail = detail or self.message
        self.rule = rule
        self.next_step = next_step
        self.events: tuple[EventDraft, ...] = tuple(events)
        super().__init__(self.detail.en)


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
