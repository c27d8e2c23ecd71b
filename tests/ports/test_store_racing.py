"""Many callers, several processes: one terminal state, one whole chain, each caller its own answer."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ports.samples import a_check_out, a_person, a_request, a_vote, an_event, seed
from vault_svc.domain.access_requests import AccessRequest, RequestState, Vote
from vault_svc.domain.accounts import CheckOut
from vault_svc.domain.audit import GENESIS, Event, EventDraft, Verdict, link
from vault_svc.domain.errors import AuditUnavailable, Conflict, NotPermitted, WrongState
from vault_svc.domain.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.ports.conftest import OpenStore
    from vault_svc.adapters.store import SqlStore
    from vault_svc.services.ports import Store, Tx

WRITER = Path(__file__).with_name("writing_process.py")


def together(works: Sequence[Callable[[], object]]) -> list[object]:
    """Start all at the same moment, each in its own thread; return each one's value or error."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return work()
        except (Conflict, NotPermitted, AuditUnavailable) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def whole(events: Sequence[Event]) -> bool:
    """Whether the events of one stream are one unbroken chain."""
    prevs = [GENESIS, *(event.hash for event in events)]
    return all(
        (event.seq, event.prev, event.hash) == (place + 1, prevs[place], link(prevs[place], event.body))
        for place, event in enumerate(events)
    )


def add(store: Store, *items: object, answer: object = None) -> Callable[[], object]:
    """Add all of these in one write, with one event, and return the answer."""

    def work(tx: Tx) -> object:
        for item in items:
            tx.add(item)
        tx.record(an_event())
        return answer

    return lambda: store.write(work)


def number(store: Store) -> Callable[[], object]:
    """Take the next number."""
    return lambda: store.write(lambda tx: tx.number("SQ"))


def record(store: Store) -> Callable[[], object]:
    """Put an event on record and return its id."""
    return lambda: store.write(lambda tx: tx.record(an_event()))


def decide(store: Store, serial: str, to: RequestState) -> Callable[[], None]:
    """Bring a submitted request to an end, with its event and its message; ``WrongState`` where another was first."""

    def work(tx: Tx) -> None:
        if not tx.change(AccessRequest, serial, expect={"state": RequestState.SUBMITTED}, to={"state": to}):
            raise WrongState
        tx.record(EventDraft(f"request.{to}", "person:linxiao", f"request:{serial}", serial=serial))
        tx.owe("request", {"serial": serial}, key=f"request:{serial}")

    return lambda: store.write(work)


def test_500_racing_ends_leave_one_terminal_state(open_store: OpenStore) -> None:
    """Approve against withdraw, half of them by another process' store: one wins, one event and one message each."""
    api, worker = open_store("api"), open_store("worker-1")
    seed(api)
    serials = [f"SQ-{number}" for number in range(500)]
    add(api, *map(a_request, serials))()

    outcomes = []
    for place in range(0, 500, 25):
        pairs = [
            work
            for serial in serials[place : place + 25]
            for work in (
                decide(api, serial, RequestState.APPROVED),
                decide(worker, serial, RequestState.WITHDRAWN),
            )
        ]
        outcomes += together(pairs)

    requests = api.read(lambda reader: reader.find(AccessRequest, serial__in=serials))
    ends = {f"request:{asked.serial}": asked.state for asked in requests}
    events = {event.obj: event.action for event in api.read(lambda reader: reader.find(Event, serial__null=False))}
    assert Counter(type(outcome) for outcome in outcomes) == {WrongState: 500, type(None): 500}
    assert events == {serial: f"request.{state}" for serial, state in ends.items()}
    assert set(ends.values()) <= {RequestState.APPROVED, RequestState.WITHDRAWN}


def test_50_votes_of_one_person_are_one_vote(store: SqlStore) -> None:
    """One gets through, the others hear of a conflict."""
    seed(store)

    outcomes = together([add(store, a_vote(f"VT-{turn}")) for turn in range(50)])

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, Conflict: 49}
    assert store.read(lambda reader: reader.count(Vote)) == 1


def test_20_check_outs_are_one(open_store: OpenStore) -> None:
    """An account goes to one of twenty who ask at once, through two processes' stores."""
    stores = [open_store("api"), open_store("worker-1")]
    seed(stores[0])

    outcomes = together([add(stores[turn % 2], a_check_out(f"CO-{turn}")) for turn in range(20)])

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, Conflict: 19}
    assert stores[0].read(lambda reader: reader.count(CheckOut)) == 1


def test_each_of_many_callers_gets_its_own_answer(store: SqlStore) -> None:
    """Values, refusals with their events and programs' errors of one batch are not mixed up."""
    refusal = EventDraft("gate.refused", "person:linxiao", "account:tmall", Verdict.DENY)

    def refused(tx: Tx) -> None:
        tx.add(a_person("never"))
        raise NotPermitted(events=[refusal])

    def broken(tx: Tx) -> None:
        tx.add(a_person("never"))
        raise KeyError

    def fails(work: Callable[[Tx], None]) -> None:
        with pytest.raises(KeyError):
            store.write(work)

    def run(turn: int) -> Callable[[], object]:
        if turn % 3 == 0:
            return lambda: store.write(refused)
        if turn % 3 == 1:
            return lambda: fails(broken)
        return add(store, a_person(f"p{turn}"), answer=turn)

    outcomes = together([run(turn) for turn in range(90)])

    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == list(range(2, 90, 3))
    assert sum(isinstance(outcome, NotPermitted) for outcome in outcomes) == 30
    assert store.read(lambda reader: reader.count(Person)) == 30
    events = store.read(lambda reader: reader.find(Event))
    assert len(events) == 60
    assert whole(events)


def test_numbers_taken_at_once_are_all_of_them(open_store: OpenStore) -> None:
    """No number twice, none left out, through two processes' stores."""
    stores = [open_store("api"), open_store("worker-1")]

    numbers = together([number(stores[turn % 2]) for turn in range(60)])

    assert sorted(map(str, numbers), key=int) == list(map(str, range(1, 61)))


def test_two_stores_may_share_a_stream(open_store: OpenStore) -> None:
    """The head is read inside the transaction, so two writers of one stream make one chain."""
    stores = [open_store("api"), open_store("api")]

    ids = together([record(stores[turn % 2]) for turn in range(80)])

    events = stores[0].read(lambda reader: reader.find(Event))
    assert {event.id for event in events} == set(ids)
    assert whole(events)


def test_two_processes_share_a_database_and_a_stream(open_store: OpenStore, store_url: str) -> None:
    """Real processes at the same time: all that either was told is there, and the chain is whole."""
    processes = [
        subprocess.Popen(
            [sys.executable, WRITER, store_url, "shared", prefix, "150"], stdout=subprocess.PIPE, text=True
        )
        for prefix in ("a", "b")
    ]
    told = [line for process in processes for line in process.communicate()[0].split()]

    store = open_store()
    events = store.read(lambda reader: reader.find(Event, stream="shared"))
    people = store.read(lambda reader: reader.find(Person))
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(told) == sorted(event.id for event in events)
    assert len(told) == len(people) == 300
    assert whole(events)


def test_writes_that_meet_crosswise_both_happen(open_store: OpenStore) -> None:
    """Two processes that change the same rows in opposite order wait for each other or are run again, unseen."""
    stores = [open_store("api"), open_store("worker-1")]
    add(stores[0], a_person("a"), a_person("b"))()

    def change(turn: int) -> Callable[[], None]:
        names = ("a", "b") if turn % 2 else ("b", "a")

        def work(tx: Tx) -> None:
            for name in names:
                person = tx.get(Person, name)
                assert person is not None
                tx.change(Person, name, expect={}, to={"display": f"{turn}"})
            tx.record(an_event())

        return lambda: stores[turn % 2].write(work)

    outcomes = together([change(turn) for turn in range(40)])

    assert outcomes == [None] * 40
    people = stores[0].read(lambda reader: reader.find(Person))
    assert people[0].display == people[1].display
    assert replace(people[0], name="b") == people[1]


def test_a_closed_store_finishes_what_waits_and_takes_no_more(store: SqlStore) -> None:
    """Closing while many write: each is told the truth."""
    outcomes = together([*(add(store, a_person(f"p{turn}"), answer=turn) for turn in range(40)), store.close])

    kept = {int(person.name[1:]) for person in store.read(lambda reader: reader.find(Person))}
    assert {outcome for outcome in outcomes if isinstance(outcome, int)} == kept
    assert all(outcome is None or isinstance(outcome, int | AuditUnavailable) for outcome in outcomes)
    with pytest.raises(AuditUnavailable):
        store.write(lambda tx: tx.number("SQ"))
