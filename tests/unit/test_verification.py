"""What was done to the events themselves is found, and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from tests.unit.record_cases import START, a_chain, a_checkpoint, found, resealed
from vault_svc.domain.audit import Event, EventDraft, seal
from vault_svc.domain.verification import FindingCode

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS: dict[str, Callable[[Event], Event]] = {
    "id": lambda event: replace(event, id="EV-other"),
    "at": lambda event: replace(event, at=event.at + timedelta(microseconds=1)),
    "action": lambda event: replace(event, action="account.listed"),
    "actor": lambda event: replace(event, actor="person:other"),
    "on_behalf": lambda event: replace(event, on_behalf=None),
    "obj": lambda event: replace(event, obj="account:other"),
    "verdict": lambda event: replace(event, verdict="deny"),
    "rule": lambda event: replace(event, rule=None),
    "serial": lambda event: replace(event, serial="SQ-9"),
    "source": lambda event: replace(event, source=""),
    "prev": lambda event: replace(event, prev="11" * 32),
    "prev that is no hash": lambda event: replace(event, prev="xyz"),
    "hash": lambda event: replace(event, hash="00" * 32),
    "body": lambda event: replace(event, body=event.body.replace(b"tmall", b"tmal1")),
    "body that is no JSON": lambda event: resealed(event, body=b"{"),
    "body that is another JSON": lambda event: resealed(event, body=b"[1]"),
    "body without a number": lambda event: resealed(event, body=event.body.replace(b'"seq"', b'"sec"')),
    "body with another time": lambda event: resealed(event, body=event.body.replace(b"2026-01-05", b"2026-21-05")),
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_an_edit_is_found_where_it_is(column: str, place: int) -> None:
    """Any column, at the beginning, in the middle and at the end of a stream."""
    events = a_chain()
    head = a_checkpoint(events[-1])
    events[place] = COLUMNS[column](events[place])

    findings = found(events, checkpoints=[head])

    assert (FindingCode.EDIT, "api", place + 1, place + 1) in findings
    assert {seq for _, _, seq, _ in findings} <= {place + 1, place + 2}


@pytest.mark.parametrize("place", [0, 3, 6])
def test_an_edit_with_a_fitting_hash_breaks_the_link_to_the_next(place: int) -> None:
    """Whoever makes the event whole again has to make all later ones anew."""
    events = a_chain()
    events[place] = resealed(events[place], body=events[place].body.replace(b"tmall", b"tmal1"))
    events[place] = replace(events[place], obj="account:tmal1")

    assert found(events) == [(FindingCode.EDIT, "api", place + 1, place + 1)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 3), (4, 4), (4, 7)])
def test_a_deletion_is_found_where_it_was(first: int, last: int) -> None:
    """One event or several, at the beginning or in the middle."""
    events = [event for event in a_chain() if not first <= event.seq <= last]

    assert found(events) == [(FindingCode.DELETION, "api", first, last)]


@pytest.mark.parametrize("place", [1, 4, 7])
def test_a_deletion_with_new_numbers_is_found(place: int) -> None:
    """Closing the gap does not hide it: the events say of themselves what number they have."""
    events = [event for event in a_chain() if event.seq != place]
    events = [replace(event, seq=number) for number, event in enumerate(events, start=1)]

    assert found(events) == [(FindingCode.DELETION, "api", place, place)]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 5), (2, 7), (7, 8), (1, 8)])
def test_a_swap_is_found_at_both_places(one: int, other: int) -> None:
    """Two events that stand in each other's place."""
    events = a_chain()
    events[one - 1], events[other - 1] = (
        replace(events[other - 1], seq=one),
        replace(events[one - 1], seq=other),
    )

    assert found(events) == [(FindingCode.MOVE, "api", one, one), (FindingCode.MOVE, "api", other, other)]


@pytest.mark.parametrize("place", [2, 5, 8])
def test_an_insertion_is_found_where_it_is(place: int) -> None:
    """A forged event that fits its forerunner, and all later ones moved up by one."""
    events = a_chain()
    draft = EventDraft("account.read", "person:forger", "account:tmall")
    forged = seal(draft, stream="api", seq=place, event_id="EV-forged", at=START, prev=events[place - 2].hash)
    later = [replace(event, seq=event.seq + 1) for event in events[place - 1 :]]

    findings = found([*events[: place - 1], forged, *later])

    assert findings == [(FindingCode.INSERTION, "api", place, place)]


def test_an_event_of_another_stream_is_no_link() -> None:
    """An event moved into another stream is missing in one and a stranger in the other."""
    api, worker = a_chain("api"), a_chain("worker-1", 3)
    moved = replace(api[4], stream="worker-1", seq=4)

    findings = found([*api[:4], *api[5:], *worker, moved])

    assert findings == [(FindingCode.DELETION, "api", 5, 5), (FindingCode.MOVE, "worker-1", 4, 4)]


@pytest.mark.parametrize("seq", [-3, 0, 9, 2**62])
def test_an_event_at_a_place_of_its_own_is_found(seq: int) -> None:
    """A number that was edited leaves a gap, and the event says where it belongs."""
    events = a_chain()
    events[4] = replace(events[4], seq=seq)

    findings = found(events)

    assert (FindingCode.MOVE, "api", seq, seq) in findings
    assert (FindingCode.DELETION, "api", 5, 5) in findings


TEXT_COLUMNS = [
    "stream",
    "id",
    "action",
    "actor",
    "on_behalf",
    "obj",
    "verdict",
    "rule",
    "serial",
    "source",
    "prev",
    "hash",
]


@given(place=st.integers(0, 7), column=st.sampled_from([*TEXT_COLUMNS, "body", "seq"]), data=st.data())
def test_any_edited_byte_of_any_column_is_found_and_located(place: int, column: str, data: st.DataObject) -> None:
    """One byte of one event, whatever it becomes: the finding stands at that event."""
    events = a_chain()
    old = getattr(events[place], column)
    raw = str(old).encode() if column != "body" else old
    at = data.draw(st.integers(0, len(raw) - 1), label="at")
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]), label="byte")
    changed = raw[:at] + bytes([byte]) + raw[at + 1 :]
    if column == "body":
        new: object = changed
    else:
        try:
            new = int(changed) if column == "seq" else changed.decode()
        except ValueError:
            reject()
    assume(column != "seq" or new not in range(1, 9))
    events[place] = replace(events[place], **{column: new})  # type: ignore[arg-type]  # any column

    findings = found(events, checkpoints=[a_checkpoint(a_chain()[-1])])

    places = {(stream, seq) for _, stream, seq, _ in findings}
    assert (events[place].stream, events[place].seq) in places or ("api", place + 1) in places
    assert all(seq in {place + 1, events[place].seq} for _, seq in places)
