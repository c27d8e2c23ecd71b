"""kill -9 of a writing process, at every step of a write: what it was told is there, the rest is whole or not there."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from vault_svc.domain.audit import Event, EventDraft
from vault_svc.domain.operations import Message
from vault_svc.domain.people import Person
from vault_svc.domain.verification import verify_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ports.conftest import OpenStore
    from vault_svc.adapters.store import SqlStore

PROCESS = Path(__file__).with_name("store_process.py")
NOT_KEPT = ["before_begin", "after_begin", "inside_work", "before_events", "after_events", "before_commit"]


@contextmanager
def writing(url: str, point: str) -> Iterator[IO[str]]:
    """Run the process and give its lines; it is killed when the block ends, and not before."""
    with subprocess.Popen([sys.executable, PROCESS, url, point], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout
        process.kill()


def everything(store: SqlStore) -> tuple[list[Event], set[str], set[str], int]:
    """The events, whom they tell of, whom the rows and messages tell of, and the next number of the series."""
    events, people, messages = store.read(
        lambda reader: (reader.find(Event), reader.find(Person), reader.find(Message))
    )
    told = {event.obj.removeprefix("person:") for event in events}
    kept = {person.name for person in people}
    assert kept == {message.key for message in messages}
    assert list(verify_record(events, checkpoints=[], signed=lambda _: True)) == []
    return events, told, kept, store.write(lambda tx: tx.number("SQ"))


@pytest.mark.parametrize("point", [*NOT_KEPT, "after_commit"])
def test_a_write_that_was_killed_is_whole_or_not_there(open_store: OpenStore, store_url: str, point: str) -> None:
    """The five that were told are there; the sixth only if it was committed, and then all of it."""
    with writing(store_url, point) as lines:
        *told, at = [line.strip() for line in islice(lines, 6)]

    events, of_events, of_rows, number = everything(open_store())
    kept = 5 if point in NOT_KEPT else 6
    assert at == f"at {point}"
    assert [event.id for event in events[:5]] == told
    assert of_events == of_rows == {f"p{number}" for number in range(kept)}
    assert number == kept + 1


def test_a_store_goes_on_after_a_kill(open_store: OpenStore, store_url: str) -> None:
    """The next process links to what was left."""
    with writing(store_url, "before_commit") as lines:
        list(islice(lines, 6))

    store = open_store()
    store.write(lambda tx: tx.record(EventDraft("person.read", "person:lin", "person:p1")))

    events = store.read(lambda reader: reader.find(Event))
    assert len(events) == 6
    assert list(verify_record(events, checkpoints=[], signed=lambda _: True)) == []


@pytest.mark.parametrize("after", [1, 60, 333])
def test_nothing_that_was_told_is_lost_when_many_write(open_store: OpenStore, store_url: str, after: int) -> None:
    """Killed in the middle of shared commits."""
    with writing(store_url, "many") as lines:
        told = {line.strip() for line in islice(lines, after)}

    events, of_events, of_rows, number = everything(open_store())
    assert told <= {event.id for event in events}
    assert of_events == of_rows
    assert number == len(events) + 1
