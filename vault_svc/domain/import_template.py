"""A mapping file to fill in: one table for each entry of an export, with what can be guessed. It holds no value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vault_svc.domain.account_import import free_id
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.import_mapping import custodians_named, kind_in, kind_named, sensitivity_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault_svc.domain.password_exports import ExportedEntry, ExportReading
    from vault_svc.domain.policies import Policies


def mapping_template(reading: ExportReading, policies: Policies, *, suggest: Callable[[str], str]) -> str:
    """Return the text of a mapping file; what has to be said and could not be guessed is left as a comment."""
    kinds, roles = ", ".join(sorted(policies.account_kinds.by_id)), ", ".join(sorted(policies.roles.custodians))
    lines = [
        f"# kind: {kinds}",
        f"# sensitivity: {', '.join(Sensitivity)}",
        f"# custodians: {roles}",
        "# skip = true leaves an entry out",
        "schema = 1",
    ]
    copies = {where: group for group in reading.duplicates for where in group}
    ids: set[str] = set()
    for entry in reading.entries:
        lines.append("")
        if entry.where in copies:
            listed = ", ".join(map(str, copies[entry.where]))
            lines.append(f"# the same account is there several times ({listed}): keep one")
        lines += ["[[entry]]", *_entry(entry, policies, free_id(suggest(entry.name), entry.where, taken=ids))]
    return "\n".join(lines) + "\n"


def _entry(entry: ExportedEntry, policies: Policies, account_id: str) -> Iterator[str]:
    yield f"where = {entry.where}"
    if entry.name.strip():
        yield f"name = {_quoted(entry.name)}"
    if entry.password is None and not entry.username:
        yield "skip = true"
        return
    yield f"id = {_quoted(account_id)}"
    kind = kind_named(entry.hints.get("kind", ""), policies) or kind_in(entry.name, policies)
    yield _line("kind", _quoted(kind) if kind else None)
    level = sensitivity_named(entry.hints.get("sensitivity", ""))
    yield _line("sensitivity", _quoted(level) if level else None)
    found = custodians_named(entry.hints.get("custodians", ""), policies)
    clear = [role for role in found if role is not None]
    yield _line("custodians", f"[{', '.join(map(_quoted, clear))}]" if clear and len(clear) == len(found) else None)


def _line(key: str, value: str | None) -> str:
    return f"{key} = {value}" if value else f"# {key} = "


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's, whose escapes TOML knows too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
