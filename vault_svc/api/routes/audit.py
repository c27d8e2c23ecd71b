"""The record: searching, proving and taking it along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from vault_svc.api import views
from vault_svc.api.deps import Ctx, Cursor, Language, Limit, Who, needs
from vault_svc.api.schemas import Moment, Word
from vault_svc.domain.permissions import Permission
from vault_svc.services import audit

router = APIRouter(prefix="/audit", tags=["audit"])

_MEDIA = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; every condition narrows."""

    actor: Word | None
    obj: Word | None
    rule: Word | None
    serial: Word | None
    since: Moment | None
    until: Moment | None

    def asked(self) -> dict[str, Any]:
        """Return the conditions by name."""
        return {name: getattr(self, name) for name in ("actor", "obj", "rule", "serial", "since", "until")}


def filters(
    *,
    actor: Annotated[Word | None, Query()] = None,
    obj: Annotated[Word | None, Query(alias="object")] = None,
    rule: Annotated[Word | None, Query()] = None,
    serial: Annotated[Word | None, Query()] = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Filters:
    """Return the conditions of the query."""
    return Filters(actor, obj, rule, serial, since, until)


Wanted = Annotated[Filters, Depends(filters)]


@router.get("/events", openapi_extra=needs(Permission.AUDIT_READ))
def search(context: Ctx, caller: Who, wanted: Wanted, limit: Limit = 100, cursor: Cursor = None) -> dict[str, Any]:
    """Events, newest first: all to an auditor, to others what concerns themselves."""
    page = audit.search(context, caller, limit=limit, cursor=cursor, **wanted.asked())
    return {"items": [views.event(e) for e in page.items], "next_cursor": page.next_cursor}


@router.post("/verify", openapi_extra=needs(Permission.AUDIT_VERIFY))
def verify(context: Ctx, caller: Who, language: Language) -> dict[str, Any]:
    """Prove every link of the record, and say where one is broken."""
    found = audit.verify(context, caller)
    findings = [
        {"stream": f.stream, "seq": f.seq, "code": f.code, "message": f.text.in_language(language)}
        for f in found.findings
    ]
    return {"ok": found.ok, "checked": found.checked, "findings": findings}


@router.get("/export", openapi_extra=needs(Permission.AUDIT_EXPORT))
def export(
    context: Ctx, caller: Who, wanted: Wanted, layout: Annotated[Literal["jsonl", "csv"], Query(alias="format")]
) -> StreamingResponse:
    """Take events along."""
    lines = audit.export(context, caller, format=layout, **wanted.asked())
    return StreamingResponse(
        lines,
        media_type=_MEDIA[layout],
        headers={"Content-Disposition": f'attachment; filename="audit.{layout}"'},
    )


@router.get("/checkpoints", openapi_extra=needs(Permission.AUDIT_READ))
def checkpoints(context: Ctx, caller: Who) -> dict[str, Any]:
    """The signed heads so far."""
    found = audit.checkpoints(context, caller)
    return {"items": [views.checkpoint(c) for c in found], "next_cursor": None}


@router.post("/checkpoints", status_code=201, openapi_extra=needs(Permission.AUDIT_CHECKPOINT))
def checkpoint(context: Ctx, caller: Who) -> dict[str, Any]:
    """Sign the heads as they are now."""
    return views.checkpoint(audit.checkpoint(context, caller))
