"""Carrying out what concerns accounts: use, opening, custody, closing. Run by the worker, again after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import AccessRequest, starts
from vault_svc.domain.accounts import AccountState, OfficialAccount, Sensitivity
from vault_svc.domain.errors import WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person
from vault_svc.domain.purposes import Allowance, Audience
from vault_svc.services import memberships
from vault_svc.services.admission import new_custodians
from vault_svc.services.outcomes import account_of, done, still_approved, told

if TYPE_CHECKING:
    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Tx


def use(worker: WorkerContext, asked: AccessRequest) -> None:
    """Make the grant, carry it into the vault, then say that it is in force."""

    def grant(tx: Tx) -> None:
        still_approved(tx, asked)
        account = account_of(tx, asked)
        if account is None or account.state is not AccountState.IN_ORDER or asked.ends_at is None:
            raise WrongState
        if tx.find(Grant, serial=asked.serial):
            return
        made = _grant(tx, worker, asked, account)
        tx.add(made)
        tx.change(OfficialAccount, account.id, expect={}, to={"wanted": account.wanted + 1})
        for when in {made.starts_at, made.ends_at}:
            tx.owe("memberships.account", {"account": account.id}, not_before=when)
        tx.owe("grant.end", {"grant": made.id}, not_before=made.ends_at, key=f"grant.end:{made.id}")
        span = [made.starts_at.isoformat(), made.ends_at.isoformat()]
        tx.record(told(worker, EventTag.GRANT_MADE, asked, grant=made.id, person=made.person, span=span))

    worker.store.write(grant)
    memberships.apply(worker, asked.payload["account"])

    def in_force(tx: Tx) -> None:
        for found in tx.find(Grant, serial=asked.serial, state=GrantState.PENDING):
            tx.change(Grant, found.id, expect={"state": GrantState.PENDING}, to={"state": GrantState.IN_FORCE})
            tx.record(told(worker, EventTag.GRANT_IN_FORCE, asked, grant=found.id))
        done(tx, worker, asked)

    worker.store.write(in_force)


def _grant(tx: Tx, worker: WorkerContext, asked: AccessRequest, account: OfficialAccount) -> Grant:
    person = tx.get(Person, asked.requester)
    outside = person is not None and person.agency is not None
    allowed = worker.rules(tx).policies.allowance(
        asked.payload["purpose"],
        audience=Audience.AGENCY if outside else Audience.EMPLOYEES,
        kind=account.kind,
        sensitivity=account.sensitivity,
        in_custody=False,
    )
    if not isinstance(allowed, Allowance) or asked.decided_at is None or asked.ends_at is None:
        raise WrongState
    return Grant(
        id=worker.new_id("GR"),
        serial=asked.serial,
        person=asked.requester,
        account=account.id,
        purpose=asked.payload["purpose"],
        starts_at=starts(asked.decided_at, asked=asked.starts_at),
        ends_at=asked.ends_at,
        reveals_left=allowed.reveals,
        state=GrantState.PENDING,
    )


def open_account(worker: WorkerContext, asked: AccessRequest) -> None:
    """Have the steward prepare the vault, then let a custodian hand in the first value."""
    wanted: dict[str, Any] = dict(asked.payload["account"])

    def opening(tx: Tx) -> None:
        still_approved(tx, asked)
        if tx.get(OfficialAccount, wanted["id"]) is None:
            tx.add(
                OfficialAccount(
                    id=wanted["id"],
                    name=wanted["name"],
                    kind=wanted["kind"],
                    sensitivity=Sensitivity(wanted["sensitivity"]),
                    custodians=tuple(wanted["custodians"]),
                    state=AccountState.OPENING,
                    opened_at=worker.clock(),
                    url=wanted.get("url"),
                    username=wanted.get("username"),
                    serial=asked.serial,
                )
            )

    worker.store.write(opening)
    worker.steward(asked.serial)

    def opened(tx: Tx) -> None:
        tx.change(
            OfficialAccount, wanted["id"], expect={"state": AccountState.OPENING}, to={"state": AccountState.WAITING}
        )
        tx.record(told(worker, EventTag.ACCOUNT_OPENED, asked))
        done(tx, worker, asked, close=True)

    worker.store.write(opened)
    memberships.apply(worker, wanted["id"])


def custody(worker: WorkerContext, asked: AccessRequest) -> None:
    """Change who keeps the account."""

    def change(tx: Tx) -> None:
        still_approved(tx, asked)
        account = account_of(tx, asked)
        if account is None:
            raise WrongState
        add, remove = asked.payload.get("add", []), asked.payload.get("remove", [])
        to = {"custodians": new_custodians(account.custodians, add, remove), "wanted": account.wanted + 1}
        tx.change(OfficialAccount, account.id, expect={"wanted": account.wanted}, to=to)
        tx.owe("memberships.account", {"account": account.id})
        tx.record(told(worker, EventTag.ACCOUNT_CUSTODY_CHANGED, asked, add=add, remove=remove))
        done(tx, worker, asked, close=True)

    worker.store.write(change)


def close_account(worker: WorkerContext, asked: AccessRequest) -> None:
    """Close the account and end every grant of it."""

    def close(tx: Tx) -> None:
        still_approved(tx, asked)
        account = account_of(tx, asked)
        if account is None:
            raise WrongState
        to = {"state": AccountState.CLOSED, "closed_at": worker.clock(), "wanted": account.wanted + 1}
        tx.change(OfficialAccount, account.id, expect={"wanted": account.wanted}, to=to)
        for grant in tx.find(Grant, account=account.id, state__ne=GrantState.ENDED):
            tx.change(Grant, grant.id, expect={}, to={"state": GrantState.ENDED, "ended_at": worker.clock()})
        tx.record(told(worker, EventTag.ACCOUNT_CLOSED, asked))
        tx.owe("memberships.account", {"account": account.id})
        done(tx, worker, asked, close=True)

    worker.store.write(close)
