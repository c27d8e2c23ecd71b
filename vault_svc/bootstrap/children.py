"""The service's own processes as children: started, watched, started again when they die, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 60.0
_END_S = 10.0


@dataclass
class Process:
    """One child: ``python -m vault_svc.bootstrap ROLE``. It ends when this process is gone: its stdin closes."""

    role: str
    environment: Mapping[str, str]
    log_file: Path
    stopping: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    _child: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start it and watch it in a thread of its own."""
        self._launch()
        self._thread = threading.Thread(target=self._watch, name=f"watch-{self.role}", daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Let it work: what it needs is there. Until then it only reads its own code, beside the vault's start."""
        self.ready.set()
        self._nod()

    def stop(self) -> None:
        """End it in order, by force after ten seconds."""
        self.stopping.set()
        child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    @property
    def running(self) -> bool:
        """Whether it is alive at this moment."""
        return self._child is not None and self._child.poll() is None

    def _launch(self) -> None:
        log = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._child = subprocess.Popen(  # our own interpreter and module
                [sys.executable, "-m", "vault_svc.bootstrap", self.role],
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        if self.ready.is_set():
            self._nod()

    def _nod(self) -> None:
        child = self._child
        if child is not None and child.stdin is not None:
            with contextlib.suppress(OSError):  # it has died: the next one is told when it is started
                child.stdin.write(b"\n")
                child.stdin.flush()

    def _watch(self) -> None:
        failures = 0
        while not self.stopping.is_set():
            since = time.monotonic()
            if self._child is not None:
                self._child.wait()
            failures = 0 if time.monotonic() - since > _STEADY_S else failures
            if self.stopping.wait(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]):
                return
            failures += 1
            self._launch()


def wait_for_parent() -> bool:
    """In a child: wait until the parent says that what it needs is there; False where the parent is gone."""
    return bool(os.read(0, 1))


def end_with_parent() -> None:
    """In a child: end in order when the parent is gone, however it went."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
