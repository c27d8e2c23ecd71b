"""What a password export holds, once it is read: values byte for byte, and what was lost on the way.

No text here holds a value. Losses and duplicates name rows, never names, so that a password in the wrong column stays
where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Invalid, Violation
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault_svc.domain.secrets import Secret

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_ENTRIES: Final = 10_000
MOST_VALUE_BYTES: Final = 64 * 1024
"""What one value of the vault may have."""


class ExportFormat(StrEnum):
    """The exports that can be read; ``sheet`` is a spreadsheet saved as CSV."""

    BROWSER = "browser"
    SHEET = "sheet"
    BITWARDEN = "bitwarden"
    KEEPASS2 = "keepass2"


@dataclass(frozen=True, slots=True, eq=False)
class ExportedEntry:
    """One entry. ``where`` is the line of a CSV file, else the number of the entry, from 1.

    ``password``, ``notes`` and ``totp`` are None where the export has nothing there. ``extra`` holds fields of other
    names. ``hints`` are columns that tell of the account: id, kind, sensitivity, custodians, as written.
    """

    where: int
    name: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: Secret | None = None
    notes: Secret | None = None
    totp: Secret | None = None
    extra: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    hints: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the export has and the service does not take. ``where`` 0: the whole file."""

    code: str
    text: Text
    where: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ExportReading:
    """A whole export. ``duplicates``: groups of entries with the same name, address and user name."""

    format: ExportFormat
    encoding: str
    entries: tuple[ExportedEntry, ...]
    losses: tuple[Loss, ...] = ()

    @property
    def duplicates(self) -> tuple[tuple[int, ...], ...]:
        """Return where the same account stands more than once."""
        groups: dict[tuple[str, str, str], list[int]] = {}
        for entry in self.entries:
            groups.setdefault((entry.name, entry.url, entry.username), []).append(entry.where)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def place(where: int, fmt: ExportFormat | None = None) -> Text:
    """Return how an entry's place is said: a line of a CSV file, a number of an entry else."""
    if fmt in {ExportFormat.BROWSER, ExportFormat.SHEET}:
        return Text(f"第 {where} 行", f"line {where}")
    return Text(f"第 {where} 项", f"entry {where}")


def refuse(code: str, text: Text, *, where: int = 0, fmt: ExportFormat | None = None) -> Invalid:
    """Return the error for an export that can't be read; it names the place and no value."""
    if where:
        at = place(where, fmt)
        text = Text(f"{at.zh}: {text.zh}", f"{at.en}: {text.en}")
    return Invalid(text, next_step=NEXT_STEP, violations=[Violation(code, text, field=f"file:{where}")])


def check_value(value: str, *, where: int, fmt: ExportFormat) -> str:
    """Return the value unchanged. ``Invalid`` where no vault could keep it as it is."""
    if "\0" in value:
        raise refuse("nul", Text("含有空字符(NUL)", "it holds a NUL character"), where=where, fmt=fmt)
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        text = Text("含有残缺的字符", "it holds half a character (a lone surrogate)")
        raise refuse("surrogate", text, where=where, fmt=fmt) from None
    if size > MOST_VALUE_BYTES:
        raise refuse("too_long", Text("内容超过 64 KiB", "a value is longer than 64 KiB"), where=where, fmt=fmt)
    return value


def check_count(count: int) -> None:
    """Refuse an export with more entries than any company has."""
    if count > MOST_ENTRIES:
        text = Text(f"超过 {MOST_ENTRIES} 项", f"it has more than {MOST_ENTRIES} entries")
        raise refuse("too_many", text)


def unique_keys(pairs: Iterable[tuple[str, Secret]]) -> dict[str, Secret]:
    """Return fields by name; one whose name was there before gets a number: ``PIN``, ``PIN 2``."""
    found: dict[str, Secret] = {}
    for name, value in pairs:
        key, count = name, 1
        while key in found:
            count += 1
            key = f"{name} {count}"
        found[key] = value
    return found


NEXT_STEP = Text("请重新导出后再试", "export it again, then try once more")
