"""What the service keeps about its own work: messages owed, beats of workers, answers given, policies in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """Work that a committed change owes (outbox): done at least once, so its handler looks before it acts.

    ``topic`` names the handler (``worker/jobs``), ``payload`` is plain JSON without secrets. What was owed with a
    ``key`` is owed once.
    """

    id: str
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime
    not_before: datetime
    attempts: int = 0
    done_at: datetime | None = None
    error: str | None = None
    result: Mapping[str, Any] | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of one process (``worker-1``)."""

    name: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a writing call with an idempotency key; bodies that deliver a value are never kept."""

    id: str
    person: str
    call_digest: str
    status: int
    body: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicySet:
    """One version of ``policies/`` as it was in force: file name → text."""

    version: int
    files: Mapping[str, str]
    digest: str
    since: datetime
    serial: str | None = None
