"""The people of the company; new ones, posts and resets are requests."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from vault_svc.api import views
from vault_svc.api.deps import Ctx, PathId, Who, needs
from vault_svc.domain.permissions import Permission
from vault_svc.services import people

router = APIRouter(prefix="/people", tags=["people"])


@router.get("", openapi_extra=needs(Permission.PEOPLE_READ))
def find(context: Ctx, caller: Who) -> dict[str, Any]:
    """Everybody whom the caller may see."""
    return {"items": [views.person_view(p) for p in people.find(context, caller)], "next_cursor": None}


@router.get("/{name}", openapi_extra=needs(Permission.PEOPLE_READ))
def show(name: PathId, context: Ctx, caller: Who) -> dict[str, Any]:
    """One person."""
    return views.person_view(people.show(context, caller, name))
