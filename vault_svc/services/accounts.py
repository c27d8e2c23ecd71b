"""Official accounts: the list, one account, who has seen what, and the first value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.accounts import AccountState, Exposure, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import NotFound, NotPermitted, StaleVersion, Unavailable, WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.permissions import Allow, Caller, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.services.gate import decide, holders_of, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.secrets import Secret
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx

_VERBS = {
    "reveal": Permission.ACCOUNT_REVEAL,
    "check_out": Permission.ACCOUNT_CHECK_OUT,
    "change": Permission.ACCOUNT_CHANGE,
    "exposures": Permission.ACCOUNT_EXPOSURES,
    "first_value": Permission.ACCOUNT_FIRST_VALUE,
}


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account without any value: who keeps it now, and what the caller may do with it."""

    account: OfficialAccount
    custodians: tuple[str, ...]
    may: tuple[str, ...]


def find(context: Context, caller: Caller) -> list[OfficialAccount]:
    """Return the accounts in use that the caller may know of, by id."""

    def work(tx: Tx) -> list[OfficialAccount]:
        require(tx, context, caller, Permission.ACCOUNT_LIST, ObjectRef("account"), at=context.clock())
        return tx.find(OfficialAccount, state__ne=AccountState.CLOSED, order=("id",))

    return context.store.write(work)


def show(context: Context, caller: Caller, account_id: str) -> AccountView:
    """Return one account."""

    def work(tx: Tx) -> AccountView:
        at = context.clock()
        obj = ObjectRef("account", account_id)
        require(tx, context, caller, Permission.ACCOUNT_READ, obj, at=at, hide=True)
        account = tx.get(OfficialAccount, account_id)
        if account is None:
            raise NotFound
        keepers = sorted({name for role in account.custodians for name in holders_of(tx, role, at=at)})
        may = [
            verb
            for verb, permission in _VERBS.items()
            if isinstance(decide(tx, context, caller, permission, obj, at=at), Allow)
        ]
        return AccountView(account, tuple(keepers), tuple(may))

    return context.store.write(work)


def exposures(context: Context, caller: Caller, account_id: str) -> list[Exposure]:
    """Return who has seen which version, ever, newest first."""

    def work(tx: Tx) -> list[Exposure]:
        obj = ObjectRef("account", account_id)
        require(tx, context, caller, Permission.ACCOUNT_EXPOSURES, obj, at=context.clock(), hide=True)
        return tx.find(Exposure, account=account_id, order=("-at", "-id"))

    return context.store.write(work)


def first_value(context: Context, caller: Caller, account_id: str, *, fields: Mapping[str, Secret]) -> OfficialAccount:
    """Hand in the first value, once, as a custodian; later ones are changes that need consent (ACC-3)."""

    def intend(tx: Tx) -> str:
        obj = ObjectRef("account", account_id)
        require(tx, context, caller, Permission.ACCOUNT_FIRST_VALUE, obj, at=context.clock(), hide=True)
        account = tx.get(OfficialAccount, account_id)
        if account is None:
            raise NotFound
        if account.state is not AccountState.WAITING or account.version:
            raise WrongState(rule="ACC-3", next_step=Text("请提出变更申请(account.change)", "ask with account.change"))
        return tx.record(_event(EventTag.ACCOUNT_VALUE_INTENDED, caller, account))

    sn = context.store.write(intend)
    try:
        version = context.person_vault.write_first(
            caller.person or "", sn=sn, account=account_id, fields=fields, change=sn
        )
    except NotPermitted as failure:
        raise Unavailable(
            Text("密码库正在准备,请稍后再试", "the vault is being prepared, try again in a moment"), retry_after_s=2
        ) from failure
    except StaleVersion as failure:
        raise WrongState(
            rule="ACC-3", next_step=Text("已有密码,请提出变更申请", "there is a value already: ask with account.change")
        ) from failure

    def given(tx: Tx) -> OfficialAccount:
        to = {"state": AccountState.IN_ORDER, "version": version}
        tx.change(OfficialAccount, account_id, expect={"version": 0}, to=to)
        account = tx.get(OfficialAccount, account_id)
        if account is None:
            raise NotFound
        tx.record(_event(EventTag.ACCOUNT_VALUE_GIVEN, caller, account, version=version))
        return account

    return context.store.write(given)


def _event(tag: EventTag, caller: Caller, account: OfficialAccount, **details: object) -> EventDraft:
    return EventDraft(
        action=tag,
        actor=caller.subject,
        obj=f"account:{account.id}",
        verdict=Verdict.ALLOW,
        rule="ACC-2",
        serial=account.serial,
        source=caller.source,
        details=details,
    )
