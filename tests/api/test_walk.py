"""The API as a program uses it: signing in, asking, repeating a call, being told why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.conftest import PASSWORD
from vault_svc.domain.operations import Answer

if TYPE_CHECKING:
    from tests.api.conftest import Api

ASKED = {"kind": "account.change", "payload": {"account": "shop", "what": "password"}, "reason": "it is old"}


def _submitted(api: Api) -> dict[str, Any]:
    response = api.client.post("/api/v1/access-requests", json=ASKED, headers=api.of("ops"))
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize(("name", "password"), [("nobody", PASSWORD), ("audit", "wrong"), ("", ""), ("审计", PASSWORD)])
def test_wrong_credentials_look_alike(api: Api, name: str, password: str) -> None:
    """Unknown and wrong are one answer."""
    response = api.client.post("/api/v1/sessions", json={"name": name, "password": password})

    assert response.status_code == 401
    assert response.json()["code"] == "bad_credentials"


def test_a_session_begins_and_ends(api: Api) -> None:
    """The token of a sign-in counts until it is ended, and is in no other answer."""
    signed = api.client.post("/api/v1/sessions", json={"name": "audit", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed.json()['token']}"}

    listed = api.client.get("/api/v1/sessions", headers=headers)
    ended = api.client.delete("/api/v1/sessions/current", headers=headers)
    after = api.client.get("/api/v1/me", headers=headers)

    assert (signed.status_code, signed.json()["must"]) == (201, [])
    assert signed.headers["cache-control"] == "no-store"
    assert signed.json()["token"] not in listed.text
    assert [item["current"] for item in listed.json()["items"]].count(True) == 1
    assert ended.status_code == 204
    assert (after.status_code, after.json()["code"]) == (401, "session_expired")


def test_an_old_proof_needs_a_new_one(api: Api) -> None:
    """A privileged act asks for the password again once the last proof is old, and goes on after it."""
    headers = api.of("gm-stale")
    serial = _submitted(api)["serial"]
    vote = {"decision": "approve", "digest": "0" * 64}

    first = api.client.post(f"/api/v1/access-requests/{serial}/votes", json=vote, headers=headers)
    wrong = api.client.post("/api/v1/sessions/current/step-up", json={"password": "wrong"}, headers=headers)
    right = api.client.post("/api/v1/sessions/current/step-up", json={"password": PASSWORD}, headers=headers)
    second = api.client.post(f"/api/v1/access-requests/{serial}/votes", json=vote, headers=headers)

    assert (first.status_code, first.json()["code"]) == (401, "step_up_required")
    assert wrong.status_code == 401
    assert right.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "stale_digest")


@pytest.mark.parametrize(
    "path", ["me", "me/access", "me/todo", "kinds", "accounts", "access-requests", "accounts/shop"]
)
def test_reading(api: Api, path: str) -> None:
    """What concerns a custodian is there to read."""
    assert api.client.get(f"/api/v1/{path}", headers=api.of("ops")).status_code == 200


def test_a_request_is_shown_whole(api: Api) -> None:
    """What is asked, who has to agree, what may be done next."""
    made = _submitted(api)
    shown = api.client.get(f"/api/v1/access-requests/{made['serial']}", headers=api.of("gm")).json()

    assert shown["payload"] == ASKED["payload"]
    assert (shown["state"], shown["digest"]) == ("submitted", made["digest"])
    assert [step["open"] for step in shown["steps"]] == [True]
    assert "vote" in shown["may"]
    assert "vote" not in made["may"]


def test_words_follow_the_reader(api: Api) -> None:
    """Chinese by default, English where it is asked for."""
    chinese, english = (
        api.client.get("/api/v1/kinds", headers={**api.of("ops"), "Accept-Language": tag}).json()["items"][0]
        for tag in ("zh-CN", "en")
    )

    assert (chinese["kind"], chinese["schema"]) == (english["kind"], english["schema"])
    assert chinese["chain"] != english["chain"]


def test_own_request(api: Api) -> None:
    """Nobody agrees to a request of their own, by the API either."""
    made = _submitted(api)

    response = api.client.post(
        f"/api/v1/access-requests/{made['serial']}/votes",
        json={"decision": "approve", "digest": made["digest"]},
        headers=api.of("ops"),
    )

    assert response.status_code == 403


def test_a_repeated_call_does_nothing_twice(api: Api) -> None:
    """The same key and the same content get the first answer."""
    headers = {**api.of("ops"), "Idempotency-Key": "walk-1"}

    first, second = (api.client.post("/api/v1/access-requests", json=ASKED, headers=headers) for _ in range(2))

    assert first.json() == second.json()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"


def test_a_key_belongs_to_one_content(api: Api) -> None:
    """The same key with another content is a conflict."""
    headers = {**api.of("ops"), "Idempotency-Key": "walk-2"}
    api.client.post("/api/v1/access-requests", json=ASKED, headers=headers)

    response = api.client.post("/api/v1/access-requests", json={**ASKED, "reason": "another"}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_mismatch")


def test_a_key_belongs_to_one_person(api: Api) -> None:
    """Somebody else's key is somebody else's."""
    body = {"reason": "x"}
    api.client.post("/api/v1/access-requests", json=ASKED, headers={**api.of("ops"), "Idempotency-Key": "walk-3"})

    response = api.client.post(
        "/api/v1/access-requests/NO-1/withdraw", json=body, headers={**api.of("plan"), "Idempotency-Key": "walk-3"}
    )

    assert response.status_code == 404


def test_a_refused_call_leaves_its_key_free(api: Api) -> None:
    """After a refusal the key can be used again."""
    headers = {**api.of("ops"), "Idempotency-Key": "walk-4"}
    refused = api.client.post("/api/v1/access-requests", json={**ASKED, "kind": "no.such"}, headers=headers)

    response = api.client.post("/api/v1/access-requests", json=ASKED, headers=headers)

    assert refused.status_code == 422
    assert response.status_code == 201


def test_an_unknown_outcome_is_not_guessed(api: Api) -> None:
    """Where a process died in between, the caller is told to look instead of acting twice."""
    headers = {**api.of("ops"), "Idempotency-Key": "walk-5"}
    api.client.post("/api/v1/access-requests", json=ASKED, headers=headers)
    kept = api.context.store.read(lambda reader: reader.find(Answer, order=("-at",), limit=1))[0]
    api.context.store.write(lambda tx: tx.change(Answer, kept.id, expect={}, to={"status": 0}))

    response = api.client.post("/api/v1/access-requests", json=ASKED, headers=headers)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
def test_a_key_is_well_formed(api: Api, key: str) -> None:
    """A key is at most 128 visible ASCII characters."""
    headers = {**api.of("ops"), "Idempotency-Key": key}

    assert api.client.post("/api/v1/access-requests", json=ASKED, headers=headers).status_code == 400


def test_the_record_is_for_the_auditor(api: Api) -> None:
    """The auditor finds a case by its serial; others see no more than what they did themselves."""
    serial = _submitted(api)["serial"]

    whole = api.client.get(f"/api/v1/audit/events?serial={serial}", headers=api.of("audit"))
    other = api.client.get(f"/api/v1/audit/events?serial={serial}", headers=api.of("plan"))

    assert [event["serial"] for event in whole.json()["items"]] == [serial]
    assert other.json()["items"] == []


def test_a_time_without_offset_in_a_query(api: Api) -> None:
    """A time says its offset in an address too."""
    response = api.client.get("/api/v1/audit/events?since=2026-12-05T18:00:00", headers=api.of("audit"))

    assert (response.status_code, response.json()["violations"][0]["field"]) == (422, "since")


def test_the_document_is_for_the_signed_in(api: Api) -> None:
    """Nobody reads the OpenAPI document from outside."""
    assert api.client.get("/api/v1/openapi.json").status_code == 401
    assert api.client.get("/api/v1/openapi.json", headers=api.of("plan")).json()["info"]["title"] == "vault-svc"


def test_health_names_the_mend(api: Api) -> None:
    """Without a vault the service lives and is not ready, and says what is wrong."""
    ready = api.client.get("/readyz")

    assert api.client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert ready.json()["checks"]["vault"]["mend"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/me", "/api/v1/accounts/shop", "/nowhere"])
def test_no_answer_is_kept(api: Api, path: str) -> None:
    """No cache on the way keeps an answer, a refusal included."""
    answer = api.client.get(path, headers=api.of("ops"))

    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_metrics_hold_no_ids(api: Api) -> None:
    """A call is counted by its route, not by its address."""
    api.client.get("/api/v1/accounts/shop", headers=api.of("ops"))

    text = api.client.get("/metrics").text

    assert 'route="/api/v1/accounts/{account_id}"' in text
    assert "shop" not in text
