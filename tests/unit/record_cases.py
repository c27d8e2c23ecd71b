"""A record to tamper with, as the store writes it, and what stands for the vault's signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from vault_svc.domain.audit import GENESIS, Checkpoint, Event, EventDraft, Verdict, link, seal
from vault_svc.domain.verification import FindingCode, checkpoint_body, verify_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START = datetime(2026, 1, 5, tzinfo=UTC)


def a_chain(stream: str = "api", length: int = 8) -> list[Event]:
    """A stream as the store writes it."""
    events: list[Event] = []
    for number in range(1, length + 1):
        draft = EventDraft(
            "account.read",
            f"person:p{number}",
            "account:tmall",
            Verdict.ALLOW,
            on_behalf="person:lin",
            rule="ACC-2",
            serial=f"SQ-{number}",
            source="127.0.0.1",
            details={"次数": number},
        )
        prev = events[-1].hash if events else GENESIS
        moment = START + timedelta(seconds=number)
        events.append(seal(draft, stream=stream, seq=number, event_id=f"EV-{stream}-{number}", at=moment, prev=prev))
    return events


def a_checkpoint(*heads: Event, name: str = "CP-1") -> Checkpoint:
    """A checkpoint over these newest events, validly signed for ``signed``."""
    told = {head.stream: {"seq": head.seq, "hash": head.hash} for head in heads}
    unsigned = Checkpoint(name, START, told, "")
    return replace(unsigned, signature=f"over {checkpoint_body(unsigned)!r}")


def signed(checkpoint: Checkpoint) -> bool:
    """Stands for the vault's key."""
    return checkpoint.signature == f"over {checkpoint_body(checkpoint)!r}"


def found(
    events: Iterable[Event], *, checkpoints: Sequence[Checkpoint] = (), apart: Sequence[Checkpoint] = ()
) -> list[tuple[FindingCode, str, int, int]]:
    """What is found, without the words."""
    ordered = sorted(events, key=lambda event: (event.stream, event.seq))
    findings = list(verify_record(ordered, checkpoints=checkpoints, apart=apart, signed=signed))
    assert all(finding.text.zh and finding.text.en and "{" not in finding.text.en for finding in findings)
    return [(one.code, one.stream, one.seq, one.last) for one in findings]


def resealed(event: Event, *, prev: str | None = None, body: bytes | None = None) -> Event:
    """The event with another content or link and a hash that fits."""
    prev, body = prev or event.prev, body or event.body
    return replace(event, prev=prev, body=body, hash=link(prev, body))


def rewritten(events: Sequence[Event], place: int) -> list[Event]:
    """All events from a place on with fitting hashes after one was altered: only a signature can tell."""
    changed = list(events)
    changed[place] = resealed(changed[place], body=changed[place].body.replace("次数".encode(), "數次".encode()))
    for later in range(place + 1, len(changed)):
        changed[later] = resealed(changed[later], prev=changed[later - 1].hash)
    return changed
