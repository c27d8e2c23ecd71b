"""The worker's loop: takes what the store owes, does it, writes down how it went, and beats.

A message is committed with the change that owes it and done at least once; every handler looks before it acts, so a
worker that dies anywhere and starts again loses nothing and does nothing twice.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from vault_svc.domain.errors import Conflict, VaultSvcError
from vault_svc.domain.operations import Heartbeat, Message
from vault_svc.services import carrying_out, drift, memberships, timers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Tx

PAUSE_S = 0.2
BEAT = timedelta(seconds=5)
LONGEST_WAIT_S = 300
BATCH = 50

log = structlog.get_logger(__name__)

HANDLERS: dict[str, Callable[[WorkerContext, Mapping[str, Any]], Mapping[str, Any] | None]] = {
    "drift": lambda worker, _: drift.find(worker),
    "carry_out": lambda worker, told: carrying_out.run(worker, told["serial"]),
    "grant.end": lambda worker, told: timers.end_grant(worker, told["grant"]),
    "memberships.account": lambda worker, told: memberships.apply(worker, told["account"]),
    "memberships.person": lambda worker, _: memberships.apply_everywhere(worker),
}
"""Topic → what does it. A topic without a handler stays owed and is told of in the log."""


def _unknown(_worker: WorkerContext, _told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    raise Conflict


@dataclass
class Loop:
    """One worker. ``stop`` ends it after the message in hand."""

    worker: WorkerContext
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Work until told to stop."""
        while not self.stopping.is_set():
            worked = self.round()
            if not worked:
                self.stopping.wait(PAUSE_S)

    def stop(self) -> None:
        """End the loop soon."""
        self.stopping.set()

    def round(self) -> int:
        """Do everything that is due now; return how many messages were looked at."""
        try:
            self._beat()
            timers.expire(self.worker)
            timers.count_half_way(self.worker)
            due = self.worker.store.read(
                lambda reader: reader.find(
                    Message,
                    done_at__null=True,
                    not_before__lte=self.worker.clock(),
                    order=("not_before", "id"),
                    limit=BATCH,
                )
            )
        except VaultSvcError as failure:
            log.warning("round_failed", code=failure.code)
            return 0
        done = [self._do(message) for message in due if not self.stopping.is_set()]
        return sum(done)

    def _do(self, message: Message) -> bool:
        try:
            result = HANDLERS.get(message.topic, _unknown)(self.worker, message.payload)
        except VaultSvcError as failure:
            self._later(message, failure.code)
            return False
        except Exception as failure:  # noqa: BLE001  # one bad message must not end the worker; its type is told
            log.warning("job_broke", topic=message.topic, message=message.id, error=type(failure).__name__)
            self._later(message, type(failure).__name__)
            return False
        now = self.worker.clock()
        self.worker.store.write(
            lambda tx: tx.change(
                Message,
                message.id,
                expect={"done_at__null": True},
                to={"done_at": now, "error": None, "result": result},
            )
        )
        return True

    def _later(self, message: Message, error: str) -> None:
        wait = min(2**message.attempts * PAUSE_S, LONGEST_WAIT_S)
        to = {
            "attempts": message.attempts + 1,
            "error": error,
            "not_before": self.worker.clock() + timedelta(seconds=wait),
        }
        log.warning("job_waits", topic=message.topic, message=message.id, error=error, seconds=wait)
        self.worker.store.write(lambda tx: tx.change(Message, message.id, expect={"done_at__null": True}, to=to))

    def _beat(self) -> None:
        at = self.worker.clock()

        def work(tx: Tx) -> None:
            last = tx.get(Heartbeat, self.worker.name)
            if last is None:
                tx.add(Heartbeat(self.worker.name, at, {}))
            elif at - last.at >= BEAT:
                tx.change(Heartbeat, self.worker.name, expect={}, to={"at": at})

        last = self.worker.store.read(lambda reader: reader.get(Heartbeat, self.worker.name))
        if last is None or at - last.at >= BEAT:
            self.worker.store.write(work)
