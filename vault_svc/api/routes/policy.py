"""The policies in force: who may do what, and whether the gates still say what was approved."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from vault_svc.api.deps import Ctx, Who, needs
from vault_svc.domain.permissions import Permission
from vault_svc.services import policy

router = APIRouter(prefix="/policy", tags=["policy"])


@router.get("/matrix", openapi_extra=needs(Permission.POLICY_READ))
def matrix(context: Ctx, caller: Who) -> dict[str, Any]:
    """Role by role, what it may do and which rule says so."""
    return policy.matrix(context, caller)


@router.post("/drift", openapi_extra=needs(Permission.POLICY_DRIFT))
def drift(context: Ctx, caller: Who) -> dict[str, Any]:
    """Compare the vault's policies and groups, and the grants, with what was approved; name every difference."""
    return policy.drift(context, caller)
