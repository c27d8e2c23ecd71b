"""Writing down that a request was carried out, or that it came to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestState
from vault_svc.domain.accounts import OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.errors import WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.grants import Grant, GrantState

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.permissions import Deny
    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Reader, Tx


def account_of(reader: Reader, asked: AccessRequest) -> OfficialAccount | None:
    """Return the account that is asked about, None where it is something else."""
    noun, _, key = (asked.object or "").partition(":")
    return reader.get(OfficialAccount, key) if noun == "account" else None


def still_approved(tx: Tx, asked: AccessRequest) -> None:
    """Raise ``WrongState`` where the request was withdrawn or ended since the job looked at it."""
    found = tx.get(AccessRequest, asked.serial)
    if found is None or found.state is not RequestState.APPROVED or found.revision != asked.revision:
        raise WrongState


def drop_grants(tx: Tx, serial: str, *, at: datetime) -> None:
    """End the grants of a request that comes to nothing while its grant is on the way into the vault."""
    for grant in tx.find(Grant, serial=serial, state=GrantState.PENDING):
        tx.change(Grant, grant.id, expect={}, to={"state": GrantState.ENDED, "ended_at": at})
        account = tx.get(OfficialAccount, grant.account)
        if account is not None:
            tx.change(OfficialAccount, account.id, expect={}, to={"wanted": account.wanted + 1})


def done(tx: Tx, worker: WorkerContext, asked: AccessRequest, *, close: bool = False) -> None:
    """Move it to ``carried_out`` (and ``closed``) once; a second call changes nothing."""
    at = worker.clock()
    to: dict[str, object] = {"state": RequestState.CARRIED_OUT, "carried_out_at": at}
    if not tx.change(AccessRequest, asked.serial, expect={"state": RequestState.APPROVED}, to=to):
        return
    tx.record(told(worker, EventTag.REQUEST_CARRIED_OUT, asked))
    if close:
        to = {"state": RequestState.CLOSED, "closed_at": at}
        tx.change(AccessRequest, asked.serial, expect={"state": RequestState.CARRIED_OUT}, to=to)
        tx.record(told(worker, EventTag.REQUEST_CLOSED, asked))


def end(tx: Tx, worker: WorkerContext, asked: AccessRequest, state: RequestState, why: Deny) -> None:
    """End an approved request that can't be carried out, with the reason on record."""
    to = {"state": state, "closed_at": worker.clock(), "outcome": why.reason.en}
    if tx.change(AccessRequest, asked.serial, expect={"state": RequestState.APPROVED}, to=to):
        tx.record(told(worker, EventTag.REQUEST_VOIDED, asked, verdict=Verdict.DENY, why=why.code))


def told(
    worker: WorkerContext, tag: EventTag, asked: AccessRequest, *, verdict: Verdict = Verdict.ALLOW, **details: object
) -> EventDraft:
    """The event of a step of carrying out: by the worker, on behalf of whoever asked for it."""
    return EventDraft(
        action=tag,
        actor=worker.subject,
        on_behalf=f"person:{asked.carried_out_by or asked.requester}",
        obj=asked.object or f"request:{asked.serial}",
        verdict=verdict,
        rule=FixedChain.from_json(asked.chain).rule,
        serial=asked.serial,
        details=details,
    )
