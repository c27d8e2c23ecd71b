"""Signing in, sessions, and proving presence again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from vault_svc.api import views
from vault_svc.api.deps import Ctx, PathId, Who, client_of, needs, source_of
from vault_svc.api.schemas import SignIn, StepUp, secret
from vault_svc.domain.permissions import Permission
from vault_svc.services import sign_in

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.post("", status_code=201, openapi_extra=needs(Permission.SESSION_OPEN))
def open_session(body: SignIn, request: Request, context: Ctx) -> dict[str, Any]:
    """Sign in; the token is in this answer only."""
    signed = sign_in.open_session(
        context,
        name=body.name,
        password=secret(body.password),
        source=source_of(request),
        client=client_of(request),
    )
    return {
        "token": signed.token.reveal(),
        "session": signed.session.id,
        "expires_at": views.moment(signed.session.expires_at),
        "person": views.person(signed.person),
        "must": list(signed.must),
    }


@router.get("", openapi_extra=needs(Permission.SESSION_LIST))
def list_sessions(context: Ctx, caller: Who) -> dict[str, Any]:
    """My living sessions."""
    mine = sign_in.list_sessions(context, caller)
    return {"items": [views.session(s, current=caller.session) for s in mine], "next_cursor": None}


@router.delete("/{session_id}", status_code=204, openapi_extra=needs(Permission.SESSION_END))
def end_session(session_id: PathId, context: Ctx, caller: Who) -> None:
    """End one of my sessions; ``current`` is this one."""
    sign_in.end_session(context, caller, session_id)


@router.post("/current/step-up", openapi_extra=needs(Permission.SESSION_STEP_UP))
def step_up(body: StepUp, context: Ctx, caller: Who) -> dict[str, Any]:
    """Prove that it is still me; holds for five minutes."""
    session = sign_in.step_up(context, caller, password=secret(body.password))
    return views.session(session, current=caller.session)
