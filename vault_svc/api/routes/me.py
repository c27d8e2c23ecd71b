"""What concerns the caller: posts, access, what waits, the password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from vault_svc.api import views
from vault_svc.api.deps import Ctx, Who, needs
from vault_svc.api.schemas import Id, NewPassword, secret
from vault_svc.domain.permissions import Permission
from vault_svc.services import passwords, people, todo

router = APIRouter(prefix="/me", tags=["me"])


@router.get("", openapi_extra=needs(Permission.ME_READ))
def me(context: Ctx, caller: Who) -> dict[str, Any]:
    """Who I am here."""
    return views.person_view(people.me(context, caller))


@router.get("/access", openapi_extra=needs(Permission.ME_READ))
def access(context: Ctx, caller: Who, person: Annotated[Id | None, Query()] = None) -> dict[str, Any]:
    """What I hold, from when, until when and why; of somebody else where the rules allow it."""
    held = people.access(context, caller, person)
    return {
        "posts": [views.post(p) for p in held.posts],
        "custody": [views.account(a) for a in held.custody],
        "grants": [views.grant(g) for g in held.grants],
    }


@router.get("/todo", openapi_extra=needs(Permission.ME_READ))
def waiting(context: Ctx, caller: Who) -> dict[str, Any]:
    """What waits for me."""
    found = todo.todo(context, caller)
    return {
        "votes": [views.access_request(r) for r in found.votes],
        "carrying_out": [views.access_request(r) for r in found.carrying_out],
        "debts": [views.debt(d) for d in found.debts],
        "password_ends": views.moment_or_none(found.password_ends),
    }


@router.put("/password", status_code=204, openapi_extra=needs(Permission.ME_PASSWORD))
def set_password(body: NewPassword, context: Ctx, caller: Who) -> None:
    """Change my password by the rules of DB-5."""
    passwords.set_own(context, caller, current=secret(body.current), new=secret(body.new))
