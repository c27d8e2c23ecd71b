"""Plans of imports for tests: made-up tables, a mapping file, and what the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.company_cases import policies
from tests.unit.export_cases import EXPORTS
from vault_svc.adapters import companyfile
from vault_svc.adapters.passwordexports import read
from vault_svc.adapters.pinyin import slug
from vault_svc.domain.account_import import plan
from vault_svc.domain.import_mapping import Rules, read_mapping

if TYPE_CHECKING:
    from collections.abc import Collection

    from vault_svc.domain.account_import import ImportPlan
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.password_exports import ExportReading

MAPPING = (EXPORTS / "mapping.toml").read_text(encoding="utf-8")
COLUMNS = "name,url,username,password,kind,sensitivity,custodians"
ROW = "blog,ordinary,operations_lead"


def mapping(text: str) -> tuple[Rules, list[tuple[str, int]]]:
    """The rules of a mapping file and its faults."""
    faults: list[Fault] = []
    source = companyfile.parse(text.encode(), file="mapping.toml", faults=faults)
    assert source is not None, faults
    rules, found = read_mapping(source, policies())
    return rules, [(fault.code, fault.line) for fault in found]


def planned(export: ExportReading, text: str | None = None, *, taken: Collection[str] = ()) -> ImportPlan:
    """The plan of an import, with or without a mapping file."""
    rules = Rules() if text is None else mapping(text)[0]
    return plan(export, rules, policies(), taken=taken, suggest=slug)


def sheet(*rows: str, columns: str = COLUMNS) -> ExportReading:
    """A table with columns for everything that an account needs."""
    return read("\r\n".join([columns, *rows]).encode())


def gaps(found: ImportPlan) -> list[tuple[int, str]]:
    """Where the gaps are, and which."""
    return [(gap.where, gap.code) for gap in found.gaps]
