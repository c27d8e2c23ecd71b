"""Guided changes of an account's value: begin, then confirm or abort."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from vault_svc.api import views
from vault_svc.api.deps import Ctx, Language, PathId, Who, needs
from vault_svc.api.errors import shown_violations
from vault_svc.api.idempotency import OnceOnly
from vault_svc.api.schemas import NewChange, secrets
from vault_svc.domain.permissions import Permission
from vault_svc.services import changes

router = APIRouter(prefix="/accounts/{account_id}/changes", tags=["accounts"])


@router.post("", status_code=201, openapi_extra=needs(Permission.ACCOUNT_CHANGE))
def begin(account_id: PathId, body: NewChange, context: Ctx, caller: Who, language: Language) -> dict[str, Any]:
    """Stage a candidate in the vault; it is shown once, by the delivery named here."""
    value = None if body.value is None else secrets(body.value)
    begun = changes.begin(context, caller, account_id, serial=body.request, value=value)
    return {
        **views.change(begun.change),
        "delivery": begun.delivery.id,
        "expires_at": views.moment(begun.delivery.expires_at),
        "warnings": shown_violations(begun.warnings, language),
    }


@router.post("/{change_id}/confirm", openapi_extra=needs(Permission.ACCOUNT_CHANGE))
def confirm(account_id: PathId, change_id: PathId, context: Ctx, caller: Who, once: OnceOnly) -> JSONResponse:
    """The platform has the new value: make it the current one."""
    return once(200, lambda: views.change(changes.confirm(context, caller, account_id, change_id)))


@router.post("/{change_id}/abort", openapi_extra=needs(Permission.ACCOUNT_CHANGE))
def abort(account_id: PathId, change_id: PathId, context: Ctx, caller: Who, once: OnceOnly) -> JSONResponse:
    """The platform keeps the old value."""
    return once(200, lambda: views.change(changes.abort(context, caller, account_id, change_id)))
