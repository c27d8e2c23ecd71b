"""Hostile calls are refused with a problem document: never a 5xx, never an echo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_svc.api.app import create_app

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from vault_svc.domain.permissions import Caller

SENTINEL = "zz-Sentinel-7Q!x"

WRITING = sorted(
    (min(route.methods or {""}), route.path or "")
    for route in iter_route_contexts(create_app(None).routes)  # type: ignore[arg-type]  # only its routes are read
    if min(route.methods or {"GET"}) in {"POST", "PUT"}
)
BODIES: list[tuple[bytes, str]] = [
    (b'{"name": "a", "name": "b"}', "application/json"),
    (b'{"reason": NaN}', "application/json"),
    (b'{"reason": "\\ud800"}', "application/json"),
    (b'{"limit": 1e999}', "application/json"),
    (b'{"a": ' + b"[" * 30_000, "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"name=a", "application/x-www-form-urlencoded"),
    (b'{"reason": "x"}', "text/plain"),
]


def _filled(path: str) -> str:
    for name in ("serial", "account_id", "change_id", "check_out_id", "delivery_id", "session_id", "name"):
        path = path.replace(f"{{{name}}}", "X-1")
    return path


def _problem(response: Any) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize(("method", "path"), WRITING, ids=str)
@pytest.mark.parametrize(("body", "kind"), BODIES, ids=lambda value: repr(value)[:24])
def test_bodies_that_are_no_plain_object(api: Api, method: str, path: str, body: bytes, kind: str) -> None:
    """Every writing route refuses what is not one plain JSON object."""
    headers = {**api.of("ops"), "Content-Type": kind}

    response = api.client.request(method, _filled(path), content=body, headers=headers)

    assert response.status_code == 400
    assert _problem(response)["code"] == "malformed"


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/v1/access-requests", 64 * 1024 + 1, 413),
        ("/api/v1/sessions", 2**22, 413),
        ("/api/v1/accounts/shop/secret", 64 * 1024 + 1, 422),
        ("/api/v1/accounts/shop/secret", 512 * 1024 + 1, 413),
    ],
)
def test_size(api: Api, path: str, size: int, status: int) -> None:
    """A body has its limit, a larger one only where a secret is handed in."""
    body = b'{"a": "' + b"x" * (size - 9) + b'"}'

    response = api.client.post(path, content=body, headers={**api.of("ops"), "Content-Type": "application/json"})

    assert response.status_code == status


def test_size_is_counted_without_an_announcement(api: Api) -> None:
    """A body that is sent in pieces can't grow past its limit."""
    pieces = (b" " * 8192 for _ in range(100))

    response = api.client.post(
        "/api/v1/access-requests", content=pieces, headers={**api.of("ops"), "Content-Type": "application/json"}
    )

    assert response.status_code == 413


@pytest.mark.parametrize("bad", [".", "..", "a%2F..%2Fb", "a%00", "%2e%2e", "a%0a", "%E2%80%AE", "a" * 65, "a%252e"])
def test_hostile_ids(api: Api, bad: str) -> None:
    """An id that could walk, or can't be seen, is refused everywhere."""
    for path in ("accounts", "people", "access-requests"):
        response = api.client.get(f"/api/v1/{path}/{bad}", headers=api.of("audit"))

        assert response.status_code in {404, 405, 422} or response.url.path.rstrip("/").endswith(("v1", path))


@pytest.mark.parametrize(("method", "path"), WRITING, ids=str)
def test_nothing_is_echoed(api: Api, method: str, path: str) -> None:
    """Neither a value nor an unknown name comes back in a refusal."""
    body = {SENTINEL: SENTINEL, "password": [SENTINEL], "fields": {SENTINEL: 1}, "value": {SENTINEL: 1}}

    response = api.client.request(method, _filled(path), json=body, headers=api.of("ops"))

    assert SENTINEL not in response.text
    assert 200 <= response.status_code < 500


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer x", "Bearer " + "x" * 5000])
def test_nobody_gets_in_without_a_session(api: Api, authorization: str) -> None:
    """Without a bearer that counts there is a 401 with its challenge."""
    response = api.client.get("/api/v1/me", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/api/v1/no-such", "/api/v1/accounts/"])
def test_unknown_addresses(api: Api, path: str) -> None:
    """What is not there is a problem document, and no framework page is."""
    assert _problem(api.client.get(path))["code"] == "not_found"


def test_methods(api: Api) -> None:
    """A wrong method is told as such."""
    assert _problem(api.client.patch("/api/v1/me"))["code"] == "method_not_allowed"


def test_an_unexpected_fault_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is a 500 with a number and a log line with its place, whatever stands in the exception."""

    def broken(*_: object) -> Caller:
        raise RuntimeError(SENTINEL)

    monkeypatch.setattr("vault_svc.services.people.me", broken)

    with structlog.testing.capture_logs() as logged:
        response = api.client.get("/api/v1/me", headers=api.of("ops"))

    assert response.status_code == 500
    assert SENTINEL not in response.text + repr(logged)
    assert [line["error"] for line in logged] == ["RuntimeError"]
    assert _problem(response)["code"] == "unexpected"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["name", "kind", "payload", "reason", "from", "until", "decision", "digest", "purpose", "fields", "request"]
) | st.text(max_size=10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
@given(call=st.sampled_from(WRITING), body=st.dictionaries(NAMES, VALUES, max_size=6))
def test_no_body_breaks_it(api: Api, call: tuple[str, str], body: dict[str, object]) -> None:
    """Whatever object is sent to whatever route, the answer is a decision, not a fault."""
    method, path = call

    response = api.client.request(
        method,
        _filled(path),
        content=json.dumps(body).encode(),
        headers={**api.of("plan"), "Content-Type": "application/json"},
    )

    assert response.status_code < 500 or response.json()["code"] == "vault_unreachable"
