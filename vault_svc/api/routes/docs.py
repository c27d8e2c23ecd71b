"""The OpenAPI document, for whoever is signed in; no page and nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from vault_svc.api.deps import Ctx, Who, needs
from vault_svc.domain.permissions import ObjectRef, Permission
from vault_svc.services.gate import require

router = APIRouter(tags=["docs"])


@router.get("/openapi.json", openapi_extra=needs(Permission.DOCS_READ))
def openapi(request: Request, context: Ctx, caller: Who) -> dict[str, Any]:
    """Return this API as an OpenAPI document."""
    context.store.write(
        lambda tx: require(tx, context, caller, Permission.DOCS_READ, ObjectRef("docs"), at=context.clock())
    )
    document: dict[str, Any] = request.app.openapi()
    return document
