"""What time ends: requests, grants, deliveries left half way, and the debts that ended uses leave."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vault_svc.domain.access_requests import AccessRequest, RequestState
from vault_svc.domain.accounts import Debt, DebtState, Delivery, DeliveryState, Exposure, OfficialAccount, Slot
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Person
from vault_svc.domain.purposes import Audience
from vault_svc.services.admission import holders
from vault_svc.services.outcomes import drop_grants
from vault_svc.services.reveals import expose

if TYPE_CHECKING:
    from datetime import date

    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Tx

ZONE = ZoneInfo("Asia/Shanghai")
HALF_WAY = timedelta(minutes=1)
"""After this long a delivery that was being opened counts as seen: its process died between two writes."""


def end_grant(worker: WorkerContext, grant_id: str) -> None:
    """End a grant whose time is over, close its request, and write down the debt that it leaves."""

    def work(tx: Tx) -> None:
        at = worker.clock()
        grant = tx.get(Grant, grant_id)
        if grant is None or grant.ends_at > at or grant.state is GrantState.ENDED:
            return
        tx.change(Grant, grant.id, expect={}, to={"state": GrantState.ENDED, "ended_at": at})
        _event(tx, worker, EventTag.GRANT_ENDED, grant, grant=grant.id, person=grant.person)
        _owe_change(tx, worker, grant)
        to = {"state": RequestState.CLOSED, "closed_at": at}
        if tx.change(AccessRequest, grant.serial, expect={"state": RequestState.CARRIED_OUT}, to=to):
            _event(tx, worker, EventTag.REQUEST_CLOSED, grant)
        tx.owe("memberships.account", {"account": grant.account})

    worker.store.write(work)


def expire(worker: WorkerContext) -> None:
    """End the requests that nobody decided, and the approvals that nobody carried out."""

    def work(tx: Tx) -> None:
        at = worker.clock()
        waiting = (RequestState.SUBMITTED, RequestState.APPROVED)
        for asked in tx.find(AccessRequest, state__in=waiting, expires_at__lte=at):
            end = {"state": RequestState.EXPIRED, "closed_at": at}
            if tx.change(AccessRequest, asked.serial, expect={"state": asked.state}, to=end):
                drop_grants(tx, asked.serial, at=at)
                tx.record(
                    EventDraft(
                        action=EventTag.REQUEST_EXPIRED,
                        actor=worker.subject,
                        obj=asked.object or f"request:{asked.serial}",
                        serial=asked.serial,
                    )
                )
            if asked.object and asked.object.startswith("account:"):
                tx.owe("memberships.account", {"account": asked.object.removeprefix("account:")})

    if worker.store.read(
        lambda reader: reader.count(
            AccessRequest,
            state__in=(RequestState.SUBMITTED, RequestState.APPROVED),
            expires_at__lte=worker.clock(),
        )
    ):
        worker.store.write(work)


def count_half_way(worker: WorkerContext) -> None:
    """Count as seen what was being delivered when a process died."""

    def work(tx: Tx) -> None:
        before = worker.clock() - HALF_WAY
        for left in tx.find(Delivery, state=DeliveryState.OPENING, expires_at__lt=before):
            tx.change(Delivery, left.id, expect={"state": DeliveryState.OPENING}, to={"state": DeliveryState.FAILED})
            expose(tx, worker, left, at=left.created_at)
            tx.record(
                EventDraft(
                    action=EventTag.DELIVERY_FAILED,
                    actor=worker.subject,
                    obj=f"account:{left.account}",
                    serial=left.serial,
                    details={"delivery": left.id, "unread": False},
                )
            )

    before = worker.clock() - HALF_WAY
    if worker.store.read(lambda reader: reader.count(Delivery, state=DeliveryState.OPENING, expires_at__lt=before)):
        worker.store.write(work)


def _owe_change(tx: Tx, worker: WorkerContext, grant: Grant) -> None:
    account = tx.get(OfficialAccount, grant.account)
    seen = tx.find(Exposure, account=grant.account, serial=grant.serial, slot=Slot.VALUE, outside=True)
    still = [exposure for exposure in seen if account is not None and exposure.version >= account.version]
    if account is None or not still:
        return
    rules = worker.rules(tx)
    person = tx.get(Person, grant.person)
    who = Audience.AGENCY if person is not None and person.agency else Audience.EMPLOYEES
    rule = rules.policies.debts.rule_for(sensitivity=account.sensitivity, who=who, purpose=grant.purpose)
    filled = {role for role, people in holders(tx, rules.policies, at=worker.clock()).items() if people}
    due = _due(worker, tx, grant, workdays=rule.workdays)
    debt = Debt(
        id=f"DE-{grant.id}",
        account=account.id,
        version=account.version,
        owner_role=rule.owner(account.custodians, filled=filled),
        due_on=due,
        born_at=worker.clock(),
        because=grant.id,
        state=DebtState.OPEN,
        person=grant.person,
        serial=grant.serial,
    )
    tx.add(debt)
    _event(tx, worker, EventTag.DEBT_BORN, grant, debt=debt.id, owner=debt.owner_role, due=due.isoformat())


def _due(worker: WorkerContext, tx: Tx, grant: Grant, *, workdays: int | None) -> date:
    ended = grant.ends_at.astimezone(ZONE).date()
    return ended if workdays is None else worker.rules(tx).workdays.due_on(ended, workdays)


def _event(tx: Tx, worker: WorkerContext, tag: EventTag, ended: Grant, **details: object) -> None:
    tx.record(
        EventDraft(
            action=tag,
            actor=worker.subject,
            obj=f"account:{ended.account}",
            rule="ACC-2",
            serial=ended.serial,
            details=details,
        )
    )
