"""Every route declares its permission, wants a signed-in caller, and runs as a plain function."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from vault_svc.api import deps
from vault_svc.api.app import PREFIX, create_app
from vault_svc.domain.permissions import Permission

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

    from vault_svc.services.context import Context

OPEN = {("POST", f"{PREFIX}/sessions"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
"""What nobody has to be signed in for."""

AT_LEAST = 38
"""A walk that finds fewer routes has walked past them."""


def _application() -> FastAPI:
    return create_app(cast("Context", object()), docs=True)


def _routes(app: FastAPI) -> list[RouteContext]:
    return list(iter_route_contexts(app.routes))


def _unguarded(routes: list[RouteContext]) -> list[str]:
    known = {permission.value for permission in Permission}
    return [f"{r.methods} {r.path}" for r in routes if (r.openapi_extra or {}).get("x-permission") not in known]


def _calls(dependant: Dependant) -> set[Any]:
    return {dependant.call}.union(*(_calls(inner) for inner in dependant.dependencies))


ROUTES = _routes(_application())


def test_the_walk_finds_a_route_without_permission() -> None:
    """A route that declares nothing is found, inside an included router too."""
    app, router = _application(), APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    app.include_router(router, prefix=PREFIX)

    assert len(_unguarded(_routes(app))) == 1


def test_every_route_declares_its_permission() -> None:
    """No route is without a permission of the closed list."""
    assert len(ROUTES) >= AT_LEAST
    assert _unguarded(ROUTES) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_wants_a_caller(route: RouteContext) -> None:
    """Whatever is not on the short open list has a signed-in caller."""
    open_to_all = (min(route.methods or {""}), route.path) in OPEN

    assert (deps.caller in _calls(route.dependant)) is not open_to_all


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_every_route_is_a_plain_function(route: RouteContext) -> None:
    """Services block, so a route may not run on the event loop."""
    assert isinstance(route.original_route, APIRoute)
    assert not inspect.iscoroutinefunction(route.endpoint)


def test_no_documentation_without_signing_in() -> None:
    """The OpenAPI document is a guarded route of ours; the framework's own pages are off."""
    paths = {route.path for route in ROUTES}

    assert f"{PREFIX}/openapi.json" in paths
    assert not paths & {"/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"}


def test_the_openapi_document_carries_the_permissions() -> None:
    """Whoever reads the document sees what each call needs."""
    document = _application().openapi()
    calls = [call for path in document["paths"].values() for call in path.values()]

    assert len(calls) == len(ROUTES)
    assert all(call["x-permission"] for call in calls)
