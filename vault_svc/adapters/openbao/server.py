"""The embedded vault: a real OpenBao as a supervised child of this process."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
import time
from typing import TYPE_CHECKING, Final

from vault_svc.adapters.openbao.approle import AppRoleCredential, AppRoleSession, VaultAddress
from vault_svc.adapters.openbao.child import Child, PortTaken, end_orphans, in_use
from vault_svc.adapters.openbao.files import PRIVATE, write_private
from vault_svc.adapters.openbao.layout import BOOTSTRAP, BOOTSTRAP_VARIABLE, HOST, Layout
from vault_svc.domain.errors import VaultSealed, VaultSvcError, VaultUnreachable
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vault_svc.adapters.openbao.transport import VaultTransport

_READY_S: Final = 60.0
_POLL_S: Final = 0.02
_BACKOFF_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
_STEADY_S: Final = 60.0
_CERTIFICATE_CHECK_S: Final = 6 * 3600.0
_FIRST_STARTS: Final = 3
_SERVING, _SEALED = 200, 503


class EmbeddedVault:
    """A vault in ``<data>/vault``. ``start`` returns once it serves; ``supervise`` brings it back when it dies.

    Errors say what to do: a taken port, data in use by another process, a seal key that does not fit.
    """

    def __init__(self, data_dir: Path) -> None:
        self._layout = Layout(data_dir)
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._child: Child | None = None
        self._lock: int | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``https://127.0.0.1:port``; known once it was started for the first time."""
        ports = self._layout.ports()
        if ports is None:
            raise VaultUnreachable(Text("密码库尚未启动过", "the vault was never started"))
        return f"https://{HOST}:{ports.api}"

    @property
    def ca_file(self) -> Path:
        """The certificate that vouches for the vault."""
        return self._layout.certificates.ca_file

    @property
    def audit_file(self) -> Path:
        """The vault's own audit, one JSON document a line."""
        return self._layout.audit_file

    @property
    def log_file(self) -> Path:
        """What the vault prints."""
        return self._layout.log_file

    @property
    def address(self) -> VaultAddress:
        """Where the adapters find it."""
        return VaultAddress(self.url, self.ca_file)

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._child.pid if self._child and not self._child.ended() else None

    @property
    def bootstrap_file(self) -> Path:
        """The credential that set-up works with and destroys; not there afterwards."""
        return self._layout.bootstrap_file

    def start(self) -> EmbeddedVault:
        """Start it and wait until it serves."""
        self._take_lock()
        try:
            end_orphans(self._layout)
            self._stopping.clear()
            self._layout.certificates.ensure()
            self._layout.prepare()
            if self._may_wipe():
                self._first_start()
            else:
                self._launch({})
        except BaseException:
            self.stop()
            raise
        return self

    def supervise(self) -> threading.Thread:
        """Watch it in a thread of its own until ``stop``: bring it back when it dies, renew its certificate."""
        if self._thread is not None and self._thread.is_alive():
            return self._thread
        self._thread = threading.Thread(target=self._watch, name="vault-supervisor", daemon=True)
        self._thread.start()
        return self._thread

    def stop(self) -> None:
        """Stop it in order; stopping what does not run is fine."""
        self._stopping.set()
        with self._guard:
            child, self._child = self._child, None
        if child is not None:
            child.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is not None:
            raise in_use()
        self._layout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._layout.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise in_use() from None
        self._lock = handle

    def _may_wipe(self) -> bool:
        # Nothing can be stored before the first start came through (marker), and the bootstrap credential is there only
        # until set-up is through: data without either sign is somebody's vault and is never wiped.
        if self._layout.initialised_file.exists():
            return False
        return self._layout.bootstrap_file.exists() or not any(self._layout.raft.iterdir())

    def _first_start(self) -> None:
        credential = AppRoleCredential(BOOTSTRAP, Secret(secrets.token_hex(32)))
        credential.write(self._layout.bootstrap_file)
        for left in reversed(range(_FIRST_STARTS)):
            shutil.rmtree(self._layout.raft)
            self._layout.prepare()
            try:
                self._launch({BOOTSTRAP_VARIABLE: credential.secret_id.reveal()})
                AppRoleSession(self.address, credential).list("sys/policies/acl")
            except VaultSvcError as failed:
                self._end_child()
                if not left:
                    raise
                if isinstance(failed, PortTaken):
                    self._layout.choose_ports()
            else:
                write_private(self._layout.initialised_file, b"")
                return

    def _launch(self, extra: Mapping[str, str]) -> None:
        with self._guard:
            if self._stopping.is_set():
                raise VaultUnreachable(Text("密码库正在停止", "the vault is being stopped"))
            self._child = child = Child(self._layout, extra=extra)
        self._wait_until_it_serves(child)

    def _wait_until_it_serves(self, child: Child) -> None:
        transport = self.address.transport()
        until = time.monotonic() + _READY_S
        status = None
        while time.monotonic() < until:
            if child.ended():
                raise child.why_it_ended()
            status = _health(transport)
            if status == _SERVING:
                return
            if status == _SEALED and not child.seal_key_fits():
                raise VaultSealed(
                    Text("封存密钥与数据不符", "the seal key does not fit the data: the vault stays sealed"),
                    next_step=Text(f"请恢复 {self._layout.seal_file}", f"bring back {self._layout.seal_file}"),
                )
            child.wait(_POLL_S)
        look = Text(f"详见 {self.log_file}", f"see {self.log_file}")
        raise VaultSealed(next_step=look) if status == _SEALED else VaultUnreachable(next_step=look)

    def _end_child(self) -> None:
        with self._guard:
            child, self._child = self._child, None
        if child is not None:
            child.stop()

    def _watch(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            with self._guard:
                child = self._child
            since = time.monotonic()
            if child is not None and not child.wait(_CERTIFICATE_CHECK_S):
                self._renew(child)
                continue
            failures = 0 if time.monotonic() - since > _STEADY_S else failures
            if self._stopping.wait(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]):
                return
            failures += 1
            try:
                self._launch({})
            except VaultSvcError:
                self._end_child()

    def _renew(self, child: Child) -> None:
        if self._layout.certificates.ensure(authority=False):
            child.read_certificate_again()


def _health(transport: VaultTransport) -> int | None:
    try:
        answer = transport.request("get", "/v1/sys/health", raise_exception=False, timeout=2, patient=False)
    except VaultSvcError:
        return None
    return _SERVING if isinstance(answer, dict) else int(answer.status_code)
