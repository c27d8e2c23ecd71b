"""Everything that can go wrong, as a person should hear it.

Each error says what happened, which rule decided (a regulation id or ``None``) and what the reader can do next.
None of them may hold a secret value, an inner address or another library's message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# One vocabulary: whoever raises or catches imports from here. noqa because each name is passed on, not used.
from vault_svc.domain.failures import AuditChainBroken as AuditChainBroken  # noqa: PLC0414
from vault_svc.domain.failures import AuditUnavailable as AuditUnavailable  # noqa: PLC0414
from vault_svc.domain.failures import BackupUnverified as BackupUnverified  # noqa: PLC0414
from vault_svc.domain.failures import Broken as Broken  # noqa: PLC0414
from vault_svc.domain.failures import DatabaseUnreachable as DatabaseUnreachable  # noqa: PLC0414
from vault_svc.domain.failures import NoRoom as NoRoom  # noqa: PLC0414
from vault_svc.domain.failures import PolicyFileInvalid as PolicyFileInvalid  # noqa: PLC0414
from vault_svc.domain.failures import Unavailable as Unavailable  # noqa: PLC0414
from vault_svc.domain.failures import VaultSealed as VaultSealed  # noqa: PLC0414
from vault_svc.domain.failures import VaultUnreachable as VaultUnreachable  # noqa: PLC0414
from vault_svc.domain.faults import Fault as Fault  # noqa: PLC0414
from vault_svc.domain.faults import VaultSvcError as VaultSvcError  # noqa: PLC0414
from vault_svc.domain.faults import Violation as Violation  # noqa: PLC0414
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.domain.audit import EventDraft


class NotAuthenticated(VaultSvcError):
    """Nobody is signed in, or not freshly enough."""

    code = "not_authenticated"
    message = Text("请先登录", "sign in first")


class BadCredentials(NotAuthenticated):
    """Name or password is wrong; the same for unknown, ended and wrong."""

    code = "bad_credentials"
    message = Text("登录名或密码不正确", "the name or the password is not right")


class SessionExpired(NotAuthenticated):
    """The session has ended."""

    code = "session_expired"
    message = Text("会话已结束,请重新登录", "the session has ended, sign in again")


class StepUpRequired(NotAuthenticated):
    """The act needs a proof of presence that is at most five minutes old."""

    code = "step_up_required"
    message = Text("此操作需要再次验证身份", "prove again that it is you")


class Denied(VaultSvcError):
    """The rules say no."""

    code = "denied"
    message = Text("不允许此操作", "this is not allowed")


class NotPermitted(Denied):
    """No rule allows it to this person."""

    code = "not_permitted"


class NotCustodian(Denied):
    """The act belongs to the account's custodians (ACC-2)."""

    code = "not_custodian"
    message = Text("只有该账户的保管人可以这样做", "only a custodian of the account may do this")


class OwnRequest(Denied):
    """Nobody agrees to a request of their own."""

    code = "own_request"
    message = Text("不得审批自己的申请", "nobody agrees to a request of their own")


class DutiesNotSeparated(Denied):
    """One person would hold what must lie with two."""

    code = "duties_not_separated"
    message = Text("权限必须分离,同一人不得兼任", "these duties must lie with different people")


class OutsidePurpose(Denied):
    """The purpose does not open this."""

    code = "outside_purpose"
    message = Text("该用途不允许使用此账户", "the purpose does not open this account")


class OutsideWindow(Denied):
    """Not now: before the start or after the end."""

    code = "outside_window"
    message = Text("不在允许的时间内", "it is outside the permitted time")


class PasswordChangeDue(Denied):
    """Nothing but changing the password is open (DB-5, DB-6)."""

    code = "password_change_due"
    message = Text("请先更换密码", "change your password first")


class ApprovalRequired(VaultSvcError):
    """A state rather than a failure: somebody has to agree first."""

    code = "approval_required"
    message = Text("需要先申请并获得同意", "somebody has to agree first")


class NotFound(VaultSvcError):
    """It does not exist, or the asker may not know that it does."""

    code = "not_found"
    message = Text("没有找到", "not found")


class Conflict(VaultSvcError):
    """The state of things does not allow it now."""

    code = "conflict"
    message = Text("当前状态不允许此操作", "the present state does not allow it")


class WrongState(Conflict):
    """The thing is in another state than the act needs."""

    code = "wrong_state"


class AlreadyVoted(Conflict):
    """One vote a person."""

    code = "already_voted"
    message = Text("您已经审批过此申请", "you have voted on this already")


class StaleDigest(Conflict):
    """What was agreed to is no longer what is asked."""

    code = "stale_digest"
    message = Text("申请内容已变化,请重新查看", "what is asked has changed, look again")


class CheckedOut(Conflict):
    """Somebody else has it for themselves until a time."""

    code = "checked_out"
    message = Text("账户已被他人借出", "somebody has checked the account out")


class StaleVersion(Conflict):
    """Another version came in between."""

    code = "stale_version"
    message = Text("已有更新的版本", "a newer version exists")


class OrderClosed(Conflict):
    """The same idempotency key came with another body."""

    code = "idempotency_mismatch"
    message = Text("同一幂等键对应了不同的内容", "the idempotency key came with another body before")


class Malformed(VaultSvcError):
    """The call can't be read."""

    code = "malformed"
    message = Text("请求格式不正确", "the call can't be read")


class Gone(VaultSvcError):
    """It was there once and is not any more."""

    code = "already_opened"
    message = Text("已经打开过或已失效", "it was opened already, or its time is over")


class TooMany(VaultSvcError):
    """Too many tries; ``retry_after_s`` says how long to wait."""

    code = "too_many"
    message = Text("尝试次数过多,请稍后再试", "too many tries, wait a while")

    def __init__(self, *, retry_after_s: int, next_step: Text | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(next_step=next_step)


class Invalid(VaultSvcError):
    """The content breaks a rule; ``violations`` says which, never with the value."""

    code = "invalid"
    message = Text("内容不符合要求", "the content breaks a rule")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        rule: str | None = None,
        next_step: Text | None = None,
        violations: Sequence[Violation] = (),
        events: Sequence[EventDraft] = (),
    ) -> None:
        self.violations: tuple[Violation, ...] = tuple(violations)
        super().__init__(detail, rule=rule, next_step=next_step, events=events)


class PasswordRejected(Invalid):
    """The password rules say no (DB-5)."""

    code = "password_rejected"
    message = Text("密码不符合规则", "the password does not meet the rules")


class ReasonMissing(Invalid):
    """A reason has to be given."""

    code = "reason_missing"
    message = Text("请填写理由", "give a reason")


class UnknownKind(Invalid):
    """There is no such kind of request."""

    code = "unknown_kind"
    message = Text("没有这种申请", "there is no such kind of request")
