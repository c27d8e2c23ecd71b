"""What routes ask for: the context, the caller, the language, and the permission that each declares."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request

from vault_svc.api.errors import language_of
from vault_svc.api.schemas import Id
from vault_svc.domain.errors import NotAuthenticated
from vault_svc.domain.permissions import Caller, Permission
from vault_svc.domain.texts import Text
from vault_svc.services import sign_in
from vault_svc.services.context import Context

_BEARER_LENGTH: Final = 512
_SIGN_IN: Final = Text("请先登录: vault-svc login", "sign in: vault-svc login NAME")


def needs(permission: Permission) -> dict[str, Any]:
    """Declare which permission the service behind a route asks the gate for (tests/shape/test_routes.py)."""
    return {"x-permission": permission.value}


def context_of(request: Request) -> Context:
    """Return the context that the application was made with."""
    context: Context = request.app.state.context
    return context


def source_of(request: Request) -> str:
    """Return the address that called; forwarded headers are believed by nobody here."""
    return request.client.host if request.client else ""


def client_of(request: Request) -> str:
    """Return ``cli`` or ``api`` by what the program says of itself; nothing is decided by it."""
    return "cli" if request.headers.get("user-agent", "").startswith("vault-svc-cli/") else "api"


def language(request: Request) -> str:
    """Return the language to answer in."""
    return language_of(request.headers.get("accept-language", ""))


def caller(request: Request) -> Caller:
    """Return who calls. ``NotAuthenticated`` without a bearer, ``SessionExpired`` with one that no longer counts."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _BEARER_LENGTH:
        raise NotAuthenticated(next_step=_SIGN_IN)
    return sign_in.caller_of(context_of(request), token=token, source=source_of(request), client=client_of(request))


Ctx = Annotated[Context, Depends(context_of)]
Who = Annotated[Caller, Depends(caller)]
Language = Annotated[str, Depends(language)]
PathId = Annotated[Id, Path()]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=512)]
