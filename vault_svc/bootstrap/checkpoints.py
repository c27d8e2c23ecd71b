"""Checkpoints by themselves: soon after something was written, and when the process ends."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault_svc.domain.errors import VaultSvcError
from vault_svc.services.audit import make_checkpoint

if TYPE_CHECKING:
    from vault_svc.domain.audit import Head
    from vault_svc.services.context import Context

EVERY_S = 5.0
"""What is cut off the record's end within this time of being written can't be noticed; a shorter one costs a
signature and a sync each time."""


@dataclass
class Checkpoints:
    """Signs the heads of all streams whenever they have moved."""

    context: Context
    _stopping: threading.Event = field(default_factory=threading.Event)
    _signed: list[Head] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End with a last one."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            ending = self._stopping.wait(EVERY_S)
            with contextlib.suppress(VaultSvcError):  # the next round tries again; health says what is wrong
                self._sign_if_moved()
            if ending:
                return

    def _sign_if_moved(self) -> None:
        heads = self.context.store.heads()
        if heads != self._signed:
            make_checkpoint(self.context)
            self._signed = heads
