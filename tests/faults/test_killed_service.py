"""Every process of a running service killed at once, then started again on the same data."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import Person, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(240)

GM, OPERATIONS, PLANNER, AUDITOR = "lin.wan", "pan.lei", "song.yu", "mo.heng"
SHOP, COMMUNITY = "tmall-teaware", "tea-community"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service, killed and started again by each test."""
    running = Service(tmp_path_factory.mktemp("killed") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def people(service: Service) -> dict[str, Person]:
    """Those who act, signed in; their sessions outlive the kills."""
    return {name: service.sign_in(name) for name in (GM, OPERATIONS, PLANNER, AUDITOR)}


def kill_and_start(service: Service) -> None:
    """Leave nothing of it alive, then start it on the same data."""
    service.kill()
    (service.data / "up.json").unlink(missing_ok=True)  # else the old one would look like the new start
    service.start()


def worker_of(service: Service) -> int:
    """The process id of the worker."""
    assert service.process is not None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if command[-2:-1] == [b"worker"] and str(service.data).encode() in environment:
            return int(process.name)
    raise AssertionError("the service has no worker")


def pause(service: Service, pid: int) -> None:
    """Stop a process where it holds no lock of the store: in the midst of a write it is let go on and stopped anew."""

    def stopped() -> bool:
        os.kill(pid, signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(service.data / "store.db", timeout=0.2, isolation_level=None)) as raw:
                raw.execute("BEGIN IMMEDIATE")
                raw.execute("ROLLBACK")
        except sqlite3.OperationalError:
            os.kill(pid, signal.SIGCONT)
            return False
        return True

    service.until(stopped, bool, what="the worker to be between two writes")


def rows(service: Service, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Look into the raw store."""
    with closing(sqlite3.connect(service.data / "store.db", timeout=30)) as raw:
        return raw.execute(sql, values).fetchall()


def actions(service: Service, serial: str) -> Counter[str]:
    """How often each thing stands on record for a request."""
    return Counter(action for (action,) in rows(service, "SELECT action FROM events WHERE serial=?", serial))


def proved(people: dict[str, Person]) -> None:
    """The record holds after all of it."""
    proof = people[AUDITOR].must("/audit/verify", status=200)
    assert proof["ok"], proof


def approved_change(people: dict[str, Person], account: str) -> str:
    """Ask for a change and have it agreed to; its serial."""
    payload = {"account": account, "what": "password"}
    asked = people[OPERATIONS].must(
        "/access-requests", {"kind": "account.change", "payload": payload, "reason": "每季更换"}
    )
    ballot = {"decision": "approve", "digest": asked["digest"]}
    people[GM].must(f"/access-requests/{asked['serial']}/votes", ballot)
    return str(asked["serial"])


def begun_change(people: dict[str, Person], account: str, serial: str) -> tuple[str, str]:
    """Begin a change and look at the candidate: the change's id and the candidate."""
    keeper = people[OPERATIONS]
    begun = keeper.must(f"/accounts/{account}/changes", {"request": serial, "generate": True})
    shown = keeper.must(f"/deliveries/{begun['delivery']}/open", status=200)
    return begun["change"], shown["fields"]["password"]


def seen_now(person: Person, account: str) -> str:
    """The password that a custodian is shown now."""
    promised = person.must(f"/accounts/{account}/reveal", {"purpose": "operations", "reason": "核对"})
    shown = person.must(f"/deliveries/{promised['delivery']}/open", status=200)
    return str(shown["fields"]["password"])


def test_an_approval_that_was_answered_is_carried_out_after_the_kill(
    service: Service, people: dict[str, Person]
) -> None:
    """Killed between the last vote and the grant: the grant is made after the start, once."""
    planner, keeper = people[PLANNER], people[OPERATIONS]
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    payload = {"account": SHOP, "purpose": "operations"}
    asked = planner.must(
        "/access-requests", {"kind": "account.use", "payload": payload, "reason": "上新", "until": until}
    )
    serial = asked["serial"]
    pause(service, worker_of(service))
    ballot = {"decision": "approve", "digest": asked["digest"]}
    approved = keeper.must(f"/access-requests/{serial}/votes", ballot)
    assert approved["state"] == "approved"
    assert rows(service, "SELECT id FROM grants WHERE serial=?", serial) == []

    kill_and_start(service)

    service.until(
        lambda: planner.get(f"/access-requests/{serial}").body["state"],
        lambda state: state == "carried_out",
        what="the grant",
    )
    assert len(rows(service, "SELECT id FROM grants WHERE serial=?", serial)) == 1
    told = actions(service, serial)
    for once in ("request.approved", "grant.made", "grant.in_force", "request.carried_out"):
        assert told[once] == 1, told
    assert seen_now(planner, SHOP)
    proved(people)


def test_a_candidate_that_was_shown_is_confirmed_after_the_kill(service: Service, people: dict[str, Person]) -> None:
    """Killed while somebody stood at the platform with the new password in hand: it is not lost."""
    keeper = people[OPERATIONS]
    serial = approved_change(people, SHOP)
    before = keeper.get(f"/accounts/{SHOP}").body["version"]
    change, candidate = begun_change(people, SHOP, serial)

    kill_and_start(service)
    keeper.must(f"/accounts/{SHOP}/changes/{change}/confirm", status=200)

    assert keeper.get(f"/accounts/{SHOP}").body["version"] == before + 1
    assert keeper.get(f"/access-requests/{serial}").body["state"] == "closed"
    assert seen_now(keeper, SHOP) == candidate
    assert actions(service, serial)["change.confirmed"] == 1
    proved(people)


def test_a_confirmation_that_was_under_way_is_done_once(service: Service, people: dict[str, Person]) -> None:
    """Killed right after it was sent, its answer lost: said again, there is one new version and one record of it."""
    keeper = people[OPERATIONS]
    serial = approved_change(people, COMMUNITY)
    before = keeper.get(f"/accounts/{COMMUNITY}").body["version"]
    change, candidate = begun_change(people, COMMUNITY, serial)
    path = f"/accounts/{COMMUNITY}/changes/{change}/confirm"
    sent = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    sent.request("POST", f"/api/v1{path}", "{}", {"Authorization": f"Bearer {keeper.token}"} | JSON)
    service.until(
        lambda: rows(service, "SELECT state FROM account_changes WHERE id=?", change)[0][0],
        lambda state: state != "begun",
        what="the confirmation under way",
    )

    kill_and_start(service)
    sent.close()
    for _ in range(2):
        again = keeper.must(path, status=200)
        assert again["state"] == "confirmed"

    assert keeper.get(f"/accounts/{COMMUNITY}").body["version"] == before + 1
    assert seen_now(keeper, COMMUNITY) == candidate
    told = actions(service, serial)
    for once in ("change.promoting", "change.confirmed", "request.carried_out", "request.closed"):
        assert told[once] == 1, told
    proved(people)


def test_what_was_answered_is_there_after_the_kill(service: Service, people: dict[str, Person]) -> None:
    """Twenty requests, each answered: each is found again, with its own serial and one record."""
    planner = people[PLANNER]
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    body = {"kind": "account.use", "payload": {"account": SHOP, "purpose": "operations"}, "reason": "上新"}
    serials = [planner.must("/access-requests", body | {"until": until})["serial"] for _ in range(20)]

    kill_and_start(service)

    assert len(set(serials)) == 20
    for serial in serials:
        assert planner.get(f"/access-requests/{serial}").body["state"] == "submitted"
        assert actions(service, serial)["request.submitted"] == 1
    proved(people)


JSON = {"Content-Type": "application/json"}
