"""The company file: every fault of it in one run, each with its line, or what it says.

Nothing is used of a file that has a fault. The file holds no secret; where somebody wrote one by mistake, no fault
repeats it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.domain import company_accounts, company_databases, company_engagements, company_people
from vault_svc.domain import company_fields as fields
from vault_svc.domain.chain_gaps import gaps
from vault_svc.domain.company_document import CompanyDocument
from vault_svc.domain.reading import Node, in_order, schema_1
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.company_accounts import Accounts
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.reading import Source

TIMEZONE: Final = "Asia/Shanghai"
"""All rules run on its wall time."""


def check(source: Source, policies: Policies) -> tuple[Fault, ...]:
    """Return every fault of a company file, in the order of its lines."""
    return read_company(source, policies)[1]


def read_company(source: Source, policies: Policies) -> tuple[CompanyDocument | None, tuple[Fault, ...]]:
    """Return what the file says, or None and its faults in the order of its lines."""
    faults: list[Fault] = []
    root = Node.root(source, faults)
    schema_1(root, "company", "department", "person", "account", "database", "engagement")
    document = _document(root, policies)
    return (None if faults else document), tuple(in_order(faults))


def _document(root: Node, policies: Policies) -> CompanyDocument:
    company = root.child("company")
    company.only("name", "timezone", "incident_partner")
    if company.string("timezone") not in {"", TIMEZONE}:
        company.fault("unknown_timezone", Text(f"时区只能是 {TIMEZONE}", f"it can only be {TIMEZONE}"), "timezone")
    departments = company_people.read_departments(root)
    people = company_people.read_people(root, policies.roles)
    by_name = company_people.check_people(departments, people, policies.roles)
    accounts = company_accounts.read_accounts(root, policies)
    accounts_by_id = fields.each_once(accounts, "id", lambda account: account.id)
    databases = company_databases.read_databases(root)
    databases_by_id = fields.each_once(databases, "id", lambda database: database.id)
    known = company_engagements.Known(policies, by_name, accounts_by_id, databases_by_id)
    engagements = company_engagements.read_engagements(root, known)
    fields.each_once(engagements, "id", lambda engagement: engagement.id)
    document = CompanyDocument(
        name=fields.shown(company, "name"),
        timezone=TIMEZONE,
        incident_partner=fields.shown(company, "incident_partner"),
        departments=tuple(entry for _, entry in departments),
        people=tuple(entry for _, entry in people),
        accounts=tuple(entry for _, entry in accounts),
        databases=tuple(entry for _, entry in databases),
        engagements=tuple(entry for _, entry in engagements),
    )
    _chains(root, document, accounts, policies)
    return document


def _chains(root: Node, document: CompanyDocument, accounts: Accounts, policies: Policies) -> None:
    """Note what nobody could ever complete: once for all, or at each account whose own custody is to blame."""
    kept = company_accounts.kept(accounts, policies)
    found = gaps(policies, holders=document.holders(), accounts=[account for _, account in kept.values()])
    general = {gap.deny.reason for gap in found if gap.account is None}
    blamed: dict[tuple[str | None, Text], list[str]] = {}
    for gap in found:
        account = None if gap.deny.reason in general else gap.account
        kinds = blamed.setdefault((account, gap.deny.reason), [])
        if gap.kind.value not in kinds:
            kinds.append(gap.kind.value)
    for (account, reason), kinds in blamed.items():
        listed = ", ".join(kinds)
        text = Text(f"{reason.zh};无法完成: {listed}", f"{reason.en}; nobody could complete: {listed}")
        if account is None:
            root.fault("chain_incomplete", text, "person")
        else:
            kept[account][0].fault("chain_incomplete", text, "custodians")
