"""A write: all of it or nothing, each caller its own answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.ports.samples import MONDAY, a_check_out, a_grant, a_person, a_request, a_vote, an_account, an_event, seed
from vault_svc.domain.access_requests import AccessRequest, RequestState, Vote
from vault_svc.domain.accounts import CheckOut
from vault_svc.domain.audit import Event, EventDraft, Verdict
from vault_svc.domain.errors import Conflict, Malformed, NotPermitted
from vault_svc.domain.grants import Grant
from vault_svc.domain.operations import Message
from vault_svc.domain.people import Person
from vault_svc.domain.sessions import Session, TryCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ports.conftest import OpenStore
    from vault_svc.adapters.store import SqlStore
    from vault_svc.services.ports import Tx


def everything(store: SqlStore) -> tuple[int, int, int]:
    """How many people, events and messages are kept."""
    return store.read(lambda reader: (reader.count(Person), reader.count(Event), reader.count(Message)))


def test_nothing_of_a_write_that_raises_is_kept(store: SqlStore) -> None:
    """Change, event, message and number of a write that raises are undone together."""

    def work(tx: Tx) -> None:
        tx.add(a_person())
        tx.record(an_event())
        tx.owe("carry_out", {"serial": "SQ-1"})
        tx.number("SQ")
        raise KeyError

    with pytest.raises(KeyError):
        store.write(work)

    assert everything(store) == (0, 0, 0)
    assert store.write(lambda tx: tx.number("SQ")) == 1


def test_a_refusal_stays_on_record_though_its_write_is_undone(store: SqlStore) -> None:
    """The events of a refusing error are recorded, what its work did before is not."""
    refusal = EventDraft("gate.refused", "person:linxiao", "account:tmall", Verdict.DENY, rule="ACC-4")

    def work(tx: Tx) -> None:
        tx.add(a_person())
        tx.record(an_event())
        raise NotPermitted(events=[refusal])

    with pytest.raises(NotPermitted):
        store.write(work)

    assert everything(store) == (0, 1, 0)
    (event,) = store.read(lambda reader: reader.find(Event))
    assert (event.action, event.verdict, event.rule) == ("gate.refused", "deny", "ACC-4")


def test_a_refusal_that_can_not_be_recorded_is_not_answered(store: SqlStore) -> None:
    """An event that no engine can keep comes out as an error of its own instead of a refusal without a record."""

    def work(tx: Tx) -> None:
        raise NotPermitted(events=[an_event(obj="account:\0")])

    with pytest.raises(Malformed):
        store.write(work)

    assert everything(store) == (0, 0, 0)


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_text_that_no_engine_can_keep_is_refused(store: SqlStore, word: str) -> None:
    """NUL and lone surrogates are refused in rows, in JSON's surrogates and in events, on both engines alike."""
    with pytest.raises(Malformed):
        store.write(lambda tx: tx.add(a_person(display=word)))
    with pytest.raises(Malformed):
        store.write(lambda tx: tx.record(an_event(actor=word)))

    assert everything(store) == (0, 0, 0)


def test_an_event_with_details_that_are_no_json_fails_alone(store: SqlStore) -> None:
    """What can't be put into canonical bytes fails inside its own write."""
    draft = EventDraft("account.read", "person:linxiao", "account:tmall", details={"at": MONDAY})

    with pytest.raises(TypeError):
        store.write(lambda tx: tx.record(draft))

    assert store.write(lambda tx: tx.record(an_event())).startswith("EV-")


def test_a_taken_key_is_a_conflict(store: SqlStore) -> None:
    """A second row with the same key is refused and the first stays as it was."""
    store.write(lambda tx: tx.add(a_person(display="一")))

    with pytest.raises(Conflict):
        store.write(lambda tx: tx.add(a_person(display="二")))

    found = store.read(lambda reader: reader.get(Person, "linxiao"))
    assert found is not None
    assert found.display == "一"


def test_work_may_catch_a_conflict_and_go_on(store: SqlStore) -> None:
    """A taken key does not spoil the rest of the write, on both engines alike."""
    store.write(lambda tx: tx.add(a_person()))

    def work(tx: Tx) -> None:
        with pytest.raises(Conflict):
            tx.add(a_person())
        tx.add(a_person("zhaolei"))

    store.write(work)

    assert everything(store)[0] == 2


def test_a_write_goes_no_further_after_the_engine_refused_a_statement(store: SqlStore) -> None:
    """A broken rule undoes the write even where its work swallows the error."""
    seed(store)

    def work(tx: Tx) -> None:
        tx.add(a_person("zhaolei"))
        with pytest.raises(Conflict):
            tx.add(a_grant(reveals_left=-1))
        with pytest.raises(Conflict):
            tx.add(a_person("qianduo"))

    with pytest.raises(Conflict):
        store.write(work)

    assert everything(store)[0] == 1


Prepare = "Callable[[Tx], None]"


def _two_votes(tx: Tx) -> None:
    tx.add(a_vote("VT-1"))
    tx.add(a_vote("VT-2"))


def _two_check_outs(tx: Tx) -> None:
    tx.add(a_check_out("CO-1"))
    tx.add(a_check_out("CO-2"))


def _two_grants(tx: Tx) -> None:
    tx.add(a_grant("GR-1"))
    tx.add(a_grant("GR-2"))


def _two_sessions(tx: Tx) -> None:
    for number in (1, 2):
        tx.add(
            Session(
                id=f"SE-{number}",
                token_hash="h",
                person="linxiao",
                created_at=MONDAY,
                seen_at=MONDAY,
                proved_at=MONDAY,
                proved_how="password",
                expires_at=MONDAY,
                source="",
                client="api",
            )
        )


def _a_grant_that_ends_first(tx: Tx) -> None:
    tx.add(replace(a_grant(), ends_at=MONDAY))


def _a_vote_on_nothing(tx: Tx) -> None:
    tx.add(a_vote(serial="SQ-2026-999999"))


def _a_check_out_by_nobody(tx: Tx) -> None:
    tx.add(a_check_out(person="nobody"))


@pytest.mark.parametrize(
    "work",
    [
        _two_votes,
        _two_check_outs,
        _two_grants,
        _two_sessions,
        _a_grant_that_ends_first,
        _a_vote_on_nothing,
        _a_check_out_by_nobody,
    ],
)
def test_the_engine_itself_holds_the_rules(store: SqlStore, work: Callable[[Tx], None]) -> None:
    """What a rule forbids is a conflict, whatever the services forgot."""
    seed(store)

    with pytest.raises(Conflict):
        store.write(work)

    assert store.read(lambda reader: [reader.count(kind) for kind in (Vote, CheckOut, Grant, Session)]) == [0] * 4


def test_a_returned_account_can_be_checked_out_again(store: SqlStore) -> None:
    """Only an open check-out stands in the way of another."""
    seed(store)
    store.write(lambda tx: tx.add(replace(a_check_out("CO-1"), returned_at=MONDAY)))

    store.write(lambda tx: tx.add(a_check_out("CO-2")))

    assert store.read(lambda reader: reader.count(CheckOut)) == 2


@pytest.mark.parametrize("kind", [Event, Vote])
def test_the_record_is_not_changed_or_removed_through_the_store(store: SqlStore, kind: type) -> None:
    """Asking to alter what is on record is an error of the program."""
    key = ("api", 1) if kind is Event else ("VT-1",)

    with pytest.raises(ValueError, match="for ever"):
        store.write(lambda tx: tx.change(kind, *key, expect={}, to={"id": "x"}))
    with pytest.raises(ValueError, match="for ever"):
        store.write(lambda tx: tx.remove(kind, *key))


def test_an_event_is_added_by_recording_only(store: SqlStore) -> None:
    """Nobody can hand in a link of the chain."""
    store.write(lambda tx: tx.record(an_event()))
    (event,) = store.read(lambda reader: reader.find(Event))

    with pytest.raises(ValueError, match="record"):
        store.write(lambda tx: tx.add(replace(event, seq=2, id="EV-2")))

    assert everything(store)[1] == 1


def test_a_change_happens_only_where_things_are_as_expected(store: SqlStore) -> None:
    """A condition that does not hold changes nothing and says so; one that does is one change."""
    seed(store)
    approve = {"state": RequestState.APPROVED, "decided_at": MONDAY}

    def change(state: RequestState) -> bool:
        return store.write(lambda tx: tx.change(AccessRequest, "SQ-2026-000001", expect={"state": state}, to=approve))

    outcomes = change(RequestState.WITHDRAWN), change(RequestState.SUBMITTED), change(RequestState.SUBMITTED)

    assert outcomes == (False, True, False)
    kept = store.read(lambda reader: reader.get(AccessRequest, "SQ-2026-000001"))
    assert kept == replace(a_request(), state=RequestState.APPROVED, decided_at=MONDAY)


def test_an_expectation_takes_the_suffixes_of_conditions(store: SqlStore) -> None:
    """Reveals are counted down to nought and no further."""
    seed(store)
    store.write(lambda tx: tx.add(a_grant(reveals_left=1)))

    def reveal(tx: Tx) -> bool:
        grant = tx.get(Grant, "GR-1")
        assert grant is not None
        return tx.change(
            Grant, "GR-1", expect={"reveals_left__gt": 0}, to={"reveals_left": max(grant.reveals_left - 1, 0)}
        )

    outcomes = store.write(reveal), store.write(reveal)

    assert outcomes == (True, False)


def test_a_change_of_an_unknown_field_is_an_error(store: SqlStore) -> None:
    """A misspelled field is never taken for no change."""
    with pytest.raises(ValueError, match="no field 'stat'"):
        store.write(lambda tx: tx.change(AccessRequest, "x", expect={}, to={"stat": 1}))
    with pytest.raises(ValueError, match="no field 'stat'"):
        store.write(lambda tx: tx.change(AccessRequest, "x", expect={"stat": 1}, to={"reason": ""}))


def test_a_removal_tells_whether_there_was_something(store: SqlStore) -> None:
    """Removing twice removes once."""
    store.write(lambda tx: tx.add(TryCounter("name:a", 1, MONDAY)))

    outcomes = [store.write(lambda tx: tx.remove(TryCounter, "name:a")) for _ in range(2)]

    assert outcomes == [True, False]


def test_numbers_have_no_gaps_among_kept_writes(store: SqlStore) -> None:
    """A number taken by a write that was undone is given again; series do not touch each other."""

    def undone(tx: Tx) -> None:
        tx.number("SQ")
        raise KeyError

    numbers = [store.write(lambda tx: tx.number("SQ"))]
    with pytest.raises(KeyError):
        store.write(undone)
    numbers += [store.write(lambda tx: tx.number("SQ")), store.write(lambda tx: tx.number("other"))]

    assert numbers == [1, 2, 1]


def test_a_message_with_a_key_is_owed_once(store: SqlStore) -> None:
    """The same key owes nothing new and returns the first message's id; without a key each is new."""
    first = store.write(lambda tx: tx.owe("end_grant", {"grant": "GR-1"}, not_before=MONDAY, key="end:GR-1"))
    again = store.write(lambda tx: tx.owe("end_grant", {"grant": "GR-1"}, key="end:GR-1"))
    free = {store.write(lambda tx: tx.owe("mail", {})) for _ in range(2)}

    messages = {message.id: message for message in store.read(lambda reader: reader.find(Message))}
    assert again == first
    assert set(messages) == {first, *free}
    assert messages[first].not_before == MONDAY


def test_a_write_sees_its_own_events_and_a_caught_refusal_does_not_lose_those_before(store: SqlStore) -> None:
    """Events noted so far can be read inside the write; the chain stays whole after one that was undone."""

    def undone(tx: Tx) -> None:
        tx.record(an_event(action="undone.first"))
        assert tx.count(Event) == 2
        tx.record(an_event(action="undone.second"))
        raise KeyError

    store.write(lambda tx: tx.record(an_event()))
    with pytest.raises(KeyError):
        store.write(undone)
    store.write(lambda tx: (tx.record(an_event()), tx.record(an_event())))

    events = store.read(lambda reader: reader.find(Event))
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
    assert "undone" not in {event.action.split(".")[0] for event in events}


def test_streams_have_chains_of_their_own(open_store: OpenStore) -> None:
    """Two processes with streams of their own do not link to each other."""
    api, worker = open_store("api"), open_store("worker-1")
    for _ in range(2):
        api.write(lambda tx: tx.record(an_event()))
    worker.write(lambda tx: tx.record(an_event()))

    assert [(head.stream, head.seq) for head in api.heads()] == [("api", 2), ("worker-1", 1)]


def test_events_carry_the_time_of_the_clock_and_ids_that_sort_by_it(store: SqlStore) -> None:
    """Ids go up with time; both are what the caller was told."""
    ids = [store.write(lambda tx: tx.record(an_event())) for _ in range(20)]

    events = store.read(lambda reader: reader.find(Event, order=("id",)))
    assert [event.id for event in events] == ids
    assert all(before.at < after.at for before, after in pairwise(events))
    assert events[0].at - MONDAY < timedelta(seconds=1)


def test_a_write_inside_a_write_is_refused(store: SqlStore) -> None:
    """It would wait for itself."""
    with pytest.raises(RuntimeError, match="inside a write"):
        store.write(lambda _: store.write(lambda tx: tx.number("SQ")))

    assert store.write(lambda tx: tx.number("SQ")) == 1


def test_an_account_in_order_survives_a_full_change(store: SqlStore) -> None:
    """A change of several fields is one row as asked, the others untouched."""
    seed(store)

    store.write(
        lambda tx: tx.change(
            type(an_account()), "tmall", expect={"version": 0}, to={"version": 1, "custodians": ("it_lead",)}
        )
    )

    kept = store.read(lambda reader: reader.get(type(an_account()), "tmall"))
    assert kept == replace(an_account(), version=1, custodians=("it_lead",))
