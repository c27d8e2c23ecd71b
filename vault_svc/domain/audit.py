"""The record: events, their canonical bytes and the chain that ties them.

Hashing follows RFC 6962's habit of hashing exactly what is stored: the canonical bytes are kept as written and never
made again from parsed fields.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GENESIS = "0" * 64
"""The link before the first event of a stream."""


class Verdict(StrEnum):
    """What was decided about the act that an event tells of; ``note`` where nothing was asked."""

    ALLOW = "allow"
    DENY = "deny"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What a use case wants on record; the store adds place, time and link.

    ``action`` is an ``EventTag``; ``actor`` and ``on_behalf`` are subjects
    (``person:zongjingli``, ``machine:worker-1``);
    ``obj`` is ``kind:id``; ``details`` is plain JSON and never holds a secret value.
    """

    action: str
    actor: str
    obj: str
    verdict: Verdict = Verdict.NOTE
    on_behalf: str | None = None
    rule: str | None = None
    serial: str | None = None
    source: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One link of a stream's chain, as stored. ``body`` are the canonical bytes; the other fields are for searching."""

    stream: str
    seq: int
    id: str
    at: datetime
    action: str
    actor: str
    on_behalf: str | None
    obj: str
    verdict: str
    rule: str | None
    serial: str | None
    source: str
    prev: str
    hash: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of a stream."""

    stream: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The heads of all streams at one moment, signed by the vault's transit key and kept elsewhere too."""

    id: str
    at: datetime
    heads: Mapping[str, Any]
    signature: str


def canonical(value: object) -> bytes:
    """Return the one byte form of plain JSON: sorted keys, no spaces, UTF-8, no NaN (after RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seal(draft: EventDraft, *, stream: str, seq: int, event_id: str, at: datetime, prev: str) -> Event:
    """Return the event with its canonical bytes and its link to ``prev``; ``at`` must be aware."""
    body = canonical(
        {
            "action": draft.action,
            "actor": draft.actor,
            "at": at.isoformat(),
            "details": dict(draft.details),
            "id": event_id,
            "object": draft.obj,
            "on_behalf": draft.on_behalf,
            "rule": draft.rule,
            "seq": seq,
            "serial": draft.serial,
            "source": draft.source,
            "stream": stream,
            "verdict": draft.verdict.value,
        }
    )
    return Event(
        stream=stream,
        seq=seq,
        id=event_id,
        at=at,
        action=draft.action,
        actor=draft.actor,
        on_behalf=draft.on_behalf,
        obj=draft.obj,
        verdict=draft.verdict.value,
        rule=draft.rule,
        serial=draft.serial,
        source=draft.source,
        prev=prev,
        hash=link(prev, body),
        body=body,
    )


def link(prev: str, body: bytes) -> str:
    """Return the hash that ties ``body`` to the link before it."""
    return hashlib.sha256(bytes.fromhex(prev) + body).hexdigest()
