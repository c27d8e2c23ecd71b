"""Whether the service lives and can work; at the root, for whoever watches it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from vault_svc.api.deps import Ctx, Language, needs
from vault_svc.domain.permissions import Permission
from vault_svc.services import health

router = APIRouter(tags=["health"])


@router.get("/healthz", openapi_extra=needs(Permission.STATUS_READ))
def alive() -> dict[str, Any]:
    """The process answers."""
    return dict(health.alive())


@router.get("/readyz", openapi_extra=needs(Permission.STATUS_READ))
def ready(context: Ctx, language: Language) -> JSONResponse:
    """Every part that is needed was really used just now; what is wrong, and how to mend it."""
    found = health.ready(context)
    checks = {
        name: {"ok": bool(check["ok"]), "mend": check["mend"].in_language(language) if check["mend"] else None}
        for name, check in found["checks"].items()
    }
    return JSONResponse({"ok": bool(found["ok"]), "checks": checks}, status_code=200 if found["ok"] else 503)


@router.get("/metrics", openapi_extra=needs(Permission.STATUS_READ))
def metrics(request: Request) -> Response:
    """Counts and times in the Prometheus text format."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
