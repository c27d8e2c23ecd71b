"""The agency's contracts of the company file (AGY-1, AGY-2, AGY-6, AGY-8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from vault_svc.domain import company_fields as fields
from vault_svc.domain.company_document import AccountEntry, DatabaseEntry, EngagementEntry, PersonEntry
from vault_svc.domain.names import sign_in_name
from vault_svc.domain.permissions import Deny
from vault_svc.domain.purposes import Audience
from vault_svc.domain.shapes import is_sha256
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.people import PersonName
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.reading import Node

Engagements = list[tuple["Node", EngagementEntry]]
_DAYS = ("commission_due_day", "income_check_day", "figures_due_day")
_KEYS = ("id", "agency", "name", "from", "until", "contact", "representative", "document_sha256", "people")


@dataclass(frozen=True, slots=True)
class Known:
    """What an engagement may refer to."""

    policies: Policies
    people: Mapping[PersonName, tuple[Node, PersonEntry]]
    accounts: Mapping[str, tuple[Node, AccountEntry]]
    databases: Mapping[str, tuple[Node, DatabaseEntry]]


def read_engagements(root: Node, known: Known) -> Engagements:
    """Read ``[[engagement]]``; faults are left on the node."""
    nodes = root.items("engagement") if root.has("engagement") else []
    found = [(node, _Reader(node, known).engagement()) for node in nodes]
    for (_, first), (node, second) in combinations(found, 2):
        _overlap(node, first, second)
    return found


def _overlap(node: Node, first: EngagementEntry, second: EngagementEntry) -> None:
    """Note two contracts in force at once that bind the same agency or open the same account."""
    if not first.overlaps(second):
        return
    if first.agency and first.agency == second.agency:
        text = Text(f"与同一机构的合同「{first.id}」期限重叠", f"overlaps {first.id!r} of the same agency")
        node.fault("overlap", text, "from")
    elif shared := sorted(set(first.accounts) & set(second.accounts)):
        listed = ", ".join(shared)
        text = Text(f"账户 {listed} 同时交给了合同「{first.id}」", f"{listed}: open to {first.id!r} at the same time")
        node.fault("overlap", text, "from")


class _Reader:
    """Reads one engagement."""

    def __init__(self, node: Node, known: Known) -> None:
        self._node, self._known = node, known

    def engagement(self) -> EngagementEntry:
        node = self._node
        node.only(*_KEYS, "settle_last_month_after_term", *_DAYS, "account", "dataset")
        agency = fields.an_id(node, "agency")
        first_day, last_day = self._term()
        people = self._people(agency)
        self._representative(agency)
        self._papers()
        accounts = [self._account(item) for item in node.items("account")] if node.has("account") else []
        fields.each_once(accounts, "id", str)
        if node.has("dataset"):
            fields.each_once([self._dataset(item) for item in node.items("dataset")], "id", str)
        return EngagementEntry(
            id=fields.an_id(node, "id"),
            agency=agency,
            name=fields.shown(node, "name"),
            first_day=first_day,
            last_day=last_day,
            people=people,
            accounts=tuple(account for _, account in accounts if account),
            body=fields.plain(node.table),
        )

    def _term(self) -> tuple[dt.date, dt.date]:
        first, last = fields.day(self._node, "from"), fields.day(self._node, "until")
        if first and last and first > last:
            text = Text("合同期的结束早于开始", "the term ends before it begins")
            self._node.fault("empty_span", text, "until")
        # A term that can't be read lies where it overlaps nothing.
        return (first, last) if first and last and first <= last else (dt.date.max, dt.date.min)

    def _people(self, agency: str) -> tuple[PersonName, ...]:
        people = self._node.child("people")
        if self._node.has("people") and not people.table:
            self._node.fault("empty", Text("合同没有人员", "the engagement has no people"), "people")
        found = [name for written in people.table if (name := self._person(people, written, agency, written))]
        for written in people.table:
            self._purposes(people, written)
        return tuple(found)

    def _person(self, node: Node, written: str, agency: str, key: str) -> PersonName | None:
        """Return the login name of somebody of this agency."""
        name = sign_in_name(written)
        if name is None or name not in self._known.people:
            node.fault("unknown_person", Text("没有此人", "there is no such person"), key)
            return None
        if agency and self._known.people[name][1].agency != agency:
            text = Text(f"「{name}」不是「{agency}」的人员", f"{name!r} is not of {agency!r}")
            node.fault("not_of_agency", text, key)
        return name

    def _representative(self, agency: str) -> None:
        written = self._node.string("representative")
        if written:
            self._person(self._node, written, agency, "representative")

    def _papers(self) -> None:
        node = self._node
        if not node.has("contact"):
            node.fault("missing", Text("缺少「contact」", "'contact' is missing"))
        fields.mail(node, "contact")
        digest = node.string("document_sha256")
        if digest and not is_sha256(digest):
            text = Text("应为 64 位小写十六进制", "this must be 64 small hex digits")
            node.fault("bad_sha256", text, "document_sha256")
        node.flag("settle_last_month_after_term")
        for key in _DAYS:
            fields.day_of_month(node, key)

    def _purposes(self, node: Node, key: str) -> tuple[str, ...]:
        """Return the purposes that agencies have."""
        known = {purpose.id for purpose in self._known.policies.purposes.available(Audience.AGENCY)}
        written = node.strings(key)
        for at, purpose in enumerate(written):
            if purpose not in known:
                text = Text(f"代运营机构没有「{purpose}」这种用途", f"agencies have no purpose {purpose!r}")
                node.fault("unknown_purpose", text, key, at)
        return tuple(purpose for purpose in written if purpose in known)

    def _account(self, node: Node) -> tuple[Node, str]:
        node.only("id", "purposes")
        account, purposes = fields.an_id(node, "id"), self._purposes(node, "purposes")
        if account and account not in self._known.accounts:
            text = Text(f"没有「{account}」这个账户", f"there is no account {account!r}")
            node.fault("unknown_account", text, "id")
            return node, account
        for at, purpose in enumerate(purposes if account else ()):
            self._opens(node, purpose, account, at)
        return node, account

    def _opens(self, node: Node, purpose: str, account: str, at: int) -> None:
        """Note a purpose that opens nothing on this account to an agency (ACC-4, AGY-2)."""
        _, entry = self._known.accounts[account]
        if entry.kind not in self._known.policies.account_kinds:
            return
        allowed = self._known.policies.allowance(
            purpose, audience=Audience.AGENCY, kind=entry.kind, sensitivity=entry.sensitivity, in_custody=False
        )
        if isinstance(allowed, Deny):
            node.fault("not_opened", allowed.reason, "purposes", at)

    def _dataset(self, node: Node) -> tuple[Node, str]:
        node.only("id", "database", "purposes")
        self._purposes(node, "purposes")
        database = fields.an_id(node, "database")
        if database and database not in self._known.databases:
            text = Text(f"没有「{database}」这个数据库", f"there is no database {database!r}")
            node.fault("unknown_database", text, "database")
        return node, fields.an_id(node, "id")
