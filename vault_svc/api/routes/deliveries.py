"""The one place where a value leaves."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from vault_svc.api.deps import Ctx, PathId, Who, needs
from vault_svc.domain.permissions import Permission
from vault_svc.services import reveals

router = APIRouter(prefix="/deliveries", tags=["accounts"])


@router.post("/{delivery_id}/open", openapi_extra=needs(Permission.DELIVERY_OPEN))
def open_delivery(delivery_id: PathId, context: Ctx, caller: Who) -> JSONResponse:
    """Show the value, once, to the one who asked; it is in no other answer."""
    delivered = reveals.open_delivery(context, caller, delivery_id)
    body = {
        "fields": {name: value.reveal() for name, value in delivered.fields.items()},
        "hide_after_s": delivered.hide_after_s,
        "version": delivered.version,
    }
    return JSONResponse(body)
