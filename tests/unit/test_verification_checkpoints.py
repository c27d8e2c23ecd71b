"""What the chain alone can't tell is told by signed checkpoints, here and apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.record_cases import START, a_chain, a_checkpoint, found, rewritten, signed
from vault_svc.domain.verification import Finding, FindingCode, verify_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vault_svc.domain.audit import Checkpoint, Event


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_chain_made_anew_is_not_what_was_signed(place: int) -> None:
    """The checkpoint tells, and the span begins behind the last checkpoint that still fits."""
    events = a_chain()
    heads = [a_checkpoint(events[1], name="CP-1"), a_checkpoint(events[7], name="CP-2")]

    findings = found(rewritten(events, place), checkpoints=heads)

    assert findings == [(FindingCode.REWRITTEN, "api", *((1, 2) if place < 2 else (3, 8)))]


@pytest.mark.parametrize("left", [1, 4, 7])
def test_a_cut_tail_is_found_by_a_checkpoint(left: int) -> None:
    """The chain itself is whole; a signed head that is not there any more tells."""
    events = a_chain()

    findings = found(events[:left], checkpoints=[a_checkpoint(events[-1])], apart=[a_checkpoint(events[-1])])

    assert findings == [(FindingCode.CUT_TAIL, "api", left + 1, 8)]


def test_a_stream_that_is_gone_is_found_by_a_checkpoint() -> None:
    """All of one process' events."""
    api, worker = a_chain("api"), a_chain("worker-1", 3)

    findings = found(api, checkpoints=[a_checkpoint(api[-1], worker[-1])])

    assert findings == [(FindingCode.STREAM_GONE, "worker-1", 1, 3)]


@pytest.mark.parametrize("left", [0, 5])
def test_an_older_store_is_found_by_the_file_apart(left: int) -> None:
    """A store set back to a copy (or an empty one) knows nothing of the checkpoints that the file has."""
    events = a_chain()
    before = [a_checkpoint(events[left - 1], name="CP-1")] if left else []

    findings = found(events[:left], checkpoints=before, apart=[*before, a_checkpoint(events[-1], name="CP-2")])

    assert findings == [(FindingCode.REPLACED_STORE, "api", left + 1, 8)]


@pytest.mark.parametrize("forged", [{"signature": "x"}, {"id": "CP-9"}, {"heads": {}}, {"at": START + timedelta(1)}])
def test_a_forged_checkpoint_is_found_and_proves_nothing(forged: dict[str, object]) -> None:
    """Each of its parts is signed; its heads are not believed."""
    events = a_chain()
    bad = replace(a_checkpoint(events[-1]), **forged)  # type: ignore[arg-type]

    findings = list(verify_record(events[:3], checkpoints=[bad], apart=[bad], signed=signed))

    assert [(one.code, one.stream, one.seq) for one in findings] == [(FindingCode.FORGED_CHECKPOINT, "", 0)]
    assert bad.id in findings[0].text.en


def test_an_unbroken_record_has_no_findings() -> None:
    """Several streams, several checkpoints, also of places in between."""
    api, worker = a_chain("api"), a_chain("worker-1", 3)
    heads = [a_checkpoint(api[2]), a_checkpoint(api[7], worker[1], name="CP-2")]

    assert found([*api, *worker], checkpoints=heads, apart=heads) == []
    assert found([]) == []


def test_each_signature_is_asked_for_once() -> None:
    """The vault is not asked again for the same checkpoint in the file."""
    asked: list[str] = []
    head = a_checkpoint(a_chain()[-1])

    def ask(checkpoint: Checkpoint) -> bool:
        asked.append(checkpoint.id)
        return signed(checkpoint)

    assert list(verify_record(a_chain(), checkpoints=[head], apart=[head], signed=ask)) == []

    assert asked == ["CP-1"]


def test_progress_is_told_and_events_are_taken_one_by_one() -> None:
    """A long record is walked, not gathered: two events are held at a time."""
    told: list[int] = []
    alive: list[int] = []
    events = a_chain(length=25_000)

    def given_out() -> Iterable[Event]:
        for event in events:
            alive.append(event.seq)
            yield event

    findings = verify_record(given_out(), checkpoints=[], signed=signed, progress=told.append)
    first: Finding | None = next(iter(findings), None)

    assert first is None
    assert told == [10_000, 20_000, 25_000]


def test_findings_come_before_the_end_is_reached() -> None:
    """A breach is told as soon as it is seen."""
    taken: list[int] = []
    events = a_chain()
    events[1] = replace(events[1], actor="person:other")

    def given_out() -> Iterable[Event]:
        for event in events:
            taken.append(event.seq)
            yield event

    first = next(iter(verify_record(given_out(), checkpoints=[], signed=signed)))

    assert (first.seq, first.event) == (2, "EV-api-2")
    assert taken == [1, 2, 3]
