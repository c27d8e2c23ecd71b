"""Departments and people of the company file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.domain import company_fields as fields
from vault_svc.domain.company_document import DepartmentEntry, PersonEntry
from vault_svc.domain.confusables import skeleton
from vault_svc.domain.names import NAME_IS_ROLE, look, looks_like_role
from vault_svc.domain.permissions import Deny
from vault_svc.domain.roles import RESERVED, Roles
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.people import PersonName
    from vault_svc.domain.reading import Node

DEPARTMENT_HEAD: Final = "department_head"

Departments = list[tuple["Node", DepartmentEntry]]
People = list[tuple["Node", PersonEntry]]


def read_departments(root: Node) -> Departments:
    """Read ``[[department]]``; faults are left on the node."""
    return [(node, _department(node)) for node in root.items("department")]


def read_people(root: Node, roles: Roles) -> People:
    """Read ``[[person]]``; faults are left on the node."""
    return [(node, _person(node, roles)) for node in root.items("person")]


def check_people(departments: Departments, people: People, roles: Roles) -> dict[PersonName, tuple[Node, PersonEntry]]:
    """Note what does not fit together, and return the people by login name."""
    known = fields.each_once(departments, "id", lambda department: department.id)
    fields.each_once([(node, entry) for node, entry in people if entry.mail], "mail", lambda p: (p.mail or "").lower())
    by_name = fields.each_once(people, "name", lambda person: person.name)
    _look_alikes(people, roles)
    for node, person in people:
        _place(node, person, known)
    found = {entry.name: (node, entry) for node, entry in by_name.values()}
    _heads(departments, found)
    return found


def _department(node: Node) -> DepartmentEntry:
    node.only("id", "name", "head")
    return DepartmentEntry(fields.an_id(node, "id"), fields.shown(node, "name"), fields.login_name(node, "head"))


def _person(node: Node, roles: Roles) -> PersonEntry:
    node.only("name", "mail", "display", "department", "agency", "posts")
    return PersonEntry(
        name=fields.login_name(node, "name"),
        display=fields.shown(node, "display"),
        mail=fields.mail(node, "mail"),
        department=fields.an_id(node, "department") if node.has("department") else None,
        agency=fields.an_id(node, "agency") if node.has("agency") else None,
        posts=_posts(node, roles),
    )


def _posts(node: Node, roles: Roles) -> tuple[str, ...]:
    """Return the posts that there are; one that there is not, and two separated duties in one hand, are faults."""
    written = fields.texts(node, "posts")
    known = tuple(post for post in written if post in roles.posts)
    for at, post in enumerate(written):
        if post not in roles.posts:
            node.fault("unknown_role", Text(f"没有「{post}」这个岗位", f"there is no post {post!r}"), "posts", at)
    together = roles.together(known)
    if isinstance(together, Deny):
        node.fault(together.code, together.reason, "posts")
    return known


def _place(node: Node, person: PersonEntry, departments: dict[str, tuple[Node, DepartmentEntry]]) -> None:
    if person.department is not None and person.agency is not None:
        text = Text("不能同时属于部门和代运营机构", "nobody is of a department and of an agency at once")
        node.fault("two_places", text, "agency")
    elif person.department is None and person.agency is None:
        text = Text("须写明部门(department)或代运营机构(agency)", "say which department or agency the person is of")
        node.fault("no_place", text)
    if person.department and person.department not in departments:
        text = Text(f"没有「{person.department}」这个部门", f"there is no department {person.department!r}")
        node.fault("unknown_department", text, "department")
    if person.agency is not None and node.table.get("posts"):
        text = Text("代运营机构的人员不担任公司岗位", "people of an agency hold no post of the company")
        node.fault("outside_posts", text, "posts")


def _look_alikes(people: People, roles: Roles) -> None:
    """Note names that read like a role or like another one, and display names that only look the same."""
    words = RESERVED | frozenset(roles.by_id)
    logins: dict[str, tuple[Node, PersonEntry]] = {}
    displays: dict[str, tuple[Node, PersonEntry]] = {}
    for node, person in people:
        if person.name and looks_like_role(person.name, sorted(words)) is not None:
            node.fault("name_is_role", NAME_IS_ROLE, "name")
        _, other = logins.setdefault(look(person.name), (node, person))
        if person.name and other.name != person.name:
            text = Text(f"登录名与「{other.name}」看起来相同", f"the login name looks like {other.name!r}")
            node.fault("name_looks_taken", text, "name")
        _, other = displays.setdefault(skeleton(person.display), (node, person))
        if person.display and other.display != person.display:
            text = Text(f"姓名与「{other.name}」的姓名看起来相同", f"it looks like what {other.name!r} is called")
            node.fault("display_looks_taken", text, "display")


def _heads(departments: Departments, people: dict[PersonName, tuple[Node, PersonEntry]]) -> None:
    heads: set[PersonName] = set()
    for node, department in departments:
        head = department.head
        if not head:
            continue
        heads.add(head)
        if head not in people or people[head][1].agency is not None:
            text = Text(f"负责人「{head}」不是本公司人员", f"the head {head!r} is nobody of the company")
            node.fault("unknown_head", text, "head")
        elif DEPARTMENT_HEAD not in people[head][1].posts:
            text = Text(f"「{head}」没有部门负责人岗位", f"{head!r} does not hold the post {DEPARTMENT_HEAD}")
            node.fault("head_without_post", text, "head")
    for node, person in people.values():
        if DEPARTMENT_HEAD in person.posts and person.name not in heads:
            text = Text("担任部门负责人,但没有负责的部门", "holds the post department_head and heads no department")
            node.fault("post_without_department", text, "posts")
