"""The dossier of a request: everything that was asked, seen, decided and done, for the archive (SEC-2, DB-4)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import AccessRequest, Vote
from vault_svc.domain.accounts import AccountChange, Delivery, Exposure
from vault_svc.domain.audit import Event
from vault_svc.domain.errors import NotFound
from vault_svc.domain.grants import Grant
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.services.gate import require

if TYPE_CHECKING:
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx


def dossier(context: Context, caller: Caller, serial: str) -> dict[str, Any]:
    """Return the whole case as plain JSON; every party keeps this view for ever."""

    def work(tx: Tx) -> dict[str, Any]:
        at = context.clock()
        require(tx, context, caller, Permission.REQUEST_DOSSIER, ObjectRef("request", serial), at=at, hide=True)
        asked = tx.get(AccessRequest, serial)
        if asked is None:
            raise NotFound
        events = tx.find(Event, serial=serial, order=("at", "id"))
        return {
            "request": _plain(asked),
            "votes": [_plain(vote) for vote in tx.find(Vote, serial=serial, order=("at", "id"))],
            "grants": [_plain(grant) for grant in tx.find(Grant, serial=serial)],
            "changes": [_plain(change) for change in tx.find(AccountChange, serial=serial)],
            "deliveries": [_plain(delivery) for delivery in tx.find(Delivery, serial=serial)],
            "exposures": [_plain(exposure) for exposure in tx.find(Exposure, serial=serial)],
            "events": [event.body.decode() for event in events],
            "drawn_at": at.isoformat(),
        }

    return context.store.write(work)


def _plain(kept: object) -> dict[str, Any]:
    return {field.name: _value(getattr(kept, field.name)) for field in dataclasses.fields(kept)}  # type: ignore[arg-type]


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
