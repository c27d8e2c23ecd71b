"""A later company file against what is there: what can be asked for, and what no request changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.people import Department, Person, PersonState
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.company import Company, Engagement, RegisteredDatabase
    from vault_svc.domain.company_document import AccountEntry, CompanyDocument, PersonEntry


@dataclass(frozen=True, slots=True)
class Present:
    """What is there now, by id; ``posts`` holds the posts in force of each person."""

    company: Company
    departments: Mapping[str, Department]
    people: Mapping[str, Person]
    posts: Mapping[str, frozenset[str]]
    accounts: Mapping[str, OfficialAccount]
    databases: Mapping[str, RegisteredDatabase]
    engagements: Mapping[str, Engagement]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A request that would bring one thing nearer to the file."""

    kind: RequestKind
    payload: Mapping[str, Any]
    obj: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the file says and no import changes, with what to do instead."""

    obj: str
    text: Text
    next_step: Text


@dataclass(slots=True)
class Comparison:
    """``unchanged`` are the objects of which the file says what is there."""

    proposals: list[Proposal] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def propose(self, kind: RequestKind, payload: Mapping[str, Any], obj: str) -> None:
        """Add a proposal."""
        self.proposals.append(Proposal(kind, payload, obj))

    def differs(self, obj: str, text: Text, next_step: Text) -> None:
        """Add a difference."""
        self.differences.append(Difference(obj, text, next_step))

    def settle(self, obj: str) -> None:
        """Count an object as unchanged if nothing was said about it."""
        said = {item.obj for item in self.proposals} | {item.obj for item in self.differences}
        if obj not in said:
            self.unchanged.append(obj)


def compare(document: CompanyDocument, present: Present) -> Comparison:
    """Return what the file would change. What is there and not in the file stays, and is named."""
    found = Comparison()
    _company(document, present, found)
    for person in document.people:
        _person(person, present, found)
    for account in document.accounts:
        _account(account, present, found)
    _registered(document, present, found)
    _left_out(document, present, found)
    return found


def _company(document: CompanyDocument, present: Present, found: Comparison) -> None:
    now = present.company
    if (document.name, document.incident_partner) != (now.name, now.incident_partner):
        found.differs("company:company", _changed(Text("公司名称或合作单位", "name or partner")), _BY_HAND)
    found.settle("company:company")
    for entry in document.departments:
        obj, there = f"department:{entry.id}", present.departments.get(entry.id)
        if there is None:
            found.differs(obj, Text("新部门", "a new department"), _BY_HAND)
        elif (there.name, there.head) != (entry.name, entry.head):
            found.differs(obj, _changed(Text("部门名称或负责人", "name or head")), _BY_HAND)
        found.settle(obj)


def _person(entry: PersonEntry, present: Present, found: Comparison) -> None:
    obj, there = f"person:{entry.name}", present.people.get(entry.name)
    if there is None:
        _newcomer(entry, obj, found)
        return
    if there.state is PersonState.ENDED:
        found.differs(
            obj, Text("此人已离职,登录名不再使用", "has left, and the login name is not used again"), _OTHER_NAME
        )
        return
    if (there.department, there.agency) != (entry.department, entry.agency):
        found.differs(obj, _changed(Text("部门或机构", "department or agency")), _BY_HAND)
    if (there.display, there.mail) != (entry.display, entry.mail):
        found.differs(obj, _changed(Text("姓名或邮箱", "what the person is called, or the mail")), _BY_HAND)
    held = present.posts.get(entry.name, frozenset())
    for post in entry.posts:
        if post not in held:
            found.propose(RequestKind.POST_ASSIGN, {"person": entry.name, "post": post}, obj)
    for post in sorted(held - set(entry.posts)):
        found.propose(RequestKind.POST_ASSIGN, {"person": entry.name, "post": post, "end": True}, obj)
    found.settle(obj)


def _newcomer(entry: PersonEntry, obj: str, found: Comparison) -> None:
    if entry.agency is not None:
        found.differs(obj, Text("代运营机构的新人员", "somebody new of an agency"), _BY_CONTRACT)
    elif entry.mail is None:
        step = Text("请在文件中补上邮箱,首次密码将发往该邮箱", "add the mail, the first password is sent there")
        found.differs(obj, Text("新人员没有邮箱", "somebody new has no mail"), step)
    else:
        payload = {
            "name": entry.name,
            "display": entry.display,
            "department": entry.department,
            "mail": entry.mail,
            "posts": list(entry.posts),
        }
        found.propose(RequestKind.PERSON_JOIN, payload, obj)


def _account(entry: AccountEntry, present: Present, found: Comparison) -> None:
    obj, there = f"account:{entry.id}", present.accounts.get(entry.id)
    if there is None:
        found.propose(RequestKind.ACCOUNT_OPEN, {"account": new_account(entry)}, obj)
        return
    if there.state is AccountState.CLOSED:
        found.differs(obj, Text("账户已注销", "the account is closed"), _OTHER_ID)
        return
    if (there.kind, there.sensitivity) != (entry.kind, entry.sensitivity):
        step = Text("请注销后另开账户", "close it and open another")
        found.differs(obj, _changed(Text("种类或敏感级别", "kind or sensitivity")), step)
    if (there.name, there.url, there.username) != (entry.name, entry.url, entry.username):
        step = Text("请提出 account.change 申请(ACC-3)", "ask with account.change (ACC-3)")
        found.differs(obj, _changed(Text("名称、网址或登录名", "name, address or user name")), step)
    add = [role for role in entry.custodians if role not in there.custodians]
    remove = [role for role in there.custodians if role not in entry.custodians]
    if add or remove:
        found.propose(RequestKind.ACCOUNT_CUSTODY, {"account": entry.id, "add": add, "remove": remove}, obj)
    found.settle(obj)


def new_account(entry: AccountEntry) -> dict[str, Any]:
    """Return the payload of ``account.open`` for an account; what was left out is left out."""
    whole = {
        "id": entry.id,
        "name": entry.name,
        "kind": entry.kind,
        "sensitivity": entry.sensitivity.value,
        "url": entry.url,
        "username": entry.username,
        "custodians": list(entry.custodians),
    }
    return {key: value for key, value in whole.items() if value is not None}


def _registered(document: CompanyDocument, present: Present, found: Comparison) -> None:
    """Compare databases and engagements, which an import only brings on opening day."""
    for noun, entries, there in (
        ("database", document.databases, present.databases),
        ("engagement", document.engagements, present.engagements),
    ):
        for entry in entries:
            obj, now = f"{noun}:{entry.id}", there.get(entry.id)
            step = Text(f"须提出 {noun} 类申请", f"this needs a request of the {noun} kinds")
            if now is None:
                found.differs(obj, Text("文件中新增", "new in the file"), step)
            elif dict(now.body) != dict(entry.body):
                found.differs(obj, _changed(Text("内容", "content")), step)
            found.settle(obj)


def _left_out(document: CompanyDocument, present: Present, found: Comparison) -> None:
    named = {f"person:{p.name}" for p in document.people} | {f"account:{a.id}" for a in document.accounts}
    named |= {f"department:{d.id}" for d in document.departments}
    there = {f"person:{p.name}" for p in present.people.values() if p.state is PersonState.ACTIVE}
    there |= {f"account:{a.id}" for a in present.accounts.values() if a.state is not AccountState.CLOSED}
    there |= {f"department:{d.id}" for d in present.departments.values()}
    for obj in sorted(there - named):
        step = Text(
            "导入不会删除;如需注销或离职,请提出申请", "an import removes nothing: ask to close it or for leaving"
        )
        found.differs(obj, Text("文件中没有", "not in the file"), step)


def _changed(what: Text) -> Text:
    return Text(f"{what.zh}与现有的不同", f"{what.en}: not what is there")


_BY_HAND = Text("导入不会更改此项", "an import does not change this")
_BY_CONTRACT = Text("代运营机构的人员随合同(engagement)登记", "people of an agency come with its engagement")
_OTHER_NAME = Text("请换一个登录名", "use another login name")
_OTHER_ID = Text("请换一个账户编号", "use another id")
