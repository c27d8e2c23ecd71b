"""Official accounts: no value is in any of these answers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from vault_svc.api import views
from vault_svc.api.deps import Ctx, PathId, Who, needs
from vault_svc.api.idempotency import OnceOnly
from vault_svc.api.schemas import FirstValue, NewCheckOut, Reveal, secrets
from vault_svc.domain.permissions import Permission
from vault_svc.services import accounts, check_outs, reveals

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.get("", openapi_extra=needs(Permission.ACCOUNT_LIST))
def find(context: Ctx, caller: Who) -> dict[str, Any]:
    """The accounts that the caller may know of."""
    return {"items": [views.account(a) for a in accounts.find(context, caller)], "next_cursor": None}


@router.get("/{account_id}", openapi_extra=needs(Permission.ACCOUNT_READ))
def show(account_id: PathId, context: Ctx, caller: Who) -> dict[str, Any]:
    """One account, who keeps it, and what the caller may do."""
    return views.account_view(accounts.show(context, caller, account_id))


@router.get("/{account_id}/exposures", openapi_extra=needs(Permission.ACCOUNT_EXPOSURES))
def exposures(account_id: PathId, context: Ctx, caller: Who) -> dict[str, Any]:
    """Who has seen which version."""
    found = accounts.exposures(context, caller, account_id)
    return {"items": [views.exposure(e) for e in found], "next_cursor": None}


@router.post("/{account_id}/secret", status_code=201, openapi_extra=needs(Permission.ACCOUNT_FIRST_VALUE))
def first_value(account_id: PathId, body: FirstValue, context: Ctx, caller: Who) -> dict[str, Any]:
    """Hand in the first value, once; straight into the vault."""
    return views.account(accounts.first_value(context, caller, account_id, fields=secrets(body.fields)))


@router.post("/{account_id}/reveal", status_code=201, openapi_extra=needs(Permission.ACCOUNT_REVEAL))
def reveal(account_id: PathId, body: Reveal, context: Ctx, caller: Who, once: OnceOnly) -> JSONResponse:
    """Ask to be shown the value: the answer names a delivery that is opened once."""
    return once(
        201,
        lambda: views.delivery(
            reveals.reveal(context, caller, account_id, purpose=body.purpose, reason=body.reason, fields=body.fields)
        ),
        asked=body.model_dump(mode="json"),
    )


@router.post("/{account_id}/check-outs", status_code=201, openapi_extra=needs(Permission.ACCOUNT_CHECK_OUT))
def check_out(account_id: PathId, body: NewCheckOut, context: Ctx, caller: Who, once: OnceOnly) -> JSONResponse:
    """Have an account for oneself until a time."""
    return once(
        201,
        lambda: views.check_out(
            check_outs.check_out(
                context, caller, account_id, purpose=body.purpose, reason=body.reason, until=body.until
            )
        ),
        asked=body.model_dump(mode="json"),
    )
