"""What only the steward does: the vault's policies and groups, after it has verified the votes itself.

Whoever can write policies is as good as root, so this runs in a process of its own that lives for one piece of work.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict, digest
from vault_svc.domain.errors import Denied, NotFound, StaleVersion
from vault_svc.domain.events import EventTag
from vault_svc.domain.operations import PolicySet
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import compile_account_policies
from vault_svc.services import memberships

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.secrets import Secret
    from vault_svc.services.context import StewardContext
    from vault_svc.services.ports import Reader, Tx


def act(steward: StewardContext, serial: str) -> None:
    """Do the steward's part of one approved request. ``Denied`` where its votes do not hold."""
    asked = steward.store.read(lambda reader: reader.get(AccessRequest, serial))
    if asked is None or asked.state is not RequestState.APPROVED:
        raise NotFound
    if not steward.store.read(lambda reader: memberships.approved(steward, asked, reader)):
        raise Denied(Text("审批签名无效", "the signatures of the votes do not hold"))
    if asked.kind == RequestKind.POLICY_CHANGE:
        _change_policies(steward, asked)
    elif asked.kind == RequestKind.ACCOUNT_OPEN:
        open_account(steward, str(asked.payload["account"]["id"]))
    else:
        raise Denied(Text("此申请不由管理进程执行", "this is not for the steward"))


def open_account(steward: StewardContext, account_id: str) -> None:
    """Write the account's policies and make its groups; again is fine."""
    texts = steward.store.read(lambda reader: account_policies(steward, account_id, reader))
    for name, text in texts.items():
        steward.vault.write_policy(name, text)
        steward.vault.open_group(name, policies=[name])


def opening_day(steward: StewardContext, stand_ins: Mapping[str, Mapping[str, Secret]]) -> None:
    """Open every account of the company file; those in ``stand_ins`` get a value, the others wait for a custodian."""
    opening = steward.store.read(lambda reader: reader.find(OfficialAccount, state=AccountState.OPENING, order=("id",)))
    for account in opening:
        open_account(steward, account.id)
        version = 0
        if account.id in stand_ins:
            try:
                version = steward.vault.create_first_value(account.id, stand_ins[account.id], change="opening-day")
            except StaleVersion:
                version = 1  # made by a call that died before it could say so
        steward.store.write(partial(_opened, steward=steward, account=account, version=version))


def account_policies(steward: StewardContext, account_id: str, reader: Reader) -> dict[str, str]:
    """Return the account's policies, compiled from the set in force; none to use it where ACC-4 forbids that."""
    rules = steward.rules(reader)
    templates = {name.removeprefix("vault/"): text for name, text in rules.files.items() if name.startswith("vault/")}
    account = reader.get(OfficialAccount, account_id)
    if account is None:
        raise NotFound
    verbs = memberships.verbs(rules.policies, account)
    compiled = compile_account_policies(templates, account_id, steward.accessors)
    return {name: text for name, text in compiled.items() if name.split(":")[0] in verbs}


def _opened(tx: Tx, *, steward: StewardContext, account: OfficialAccount, version: int) -> None:
    state = AccountState.IN_ORDER if version else AccountState.WAITING
    to = {"state": state, "version": version, "stand_in": bool(version)}
    if tx.change(OfficialAccount, account.id, expect={"state": AccountState.OPENING}, to=to):
        tx.owe("memberships.account", {"account": account.id})
        tx.record(
            EventDraft(
                action=EventTag.ACCOUNT_OPENED,
                actor=steward.subject,
                obj=f"account:{account.id}",
                verdict=Verdict.ALLOW,
                rule="ACC-2",
                serial=account.serial,
                details={"version": version, "stand_in": bool(version)},
            )
        )


def _change_policies(steward: StewardContext, asked: AccessRequest) -> None:
    def write(tx: Tx) -> None:
        version = tx.count(PolicySet)
        before = tx.get(PolicySet, version)
        if before is None or before.serial == asked.serial:
            return
        files = {**before.files, **asked.payload["files"]}
        made = PolicySet(version + 1, files, digest(files), steward.clock(), asked.serial)
        tx.add(made)
        tx.record(
            EventDraft(
                action=EventTag.POLICY_CHANGED,
                actor=steward.subject,
                obj="policy:set",
                verdict=Verdict.ALLOW,
                rule="DB-2",
                serial=asked.serial,
                details={"version": made.version, "digest": made.digest, "files": sorted(asked.payload["files"])},
            )
        )

    steward.store.read(lambda reader: steward.rules.check(reader, asked.payload["files"]))
    steward.store.write(write)
    for account in steward.store.read(lambda reader: reader.find(OfficialAccount, state__ne=AccountState.CLOSED)):
        open_account(steward, account.id)
