"""The company file put to use: on opening day all of it at once, later as requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.chains import asked_by
from vault_svc.domain.company import Company, Engagement, RegisteredDatabase
from vault_svc.domain.company_diff import Difference, Present, Proposal, compare
from vault_svc.domain.company_document import SecretSource
from vault_svc.domain.company_file import check, read_company
from vault_svc.domain.errors import Invalid, Violation, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.people import Department, Person, PersonState, Post, subject
from vault_svc.domain.permissions import ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.gate import require, roles_of
from vault_svc.services.requests import submit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vault_svc.domain.company_document import AccountEntry, CompanyDocument, PersonEntry
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.permissions import Caller
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.reading import Source
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Clock, Reader, Store, Tx
    from vault_svc.services.request_views import RequestView


COMPANY = "company"
"""The id of the one company, and the noun of its object."""

OPENING_DAY = "machine:opening-day"
"""The actor of what is set up before anybody can sign in."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening day brought; still to be given: one-time passwords to ``people``, first values to ``accounts``."""

    company: Company
    people: tuple[str, ...]
    accounts: tuple[AccountEntry, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal, who may ask for it in words, and whether the caller is one of them."""

    proposal: Proposal
    who: Text
    mine: bool


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a later company file would bring."""

    proposals: tuple[Offer, ...]
    unchanged: tuple[str, ...]
    differences: tuple[Difference, ...]


def check_file(source: Source | None, faults: Sequence[Fault], policies: Policies) -> tuple[Fault, ...]:
    """Return every fault of a company file: those of reading it, or those of what it says."""
    return tuple(faults) if source is None else (*faults, *check(source, policies))


def read_file(source: Source | None, faults: Sequence[Fault], policies: Policies) -> CompanyDocument:
    """Return what the file says. ``Invalid`` with a violation for each fault (``field``: ``company.toml:12``)."""
    if source is not None and not faults:
        document, found = read_company(source, policies)
        if document is not None:
            return document
        faults = found
    raise Invalid(
        Text("公司文件有误,没有导入任何内容", "the company file has faults, nothing was taken from it"),
        violations=[Violation(fault.code, fault.text, field=f"{fault.file}:{fault.line}") for fault in faults],
    )


def import_on_opening_day(
    store: Store, document: CompanyDocument, *, digest: str, clock: Clock, new_id: Callable[[str], str]
) -> Opened:
    """Take the whole file into an empty service, without approvals and on record as such, with the file's digest.

    Accounts are left ``opening``, ``stand_in`` where a value is to be generated: whoever calls owes them their vault
    groups and first values, and the people their one-time passwords. ``WrongState`` where there is a company already.
    """

    def work(tx: Tx) -> Company:
        if tx.count(Company) or tx.count(Person):
            raise WrongState(
                Text("服务中已有公司,不能再次整体导入", "the service has a company already"),
                next_step=Text("请用 company import 提出变更申请", "propose the changes: company import"),
            )
        at = clock()
        company = Company(COMPANY, document.name, document.timezone, document.incident_partner, digest, at)
        tx.add(company)
        for department in document.departments:
            tx.add(Department(department.id, department.name, department.head))
        tx.record(_event(EventTag.COMPANY_IMPORTED, f"{COMPANY}:{COMPANY}", **_summary(document, digest)))
        for person in document.people:
            _join(tx, person, at=at, new_id=new_id)
        for account in document.accounts:
            _open(tx, account, at=at)
        for database in document.databases:
            tx.add(RegisteredDatabase(database.id, database.name, database.engine, database.body))
        for engagement in document.engagements:
            tx.add(Engagement(engagement.id, engagement.agency, engagement.name, engagement.body))
        return company

    company = store.write(work)
    return Opened(company, tuple(person.name for person in document.people), document.accounts)


def propose(context: Context, caller: Caller, document: CompanyDocument) -> ImportPlan:
    """Return what a later file would change, what the caller may ask of it, and who may ask for the rest."""

    def work(tx: Tx) -> ImportPlan:
        at = context.clock()
        require(tx, context, caller, Permission.COMPANY_IMPORT, ObjectRef(COMPANY), at=at)
        policies = context.rules(tx).policies
        held = roles_of(tx, context, caller.person or "", at=at)
        found = compare(document, _present(tx, at=at))
        offers = [
            Offer(
                proposal,
                who=asked_by(policies.chain(proposal.kind), policies.roles),
                mine=bool(policies.may_ask(proposal.kind, held)),
            )
            for proposal in found.proposals
        ]
        return ImportPlan(tuple(offers), tuple(found.unchanged), tuple(found.differences))

    return context.store.write(work)


def ask_for_mine(context: Context, caller: Caller, plan: ImportPlan, *, reason: str) -> tuple[RequestView, ...]:
    """Submit those proposals of a plan that the caller may ask; each is a request of its own."""
    mine = [offer.proposal for offer in plan.proposals if offer.mine]
    return tuple(
        submit(context, caller, kind=proposal.kind, payload=proposal.payload, reason=reason) for proposal in mine
    )


def _join(tx: Tx, entry: PersonEntry, *, at: datetime, new_id: Callable[[str], str]) -> None:
    tx.add(
        Person(
            name=entry.name,
            display=entry.display,
            department=entry.department,
            agency=entry.agency,
            mail=entry.mail,
            state=PersonState.ACTIVE,
            created_at=at,
        )
    )
    for role in entry.posts:
        tx.add(Post(new_id("PO"), entry.name, role, at))
    place = {"department": entry.department} if entry.department else {"agency": entry.agency}
    tx.record(_event(EventTag.PERSON_JOINED, subject(entry.name), posts=list(entry.posts), **place))


def _open(tx: Tx, entry: AccountEntry, *, at: datetime) -> None:
    tx.add(
        OfficialAccount(
            id=entry.id,
            name=entry.name,
            kind=entry.kind,
            sensitivity=entry.sensitivity,
            custodians=entry.custodians,
            state=AccountState.OPENING,
            opened_at=at,
            url=entry.url,
            username=entry.username,
            stand_in=entry.secret is SecretSource.GENERATE,
        )
    )
    custody = {"kind": entry.kind, "sensitivity": entry.sensitivity.value, "custodians": list(entry.custodians)}
    tx.record(
        _event(EventTag.ACCOUNT_IMPORTED, f"account:{entry.id}", rule="ACC-2", value=entry.secret.value, **custody)
    )


def _summary(document: CompanyDocument, digest: str) -> dict[str, Any]:
    return {
        "approvals": "none: opening day",
        "file_digest": digest,
        "departments": [entry.id for entry in document.departments],
        "people": len(document.people),
        "accounts": len(document.accounts),
        "databases": [entry.id for entry in document.databases],
        "engagements": [entry.id for entry in document.engagements],
    }


def _event(tag: EventTag, obj: str, *, rule: str | None = None, **details: object) -> EventDraft:
    return EventDraft(tag, OPENING_DAY, obj, verdict=Verdict.NOTE, rule=rule, details=details)


def _present(reader: Reader, *, at: datetime) -> Present:
    company = reader.get(Company, COMPANY)
    if company is None:
        raise WrongState(Text("服务中还没有公司", "there is no company in the service yet"))
    posts: dict[str, frozenset[str]] = {}
    for post in reader.find(Post):
        # An acting post ends by itself; the file speaks of those who hold the post.
        if post.in_force(at) and post.acting_for is None:
            posts[post.person] = posts.get(post.person, frozenset()) | {post.role}
    return Present(
        company=company,
        departments={item.id: item for item in reader.find(Department)},
        people={item.name: item for item in reader.find(Person)},
        posts=posts,
        accounts={item.id: item for item in reader.find(OfficialAccount)},
        databases={item.id: item for item in reader.find(RegisteredDatabase)},
        engagements={item.id: item for item in reader.find(Engagement)},
    )
