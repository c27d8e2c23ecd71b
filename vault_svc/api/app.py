"""The HTTP application: every route under ``/api/v1``, health and metrics at the root, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from vault_svc import __version__
from vault_svc.api import errors
from vault_svc.api.answers import NeverKept
from vault_svc.api.bodies import StrictBodies
from vault_svc.api.last_resort import LastResort
from vault_svc.api.metrics import Measured, Metrics
from vault_svc.api.routes import (
    access_requests,
    accounts,
    audit,
    changes,
    check_outs,
    deliveries,
    explain,
    health,
    kinds,
    me,
    people,
    policy,
    sessions,
)
from vault_svc.api.routes import (
    docs as openapi,
)

if TYPE_CHECKING:
    from vault_svc.services.context import Context

PREFIX = "/api/v1"


def create_app(context: Context, *, docs: bool = True) -> FastAPI:
    """Return the application over a context; ``docs``: serve the OpenAPI document to whoever is signed in.

    The server in front owes that it adds no forwarded headers and no server header.
    """
    app = FastAPI(
        title="vault-svc",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    app.state.metrics = Metrics()
    errors.install(app)
    under = APIRouter(prefix=PREFIX)
    for noun in (
        sessions,
        me,
        people,
        kinds,
        access_requests,
        accounts,
        changes,
        check_outs,
        deliveries,
        audit,
        explain,
        policy,
    ):
        under.include_router(noun.router)
    if docs:
        under.include_router(openapi.router)
    app.include_router(under)
    app.include_router(health.router)
    # The last added is the outermost: measured, kept by nobody, no exception out, bodies judged, then the routes.
    app.add_middleware(StrictBodies)
    app.add_middleware(LastResort)
    app.add_middleware(NeverKept)
    paths: dict[object, str] = {route.endpoint: route.path or "" for route in iter_route_contexts(app.routes)}
    app.add_middleware(Measured, metrics=app.state.metrics, paths=paths)
    return app
