"""The main job from end to end (contract §5): a real vault, real processes, the API as people use it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import Person, Service

if TYPE_CHECKING:
    from collections.abc import Iterator


COMPANIES = {
    "demo": {
        "gm": "lin.wan",
        "ops": "pan.lei",
        "planner": "song.yu",
        "auditor": "mo.heng",
        "shop": "tmall-teaware",
        "server": "git-hosting",
    },
    "shared": {
        "gm": "zongjingli",
        "ops": "yunying",
        "planner": "cehua",
        "auditor": "shenji",
        "shop": "tmall-flagship",
        "server": "web-server-root",
    },
}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "company.toml"


@dataclass(frozen=True)
class Cast:
    """The people of the walk, signed in, and the two accounts that it is about."""

    manager: Person
    operations: Person
    planner: Person
    auditor: Person
    shop: str
    server: str


@pytest.fixture(scope="module", params=["demo", *(["shared"] if SHARED.exists() else [])])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service: our own example company, and the shared one where it is there."""
    company = ["--demo"] if request.param == "demo" else ["--company", str(SHARED)]
    running = Service(tmp_path_factory.mktemp("walk") / "data", company=company).start()
    yield running
    running.stop()


def cast_of(service: Service) -> Cast:
    """Sign everybody of the walk in, each with an own password."""
    names = COMPANIES["demo" if "--demo" in service.company else "shared"]
    people = {role: service.sign_in(names[role]) for role in ("gm", "ops", "planner", "auditor")}
    return Cast(
        people["gm"], people["ops"], people["planner"], people["auditor"], names["shop"], names["server"]
    )


def test_the_whole_walk(service: Service) -> None:
    """Ask, agree, carry out, use, on record: each step by the person whom the rules name."""
    cast = cast_of(service)
    manager, operations, planner, auditor = cast.manager, cast.operations, cast.planner, cast.auditor

    # 1. a password that begins with a digit is refused with DB-5
    refused = service.call(
        "PUT",
        "/me/password",
        token=planner.token,
        body={"current": planner.password, "new": "1abcdef-Wanderer-77"},
    )
    assert refused.status == 422
    assert "DB-5" in {violation["rule"] for violation in refused.body["violations"]}

    # 2. the change is asked for; nobody else can approve it, the requester least of all
    shop = cast.shop
    asked = operations.must(
        "/access-requests",
        {"kind": "account.change", "payload": {"account": shop, "what": "password"}, "reason": "每季更换"},
    )
    serial = asked["serial"]
    ballot = {"decision": "approve", "digest": asked["digest"]}
    own = operations.post(f"/access-requests/{serial}/votes", ballot)
    assert (own.status, own.body["code"]) == (403, "own_request")
    assert planner.post(f"/access-requests/{serial}/votes", ballot).status in {403, 404}
    stale = manager.post(f"/access-requests/{serial}/votes", ballot | {"digest": "0" * 64})
    assert (stale.status, stale.body["code"]) == (409, "stale_digest")
    approved = manager.must(f"/access-requests/{serial}/votes", ballot)
    assert approved["state"] == "approved"
    again = manager.post(f"/access-requests/{serial}/votes", ballot)
    assert again.status == 409

    # 3. carried out: staged, shown once, confirmed; the old version stays as history
    before = operations.get(f"/accounts/{shop}").body["version"]
    begun = operations.must(f"/accounts/{shop}/changes", {"request": serial, "generate": True})
    shown = operations.must(f"/deliveries/{begun['delivery']}/open", status=200)
    candidate = shown["fields"]["password"]
    assert operations.post(f"/deliveries/{begun['delivery']}/open").status == 410
    confirmed = operations.must(f"/accounts/{shop}/changes/{begun['change']}/confirm", status=200)
    assert confirmed["state"] == "confirmed"
    after = operations.get(f"/accounts/{shop}").body["version"]
    assert after == before + 1
    seen = operations.get(f"/accounts/{shop}/exposures").body["items"]
    assert {(row["person"], row["version"]) for row in seen if row["slot"] == "value"} == {(operations.name, after)}

    # 4. the planner asks, a custodian agrees, it is revealed once, the end leaves a debt
    until = datetime.now(UTC) + timedelta(seconds=20)
    use = planner.must(
        "/access-requests",
        {
            "kind": "account.use",
            "payload": {"account": shop, "purpose": "operations"},
            "reason": "双十二上新",
            "until": until.isoformat(),
        },
    )
    no = planner.post(f"/accounts/{shop}/reveal", {"purpose": "operations", "reason": "看一下"})
    assert (no.status, no.body["code"]) == (403, "approval_required")
    operations.must(f"/access-requests/{use['serial']}/votes", {"decision": "approve", "digest": use["digest"]})
    service.until(
        lambda: planner.get(f"/access-requests/{use['serial']}").body["state"],
        lambda state: state == "carried_out",
        what="the grant",
    )
    promised = planner.must(f"/accounts/{shop}/reveal", {"purpose": "operations", "reason": "上新"})
    assert operations.post(f"/deliveries/{promised['delivery']}/open").status == 404
    value = planner.must(f"/deliveries/{promised['delivery']}/open", status=200)
    assert value["fields"]["password"] == candidate
    debts = service.until(
        lambda: operations.get("/me/todo").body["debts"],
        lambda found: [debt for debt in found if debt["account"] == shop],
        what="the debt",
    )
    assert debts[0]["due_on"] > until.date().isoformat()
    late = planner.post(f"/accounts/{shop}/reveal", {"purpose": "operations", "reason": "再看"})
    assert late.status == 403

    never = planner.post(
        "/access-requests",
        {
            "kind": "account.use",
            "payload": {"account": cast.server, "purpose": "operations"},
            "reason": "部署",
            "until": (until + timedelta(hours=1)).isoformat(),
        },
    )
    assert (never.status, never.body["rule"]) == (403, "ACC-4")
    assert never.body["next_step"]

    # 5. the vault's own audit names person and serial; no machine token has read a value
    reads = [
        entry
        for entry in service.vault_audit()
        if entry["type"] == "response"
        and entry["request"]["path"] == f"kv/data/acct/{shop}/value"
        and entry["request"]["operation"] == "read"
    ]
    named = {(entry["auth"]["metadata"]["person"], entry["auth"]["metadata"]["sn"]) for entry in reads}
    assert (planner.name, use["serial"]) in named
    assert {person for person, _ in named} == {planner.name, operations.name}

    # 6. the auditor proves the record and finds the case by its serial and by ACC-3
    proof = auditor.must("/audit/verify", status=200)
    assert proof["ok"], proof
    case = auditor.get("/audit/events", serial=serial).body["items"]
    assert {"request.submitted", "request.approved", "change.confirmed", "request.closed"} <= {e["action"] for e in case}
    by_rule = auditor.get("/audit/events", rule="ACC-3", limit="500").body["items"]
    assert serial in {event["serial"] for event in by_rule}
    exported = auditor.get("/audit/export", format="jsonl", serial=serial)
    assert exported.status == 200
    assert serial.encode() in exported.body
    assert candidate.encode() not in exported.body
    _nothing_leaked(service, candidate)
    _found_when_edited(service, auditor)


def _nothing_leaked(service: Service, value: str) -> None:
    """The value stands in no file outside the vault's own storage, and in no command line or environment."""
    storage = service.data / "vault" / "raft"
    for file in service.data.rglob("*"):
        if file.is_file() and storage not in file.parents:
            assert value.encode() not in file.read_bytes(), file
    assert value.encode() not in service.data.with_suffix(".log").read_bytes()
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                assert value.encode() not in (process / name).read_bytes()
            except OSError:
                continue


def _found_when_edited(service: Service, auditor: Person) -> None:
    """One byte edited in the raw store is found and located."""
    raw = sqlite3.connect(service.data / "store.db", timeout=30)
    raw.execute("BEGIN IMMEDIATE")
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name='events'").fetchall()
    for name, _ in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    stream, seq, body = raw.execute(
        "SELECT stream, seq, body FROM events WHERE action='request.approved' ORDER BY at LIMIT 1"
    ).fetchone()
    forged = bytes(body).replace(b'"allow"', b'"alloW"')
    assert forged != bytes(body)
    raw.execute("UPDATE events SET body=? WHERE stream=? AND seq=?", (forged, stream, seq))
    for _, sql in triggers:
        raw.execute(sql)
    raw.commit()
    raw.close()
    proof = auditor.must("/audit/verify", status=200)
    assert not proof["ok"]
    assert (stream, seq) in {(finding["stream"], finding["seq"]) for finding in proof["findings"]}
