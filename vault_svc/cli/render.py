"""How answers look on a terminal: tables and lists of fields, never with what a terminal would obey."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
_WIDE: Final = 240
"""Columns where nobody's terminal tells: a pipe cuts no cell."""


def clean(value: object) -> str:
    """Return a value as one line of printable characters, a time in this machine's zone.

    Whatever would move the cursor or turn the text around becomes U+FFFD.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return "".join(
        char if char.isprintable() else " " if char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in str(value)
    )


def console(*, error: bool = False) -> Console:
    """Return where to write."""
    from rich.console import Console

    file = sys.stderr if error else sys.stdout
    return Console(file=file, width=None if file.isatty() else _WIDE, highlight=False, markup=False, emoji=False)


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[tuple[str, str]], *, empty: str) -> None:
    """Print rows under headings (key, heading); ``empty`` is what stands in place of no rows."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text as Styled

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for _, heading in columns:
        made.add_column(heading, overflow="fold")
    found = False
    for row in rows:
        found = True
        made.add_row(*(Styled(clean(row.get(key))) for key, _ in columns))
    if found:
        console().print(made)
    else:
        console().print(empty)


def fields(document: Mapping[str, Any], *, leave_out: Iterable[str] = ()) -> None:
    """Print a document as name and value, a line each."""
    hidden = set(leave_out)
    shown = {name: value for name, value in document.items() if name not in hidden and value not in (None, [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        print(f"{clean(name):<{width}}  {clean(value)}")
