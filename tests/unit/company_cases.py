"""Company files for tests: the demo company, changed in one place, and where its faults are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from vault_svc.adapters import companyfile
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.domain.company_file import read_company

if TYPE_CHECKING:
    from vault_svc.domain.company_document import CompanyDocument
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.policies import Policies


class Edit(NamedTuple):
    """One change of the demo company: the fault's code, the old and new text, and the words at the fault's line."""

    code: str
    old: str
    new: str
    at: str


@cache
def policies() -> Policies:
    """The policies that come with the program."""
    return read_policies(load_dir(shipped_dir()))


@cache
def demo() -> str:
    """The text of the demo company."""
    return companyfile.demo_path().read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    """The demo company with one text replaced; it has to be there exactly once."""
    assert demo().count(old) == 1, f"{old!r} is there {demo().count(old)} times"
    return demo().replace(old, new)


def read(text: str) -> tuple[CompanyDocument | None, tuple[Fault, ...]]:
    """Read a text as ``company.toml``."""
    faults: list[Fault] = []
    source = companyfile.parse(text.encode(), file="company.toml", faults=faults)
    return (None, tuple(faults)) if source is None else read_company(source, policies())


def found(text: str) -> list[tuple[str, int]]:
    """The codes and lines of all faults, in order."""
    return [(fault.code, fault.line) for fault in read(text)[1]]


def line_of(text: str, words: str) -> int:
    """The line where the words begin; they have to be there exactly once."""
    assert text.count(words) == 1, f"{words!r} is there {text.count(words)} times"
    return text[: text.index(words)].count("\n") + 1


def document(text: str) -> CompanyDocument:
    """What a text without faults says."""
    read_document, faults = read(text)
    assert read_document is not None, faults
    return read_document
