"""Asking, agreeing and carrying out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from vault_svc.api import views
from vault_svc.api.deps import Ctx, Cursor, Language, Limit, PathId, Who, needs
from vault_svc.api.idempotency import OnceOnly
from vault_svc.api.schemas import Asked, NewVote, Submission, Withdrawal, Word
from vault_svc.domain.access_requests import RequestState, VoteDecision
from vault_svc.domain.permissions import Permission
from vault_svc.services import carrying_out, dossier, requests, votes

router = APIRouter(prefix="/access-requests", tags=["access-requests"])


@router.post("", status_code=201, openapi_extra=needs(Permission.REQUEST_SUBMIT))
def submit(body: Submission, context: Ctx, caller: Who, once: OnceOnly, language: Language) -> JSONResponse:
    """Ask for something."""

    def work() -> views.Json:
        made = requests.submit(
            context,
            caller,
            kind=body.kind,
            payload=body.payload,
            reason=body.reason,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
        )
        return views.request_view(made, language)

    return once(201, work, asked=body.model_dump(mode="json"))


@router.get("", openapi_extra=needs(Permission.REQUEST_LIST))
def find(
    *,
    context: Ctx,
    caller: Who,
    state: Annotated[RequestState | None, Query()] = None,
    kind: Annotated[Word | None, Query()] = None,
    mine: Annotated[bool, Query()] = False,
    waiting: Annotated[bool, Query()] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Requests that the caller may see, newest first."""
    page = requests.find(
        context,
        caller,
        state=state,
        kind=kind,
        mine=mine,
        waiting=waiting,
        limit=limit,
        cursor=cursor,
    )
    return {"items": [views.access_request(r) for r in page.items], "next_cursor": page.next_cursor}


@router.get("/{serial}", openapi_extra=needs(Permission.REQUEST_READ))
def show(serial: PathId, context: Ctx, caller: Who, language: Language) -> dict[str, Any]:
    """One request with its steps, votes and timeline."""
    return views.request_view(requests.show(context, caller, serial), language)


@router.put("/{serial}", openapi_extra=needs(Permission.REQUEST_EDIT))
def edit(serial: PathId, body: Asked, context: Ctx, caller: Who, language: Language) -> dict[str, Any]:
    """Say it differently while nobody has decided; votes are cleared."""
    edited = requests.edit(
        context,
        caller,
        serial,
        payload=body.payload,
        reason=body.reason,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return views.request_view(edited, language)


@router.post("/{serial}/votes", status_code=201, openapi_extra=needs(Permission.REQUEST_VOTE))
def vote(
    *, serial: PathId, body: NewVote, context: Ctx, caller: Who, once: OnceOnly, language: Language
) -> JSONResponse:
    """Agree or refuse; the digest says to what."""

    def work() -> views.Json:
        voted = votes.vote(
            context,
            caller,
            serial,
            decision=VoteDecision(body.decision),
            digest=body.digest,
            reason=body.reason,
            narrow=body.narrow,
        )
        return views.request_view(voted, language)

    return once(201, work, asked=body.model_dump(mode="json"))


@router.post("/{serial}/withdraw", openapi_extra=needs(Permission.REQUEST_WITHDRAW))
def withdraw(
    *, serial: PathId, body: Withdrawal, context: Ctx, caller: Who, once: OnceOnly, language: Language
) -> JSONResponse:
    """Take a request back."""
    return once(
        200,
        lambda: views.request_view(requests.withdraw(context, caller, serial, reason=body.reason), language),
        asked=body.model_dump(mode="json"),
    )


@router.post("/{serial}/carry-out", openapi_extra=needs(Permission.REQUEST_CARRY_OUT))
def carry_out(serial: PathId, context: Ctx, caller: Who, once: OnceOnly, language: Language) -> JSONResponse:
    """Do what was agreed to."""
    return once(200, lambda: views.request_view(carrying_out.carry_out(context, caller, serial), language))


@router.get("/{serial}/dossier", openapi_extra=needs(Permission.REQUEST_DOSSIER))
def show_dossier(serial: PathId, context: Ctx, caller: Who, response: Response) -> dict[str, Any]:
    """The whole case as one document, votes with their signatures."""
    response.headers["Content-Disposition"] = f'attachment; filename="dossier-{serial}.json"'
    return dict(dossier.dossier(context, caller, serial))
