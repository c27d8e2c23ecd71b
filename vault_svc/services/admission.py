"""Whether a request makes sense at all before anybody is asked, kind by kind, and what its chain has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import AccountState, OfficialAccount, Sensitivity
from vault_svc.domain.chains import Relation, RequestFacts
from vault_svc.domain.errors import Conflict, Invalid, NotFound, Violation, WrongState
from vault_svc.domain.names import canonical_name, new_login_name
from vault_svc.domain.people import Department, Person, PersonState
from vault_svc.domain.permissions import Caller, Deny, ObjectRef, Permission
from vault_svc.domain.purposes import Audience
from vault_svc.domain.texts import Text
from vault_svc.services.gate import holders_of, refused, roles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from vault_svc.domain.policies import Policies
    from vault_svc.services.context import Context, StewardContext, WorkerContext
    from vault_svc.services.ports import Reader


@dataclass(frozen=True, slots=True)
class Asking:
    """What is being asked, by whom and when."""

    reader: Reader
    context: Context | WorkerContext | StewardContext
    caller: Caller
    kind: RequestKind
    payload: Mapping[str, Any]
    obj: str
    about: str | None
    at: datetime
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def policies(self) -> Policies:
        """The policies in force."""
        return self.context.rules(self.reader).policies

    def refuse(self, deny: Deny) -> Exception:
        """The error of a Deny, with its event."""
        return refused(deny, self.caller, Permission.REQUEST_SUBMIT, ObjectRef(*self.obj.split(":", 1)))


def admit(asking: Asking) -> None:
    """Raise where the request can't be: unknown account, ACC-4, a purpose that opens nothing, duties in one hand."""
    if asking.starts_at and asking.ends_at and asking.starts_at >= asking.ends_at:
        raise Invalid(violations=[Violation("empty_span", _SPAN, field="until")])
    if asking.ends_at and asking.ends_at <= asking.at:
        raise Invalid(violations=[Violation("past", _PAST, field="until")])
    _ADMIT[asking.kind](asking)


def facts(asking: Asking, *, revision: int) -> RequestFacts:
    """Return what the chain needs to know, at this moment."""
    account = _account(asking, missing_ok=True)
    asked = asking.payload.get("account")
    new = asked if isinstance(asked, dict) else None
    sensitivity = account.sensitivity if account else Sensitivity(new["sensitivity"]) if new else None
    custodians = account.custodians if account else tuple((new or {}).get("custodians", ()))
    requester = asking.caller.person or ""
    return RequestFacts(
        kind=asking.kind,
        requester=requester,
        holders=holders(asking.reader, asking.policies, at=asking.at),
        revision=revision,
        about=asking.about if asking.about != requester else None,
        asker_roles=roles_of(asking.reader, asking.context, requester, at=asking.at),
        about_roles=roles_of(asking.reader, asking.context, asking.about, at=asking.at)
        if asking.about
        else frozenset(),
        sensitivity=sensitivity,
        custodians=custodians,
        posts=tuple(asking.payload.get("posts", ())),
        related=_related(asking),
    )


def holders(reader: Reader, policies: Policies, *, at: datetime) -> dict[str, tuple[str, ...]]:
    """Return role → the active people who hold it now, for every post."""
    return {role: holders_of(reader, role, at=at) for role in sorted(policies.roles.posts)}


def _related(asking: Asking) -> dict[str, tuple[str, ...]]:
    person = asking.reader.get(Person, asking.about) if asking.about else None
    department = asking.reader.get(Department, person.department) if person and person.department else None
    return {Relation.HEAD_OF: (department.head,)} if department else {}


def _account(asking: Asking, *, missing_ok: bool = False) -> OfficialAccount | None:
    noun, _, key = asking.obj.partition(":")
    account = asking.reader.get(OfficialAccount, key) if noun == "account" else None
    if missing_ok:
        return account
    if account is None or account.state is AccountState.CLOSED:
        raise NotFound(Text("没有这个账户", "there is no such account"))
    return account


def _use(asking: Asking) -> None:
    account = _account(asking)
    if account is None:
        return
    if asking.ends_at is None:
        raise Invalid(violations=[Violation("missing", _UNTIL, field="until")])
    person = asking.reader.get(Person, asking.caller.person)
    outside = person is not None and person.agency is not None
    decision = asking.policies.may_use(
        asking.payload["purpose"],
        audience=Audience.AGENCY if outside else Audience.EMPLOYEES,
        kind=account.kind,
        sensitivity=account.sensitivity,
        span=asking.ends_at - max(asking.starts_at or asking.at, asking.at),
    )
    if isinstance(decision, Deny):
        raise asking.refuse(decision)
    if account.state is not AccountState.IN_ORDER:
        raise WrongState(next_step=Text("请保管人先录入密码", "a custodian has to hand in the value first"))


def _existing(asking: Asking) -> None:
    _account(asking)


def _open(asking: Asking) -> None:
    if _account(asking, missing_ok=True) is not None:
        raise Conflict(Text("已有同名账户", "an account with this id exists"))
    wanted = asking.payload["account"]
    decision = asking.policies.custody(wanted["kind"], wanted["custodians"])
    if isinstance(decision, Deny):
        raise asking.refuse(decision)


def _custody(asking: Asking) -> None:
    account = _account(asking)
    if account is None:
        return
    add, remove = asking.payload.get("add", ()), asking.payload.get("remove", ())
    decision = asking.policies.custody(account.kind, new_custodians(account.custodians, add, remove))
    if isinstance(decision, Deny):
        raise asking.refuse(decision)


def new_custodians(now: tuple[str, ...], add: list[str], remove: list[str]) -> tuple[str, ...]:
    """Return the custodians after a change, in order, each once."""
    return tuple(dict.fromkeys([role for role in now if role not in remove] + [r for r in add if r not in remove]))


def _person(asking: Asking) -> None:
    person = asking.reader.get(Person, asking.about)
    if person is None or person.state is not PersonState.ACTIVE:
        raise NotFound(Text("没有此人", "there is no such person"))


def _post(asking: Asking) -> None:
    _person(asking)
    if asking.payload.get("end"):
        return
    held = roles_of(asking.reader, asking.context, asking.payload["person"], at=asking.at)
    _together(asking, held | {asking.payload["post"]})


def _join(asking: Asking) -> None:
    taken = [person.name for person in asking.reader.find(Person)]  # ended people's too: names are not reused
    if canonical_name(asking.payload["name"]) in taken:
        raise Conflict(Text("登录名已被使用", "the login name is taken"))
    new_login_name(asking.payload["name"], roles=asking.policies.roles.by_id, taken=taken, field="payload.name")
    if asking.reader.get(Department, asking.payload["department"]) is None:
        raise NotFound(Text("没有这个部门", "there is no such department"))
    _together(asking, frozenset(asking.payload.get("posts", ())))


def _together(asking: Asking, roles: frozenset[str]) -> None:
    posts = asking.policies.roles.posts
    unknown = [role for role in roles if role not in posts and role not in {"person", "employee"}]
    if unknown:
        raise Invalid(violations=[Violation("unknown_role", _ROLE, field="payload.post")])
    decision = asking.policies.roles.together(roles & posts)
    if isinstance(decision, Deny):
        raise asking.refuse(decision)


def _policy(asking: Asking) -> None:
    asking.context.rules.check(asking.reader, asking.payload["files"])


_SPAN = Text("结束时间须晚于开始时间", "the end must be later than the start")
_PAST = Text("结束时间已过", "the end is in the past")
_UNTIL = Text("请填写使用到何时", "say until when")
_ROLE = Text("没有这个岗位", "there is no such post")

_ADMIT: dict[RequestKind, Callable[[Asking], None]] = {
    RequestKind.ACCOUNT_CHANGE: _existing,
    RequestKind.ACCOUNT_CLOSE: _existing,
    RequestKind.ACCOUNT_CUSTODY: _custody,
    RequestKind.ACCOUNT_OPEN: _open,
    RequestKind.ACCOUNT_USE: _use,
    RequestKind.PERSON_JOIN: _join,
    RequestKind.PERSON_RESET: _person,
    RequestKind.POLICY_CHANGE: _policy,
    RequestKind.POST_ASSIGN: _post,
}
