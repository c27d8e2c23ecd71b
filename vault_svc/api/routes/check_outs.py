"""Giving back what was checked out."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from vault_svc.api import views
from vault_svc.api.deps import Ctx, PathId, Who, needs
from vault_svc.api.idempotency import OnceOnly
from vault_svc.domain.permissions import Permission
from vault_svc.services import check_outs

router = APIRouter(prefix="/check-outs", tags=["accounts"])


@router.post("/{check_out_id}/return", openapi_extra=needs(Permission.ACCOUNT_CHECK_OUT))
def check_in(check_out_id: PathId, context: Ctx, caller: Who, once: OnceOnly) -> JSONResponse:
    """Give an account back; a change of its password is owed from now on."""
    return once(200, lambda: views.check_out(check_outs.check_in(context, caller, check_out_id)))
