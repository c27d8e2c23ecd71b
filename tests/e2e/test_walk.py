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
USE = timedelta(seconds=15)
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
    return Cast(people["gm"], people["ops"], people["planner"], people["auditor"], names["shop"], names["server"])


def test_the_whole_walk(service: Service) -> None:
    """Ask, agree, carry out, use, on record: each step by the person whom the rules name."""
    cast = cast_of(service)

    _a_password_breaks_db_5(service, cast)
    serial = _asked_and_approved(cast)
    candidate, version = _carried_out(cast, serial)
    use = _used_once(service, cast, candidate)
    _never_outside_custody(cast)

    _the_vault_names_everybody(service, cast, use)
    _on_record(cast, serial, candidate)
    _nothing_leaked(service, candidate)
    _found_when_edited(service, cast.auditor)
    assert version > 1


def _a_password_breaks_db_5(service: Service, cast: Cast) -> None:
    planner = cast.planner
    said = {"current": planner.password, "new": "1abcdef-Wanderer-77"}

    refused = service.call("PUT", "/me/password", token=planner.token, body=said)

    assert refused.status == 422
    assert "DB-5" in {violation["rule"] for violation in refused.body["violations"]}


def _asked_and_approved(cast: Cast) -> str:
    """Nobody but the general manager can approve, the requester least of all, and only what was shown."""
    asked = cast.operations.must(
        "/access-requests",
        {"kind": "account.change", "payload": {"account": cast.shop, "what": "password"}, "reason": "每季更换"},
    )
    votes, ballot = f"/access-requests/{asked['serial']}/votes", {"decision": "approve", "digest": asked["digest"]}

    own = cast.operations.post(votes, ballot)
    assert (own.status, own.body["code"]) == (403, "own_request")
    assert cast.planner.post(votes, ballot).status in {403, 404}
    stale = cast.manager.post(votes, ballot | {"digest": "0" * 64})
    assert (stale.status, stale.body["code"]) == (409, "stale_digest")
    assert cast.manager.must(votes, ballot)["state"] == "approved"
    assert cast.manager.post(votes, ballot).status == 409
    return str(asked["serial"])


def _carried_out(cast: Cast, serial: str) -> tuple[str, int]:
    """Staged, shown once, confirmed; exposure names who saw which version."""
    operations, account = cast.operations, f"/accounts/{cast.shop}"
    before = operations.get(account).body["version"]

    begun = operations.must(f"{account}/changes", {"request": serial, "generate": True})
    shown = operations.must(f"/deliveries/{begun['delivery']}/open", status=200)
    assert operations.post(f"/deliveries/{begun['delivery']}/open").status == 410
    confirmed = operations.must(f"{account}/changes/{begun['change']}/confirm", status=200)

    assert confirmed["state"] == "confirmed"
    after = operations.get(account).body["version"]
    assert after == before + 1
    seen = operations.get(f"{account}/exposures").body["items"]
    assert {(row["person"], row["version"]) for row in seen if row["slot"] == "value"} == {(operations.name, after)}
    return shown["fields"]["password"], after


def _used_once(service: Service, cast: Cast, candidate: str) -> str:
    """A custodian agrees, the planner sees it, the end leaves a debt on the custodian's list."""
    planner, operations, account = cast.planner, cast.operations, f"/accounts/{cast.shop}"
    until = datetime.now(UTC) + USE
    use = planner.must(
        "/access-requests",
        {
            "kind": "account.use",
            "payload": {"account": cast.shop, "purpose": "operations"},
            "reason": "双十二上新",
            "until": until.isoformat(),
        },
    )
    look = {"purpose": "operations", "reason": "上新"}

    early = planner.post(f"{account}/reveal", look)
    assert (early.status, early.body["code"]) == (403, "approval_required")
    operations.must(f"/access-requests/{use['serial']}/votes", {"decision": "approve", "digest": use["digest"]})
    state = f"/access-requests/{use['serial']}"
    service.until(lambda: planner.get(state).body["state"], lambda now: now == "carried_out", what="the grant")
    promised = planner.must(f"{account}/reveal", look)
    assert operations.post(f"/deliveries/{promised['delivery']}/open").status == 404
    value = planner.must(f"/deliveries/{promised['delivery']}/open", status=200)
    assert value["fields"]["password"] == candidate

    def owed() -> list[dict[str, str]]:
        return [debt for debt in operations.get("/me/todo").body["debts"] if debt["account"] == cast.shop]

    debts = service.until(owed, bool, what="the debt", seconds=USE.total_seconds() + 30)
    assert debts[0]["due_on"] > until.date().isoformat()
    assert planner.post(f"{account}/reveal", look).status == 403
    return str(use["serial"])


def _never_outside_custody(cast: Cast) -> None:
    """ACC-4: refused whoever would agree, with what to do instead."""
    never = cast.planner.post(
        "/access-requests",
        {
            "kind": "account.use",
            "payload": {"account": cast.server, "purpose": "operations"},
            "reason": "部署",
            "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        },
    )

    assert (never.status, never.body["rule"]) == (403, "ACC-4")
    assert never.body["next_step"]


def _the_vault_names_everybody(service: Service, cast: Cast, use: str) -> None:
    """The vault's own audit names person and serial of every read; no machine's token has read a value."""
    path = f"kv/data/acct/{cast.shop}/value"
    entries = [entry for entry in service.vault_audit() if entry["type"] == "response"]
    reads = [e for e in entries if e["request"]["path"] == path and e["request"]["operation"] == "read"]

    named = {(entry["auth"]["metadata"]["person"], entry["auth"]["metadata"]["sn"]) for entry in reads}
    assert (cast.planner.name, use) in named
    assert {person for person, _ in named} == {cast.planner.name, cast.operations.name}


def _on_record(cast: Cast, serial: str, candidate: str) -> None:
    """The auditor proves the record and finds the case by its serial and by ACC-3."""
    auditor = cast.auditor
    proof = auditor.must("/audit/verify", status=200)
    assert proof["ok"], proof

    case = {event["action"] for event in auditor.get("/audit/events", serial=serial).body["items"]}
    assert {"request.submitted", "request.approved", "change.confirmed", "request.closed"} <= case
    by_rule = auditor.get("/audit/events", rule="ACC-3", limit="500").body["items"]
    assert serial in {event["serial"] for event in by_rule}
    exported = auditor.get("/audit/export", format="jsonl", serial=serial)
    assert exported.status == 200
    assert serial.encode() in exported.body
    assert candidate.encode() not in exported.body


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
