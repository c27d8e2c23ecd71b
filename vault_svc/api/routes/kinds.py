"""The kinds of requests."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from vault_svc.api.deps import Ctx, Language, Who, needs
from vault_svc.domain.permissions import Permission
from vault_svc.services import kind_list

router = APIRouter(prefix="/kinds", tags=["kinds"])


@router.get("", openapi_extra=needs(Permission.KIND_LIST))
def list_kinds(context: Ctx, caller: Who, language: Language) -> dict[str, Any]:
    """Every kind with its JSON Schema, its chain in words, and whether the caller may ask."""
    items = [
        {
            "kind": view.spec.kind.value,
            "name": view.spec.names.in_language(language),
            "schema": view.spec.schema(),
            "chain": [line.in_language(language) for line in view.chain],
            "may_ask": view.may_ask,
        }
        for view in kind_list.list_kinds(context, caller)
    ]
    return {"items": items, "next_cursor": None}
