"""A running service under attack: names made to confuse, calls made up by a machine, planted secrets looked for."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from tests.running import Person, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.generation.case import Case

pytestmark = pytest.mark.timeout(240)

GM, OPERATIONS, PLANNER, HR, ADMIN, HEAD = "lin.wan", "pan.lei", "song.yu", "ye.qing", "gao.yuan", "zhou.ning"
SHOP, BANK = "tmall-teaware", "bank-basic"

HOSTILE = {
    "up": "..",
    "up and down": "a/../b",
    "two slashes": "a//b",
    "nul": "a\0b",
    "tab": "a\tb",
    "escaped up": "%2e%2e",
    "right to left": "a\u202eb",
    "zero width": "a\u200bb",
    "full width dots": "\uff0e\uff0e",
    "a line more": f"{SHOP}\n",
    "too long": "a" * 65,
}
hostile = pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE.keys())

BODIES: dict[str, Any] = {
    "changes": {"request": "SQ-2026-000001", "generate": True},
    "check-outs": {"purpose": "operations", "reason": "测试", "until": "2099-01-01T00:00:00Z"},
    "reveal": {"purpose": "operations", "reason": "测试"},
    "secret": {"fields": {"password": "a first value"}},
    "votes": {"decision": "approve", "digest": "0" * 64},
    "withdraw": {"reason": "测试"},
}
"""What else a call needs so that only its path is wrong, by the last word of the path."""

KEPT = (
    *("access_requests", "account_changes", "check_outs", "debts", "deliveries", "departments", "exposures", "grants"),
    *("official_accounts", "people", "policy_sets", "posts", "votes"),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service."""
    running = Service(tmp_path_factory.mktemp("hostile") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def people(service: Service) -> dict[str, Person]:
    """Everybody who acts here, signed in before anything is attacked."""
    signed_in = {name: service.sign_in(name) for name in (GM, OPERATIONS, PLANNER, HR, ADMIN, HEAD)}
    service.until(lambda: owed(service), lambda count: count == 0, what="the work that a first sign-in brings")
    return signed_in


@pytest.fixture(scope="module")
def document(people: dict[str, Person]) -> dict[str, Any]:
    """The API as it describes itself to whoever is signed in."""
    found = people[OPERATIONS].get("/openapi.json")
    assert found.status == 200
    return dict(found.body)


def kept(service: Service) -> dict[str, list[tuple[Any, ...]]]:
    """What the store holds, but for the record itself, sessions and what the worker has to do."""
    with closing(sqlite3.connect(service.data / "store.db", timeout=30)) as raw:
        return {table: raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in KEPT}


def owed(service: Service) -> int:
    """How many messages the worker still has before it."""
    with closing(sqlite3.connect(service.data / "store.db", timeout=30)) as raw:
        return int(raw.execute("SELECT COUNT(*) FROM messages WHERE done_at IS NULL").fetchone()[0])


def touched(service: Service, *, since: int) -> list[str]:
    """Which secrets, groups, keys and policies of the vault were asked for since so many lines of its audit."""
    paths = [str(entry["request"].get("path", "")) for entry in service.vault_audit()[since:]]
    return [path for path in paths if path.startswith(("kv/data/acct", "kv/metadata", "identity/group", "sys/pol"))]


def raw_call(service: Service, person: Person, method: str, path: str, body: Any) -> int:
    """Make a call whose path no client has tidied up, and return its status."""
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as line:
        line.putrequest(method, f"/api/v1{path}", skip_accept_encoding=True)
        line.putheader("Authorization", f"Bearer {person.token}")
        sent = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            line.putheader("Content-Type", "application/json")
        line.putheader("Content-Length", str(len(sent)))
        line.endheaders(sent)
        return line.getresponse().status


def ways_to_write(word: str) -> set[str]:
    """A word as it may stand in a path: escaped, and as it is where a line of HTTP can carry it."""
    plain = {word} if word.isascii() and word.isprintable() else set()
    return {quote(word, safe=""), quote(quote(word, safe=""), safe="")} | plain


@hostile
def test_a_hostile_word_in_a_path_is_refused(
    service: Service, people: dict[str, Person], document: dict[str, Any], word: str
) -> None:
    """In the place of every parameter of every route: no success, no fault of ours, nothing moved."""
    templates = [path.removeprefix("/api/v1") for path in document["paths"] if "{" in path]
    assert len(templates) > 10
    before, since = kept(service), len(service.vault_audit())

    answers = {}
    for template in templates:
        operations = document["paths"].get(f"/api/v1{template}") or document["paths"][template]
        for method in sorted({"get", "put", "post", "delete"} & set(operations)):
            body = None if method in {"get", "delete"} else BODIES.get(template.rsplit("/", 1)[-1], {})
            for written in ways_to_write(word):
                path = "/".join(written if part.startswith("{") else part for part in template.split("/"))
                answers[method, path] = raw_call(service, people[OPERATIONS], method.upper(), path, body)

    assert {call: status for call, status in answers.items() if not 400 <= status < 500} == {}
    assert kept(service) == before
    assert touched(service, since=since) == []


@hostile
def test_a_hostile_word_in_a_body_is_refused(service: Service, people: dict[str, Person], word: str) -> None:
    """As an account, a person, a post, a department, a request or a field: no success, no fault of ours."""
    account = {"id": SHOP, "name": "测试", "kind": "blog", "sensitivity": "ordinary", "custodians": ["operations_lead"]}
    join = {"name": "new.person", "display": "新人", "department": "ecommerce", "posts": ["planner"]}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (OPERATIONS, "account.use", {"account": word, "purpose": "operations"}),
        (OPERATIONS, "account.use", {"account": SHOP, "purpose": word}),
        (OPERATIONS, "account.change", {"account": word, "what": "password"}),
        (OPERATIONS, "account.close", {"account": word}),
        (OPERATIONS, "account.custody", {"account": word, "add": ["it_lead"]}),
        (OPERATIONS, "account.custody", {"account": SHOP, "add": [word]}),
        (OPERATIONS, "account.open", {"account": account | {"id": word}}),
        (OPERATIONS, "account.open", {"account": account | {"id": "new-blog", "custodians": [word]}}),
        (HR, "person.join", join | {"name": word}),
        (HR, "person.join", join | {"department": word}),
        (HR, "person.join", join | {"posts": [word]}),
        (ADMIN, "person.reset", {"person": word, "what": "password"}),
        (HEAD, "post.assign", {"person": word, "post": "planner"}),
        (HEAD, "post.assign", {"person": PLANNER, "post": word}),
        (OPERATIONS, word, {"account": SHOP}),
    ]
    before, since = kept(service), len(service.vault_audit())

    until = "2026-12-31T00:00:00Z"
    answers = [
        people[who].post("/access-requests", {"kind": kind, "payload": payload, "reason": "测试", "until": until})
        for who, kind, payload in asked
    ]
    answers.append(people[OPERATIONS].post(f"/accounts/{SHOP}/changes", {"request": word, "generate": True}))
    answers.append(people[OPERATIONS].post(f"/accounts/{SHOP}/reveal", BODIES["reveal"] | {"fields": [word]}))
    answers.append(people[GM].post(f"/accounts/{BANK}/secret", {"fields": {word: "a value"}}))

    assert [answer.status for answer in answers if not 400 <= answer.status < 500] == []
    assert all(answer.body["code"] for answer in answers)
    assert kept(service) == before
    assert touched(service, since=since) == []


def test_calls_made_up_from_the_schema_find_no_fault_of_ours(
    service: Service, people: dict[str, Person], document: dict[str, Any]
) -> None:
    """Whatever a machine makes of our own description, right and wrong, no answer is a 5xx."""
    again = service.call("POST", "/sessions", body={"name": HEAD, "password": people[HEAD].password})
    bearer = {"Authorization": f"Bearer {again.body['token']}"}
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"http://127.0.0.1:{service.port}")
    faults: list[tuple[str, str, int]] = []
    tried = 0

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=20,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_it(case: Case[Any]) -> None:
            nonlocal tried
            tried += 1
            answer = case.call(headers=bearer)
            if answer.status_code >= 500:
                faults.append((case.method, case.path, answer.status_code))

        try_it()

    assert faults == []
    assert tried > 200


@dataclass(frozen=True)
class Planted:
    """A secret with a mark in it that stands nowhere by chance."""

    mark: str
    value: str


def plant(*, filling: int = 0) -> Planted:
    """Make one with edge spaces, an emoji, line breaks, and as long as asked."""
    mark = f"zZ{secrets.token_hex(16)}Qq"
    return Planted(mark, f"  首尾空格 😀\r\n第二行\t{mark}\n{'长' * (filling // 3)}\u3000 ")


def shown(person: Person, delivery: str) -> str:
    """Open a delivery and return the password of it."""
    return str(person.must(f"/deliveries/{delivery}/open", status=200)["fields"]["password"])


def places(service: Service) -> Iterator[tuple[str, bytes]]:
    """Everything on disk but the vault's own storage, what was logged, and how each process was started."""
    storage = service.data / "vault" / "raft"
    files = [file for file in service.data.rglob("*") if file.is_file() and storage not in file.parents]
    for file in [*files, service.data.with_suffix(".log")]:
        yield str(file.relative_to(service.data.parent)), file.read_bytes()
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield f"{process}/{name}", (process / name).read_bytes()
            except OSError:
                continue


def spellings(mark: str) -> set[bytes]:
    """A mark as it might lie somewhere: plain, in hex, in base64 at each of the three offsets."""
    raw = mark.encode()
    inside = {base64.b64encode(b"\0" * offset + raw)[4:-4] for offset in range(3)}
    return {raw, raw.hex().encode(), *inside}


def test_planted_secrets_come_back_whole_and_stand_nowhere_else(service: Service, people: dict[str, Person]) -> None:
    """Handed in, typed, as passwords: in no file, log, audit, answer about faults, command line or environment."""
    manager, keeper = people[GM], people[OPERATIONS]
    first, typed, wrong = plant(filling=60_000), plant(), plant()
    assert len(first.value.encode()) > 60_000

    manager.must(f"/accounts/{BANK}/secret", {"fields": {"password": first.value}})
    promised = manager.must(f"/accounts/{BANK}/reveal", {"purpose": "operations", "reason": "核对"})
    assert shown(manager, promised["delivery"]) == first.value

    asked = keeper.must(
        "/access-requests",
        {"kind": "account.change", "payload": {"account": SHOP, "what": "password"}, "reason": "平台要求"},
    )
    manager.must(f"/access-requests/{asked['serial']}/votes", {"decision": "approve", "digest": asked["digest"]})
    begun = keeper.must(f"/accounts/{SHOP}/changes", {"request": asked["serial"], "value": {"password": typed.value}})
    assert shown(keeper, begun["delivery"]) == typed.value
    keeper.must(f"/accounts/{SHOP}/changes/{begun['change']}/confirm", status=200)
    promised = keeper.must(f"/accounts/{SHOP}/reveal", {"purpose": "operations", "reason": "核对"})
    assert shown(keeper, promised["delivery"]) == typed.value

    answers = [begun, *_refusals(service, manager, wrong)]
    for answer in answers:
        assert all(planted.mark not in json.dumps(answer, ensure_ascii=False) for planted in (first, typed, wrong))
    marks = [first.mark, typed.mark, wrong.mark, *(person.password for person in people.values())]
    wanted = {spelling for mark in marks for spelling in spellings(mark)}
    found = [where for where, content in places(service) if any(spelling in content for spelling in wanted)]
    assert found == []


def _refusals(service: Service, manager: Person, wrong: Planted) -> list[Any]:
    refused = [
        manager.post(f"/accounts/{BANK}/secret", {"fields": {"password": wrong.value}}),
        manager.post(f"/accounts/{BANK}/secret", {"fields": {"password": [wrong.value]}}),
        manager.post(f"/accounts/{BANK}/secret", {"fields": {wrong.value: "x"}}),
        manager.post(f"/accounts/{BANK}/secret", {"password": wrong.value}),
        manager.post(f"/accounts/{BANK}/changes", {"request": wrong.value, "value": {"password": wrong.value}}),
        manager.post("/access-requests", {"kind": wrong.value, "payload": {wrong.value: wrong.value}, "reason": ""}),
        manager.post("/sessions/current/step-up", {"password": wrong.value}),
        service.call("POST", "/sessions", body={"name": wrong.mark, "password": wrong.value}),
        service.call(
            "PUT", "/me/password", token=manager.token, body={"current": wrong.value, "new": f"1{wrong.mark}"}
        ),
        service.call(
            "PUT", "/me/password", token=manager.token, body={"current": manager.password, "new": "1" + wrong.mark}
        ),
    ]
    assert [answer.status for answer in refused if not 400 <= answer.status < 500] == []
    return [[answer.body, answer.headers] for answer in refused]
