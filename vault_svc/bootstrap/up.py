"""``vault-svc up``: everything embedded, in one go, until told to stop."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import urllib3

from vault_svc.adapters.companyfile import demo_path, file_digest, parse, read_bytes
from vault_svc.adapters.openbao.files import private_dir, write_private
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.adapters.store import upgrade
from vault_svc.bootstrap import build
from vault_svc.bootstrap.children import Process
from vault_svc.bootstrap.opening import open_company
from vault_svc.bootstrap.rules import seed
from vault_svc.domain.errors import Conflict, Unavailable
from vault_svc.domain.texts import Text
from vault_svc.services.company import read_file
from vault_svc.settings import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vault_svc.domain.errors import Fault

READY_S = 60.0
_OK = 200
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``up`` was asked for beside the settings."""

    company: Path | None = None
    first_passwords: Path | None = None


def demo_company() -> Path:
    """Return the made-up company that came with the program."""
    return demo_path()


def up(settings: Settings, wanted: Wanted, *, say: Callable[[Text], None]) -> None:
    """Start everything and keep it running until SIGINT or SIGTERM. ``Conflict`` where it runs already on this data."""
    data = private_dir(settings.data.resolve())
    lock = _take(data)
    (data / "up.json").unlink(missing_ok=True)  # left by one that was killed
    vault = EmbeddedVault(data)
    children: list[Process] = []
    stopping, started = threading.Event(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _stop(stopping, started))
    try:
        say(Text("正在启动密码库…", "starting the vault…"))
        for role in ("worker", "api"):
            child = Process(role, environment(settings), data / f"{role}.log")
            child.start()
            children.append(child)
        vault.start()
        vault.supervise()
        prepare(settings, vault, wanted, say=say)
        for child in children:
            child.go()
        started.set()
        _until_ready(settings, stopping)
        write_private(data / "up.json", json.dumps({"pid": os.getpid(), "port": settings.port}).encode())
        say(Text(f"已就绪: {address(settings)} (Ctrl-C 停止)", f"ready: {address(settings)} (Ctrl-C stops it)"))
        stopping.wait()
        say(Text("正在停止…", "stopping…"))
    finally:
        for child in children:
            child.stop()
        vault.stop()
        (data / "up.json").unlink(missing_ok=True)
        os.close(lock)


def prepare(settings: Settings, vault: EmbeddedVault, wanted: Wanted, *, say: Callable[[Text], None]) -> None:
    """Set up the vault, the store and the policies where they are not, and open the company once."""
    build.set_up_vault(settings, vault)
    upgrade(settings.store)
    store = build.store(settings, stream="setup")
    try:
        seed(store, settings.policies, at=build.clock())
        if wanted.company is not None:
            content = read_bytes(wanted.company)
            faults: list[Fault] = []
            source = parse(content, file=wanted.company.name, faults=faults)
            document = read_file(source, faults, build.shipped_policies(settings))
            digest = file_digest(content)
            open_company(settings, store, document, digest=digest, first_passwords=wanted.first_passwords, say=say)
        else:
            open_company(settings, store, None, digest="", first_passwords=wanted.first_passwords, say=say)
    finally:
        store.close()


def detach(settings: Settings, arguments: list[str]) -> int:
    """Start ``up`` in the background and return once it is ready; its exit code where it ended before."""
    data = private_dir(settings.data.resolve())
    log = os.open(data / "up.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    child = subprocess.Popen(  # our own interpreter and module
        [sys.executable, "-m", "vault_svc", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    os.close(log)
    started = time.monotonic()
    while time.monotonic() < started + 2 * READY_S:
        if child.poll() is not None:
            return child.returncode or 1
        found = running(settings)
        if found is not None and found == child.pid:
            return 0
        time.sleep(POLL_S)
    child.terminate()
    return 1


def running(settings: Settings) -> int | None:
    """Return the process that runs on this data and is ready, None where there is none."""
    try:
        told = json.loads((settings.data.resolve() / "up.json").read_text())
        os.kill(int(told["pid"]), 0)
    except (OSError, ValueError, KeyError):
        return None
    return int(told["pid"])


def down(settings: Settings) -> bool:
    """Stop what runs on this data and wait for its end; False where nothing ran."""
    pid = running(settings)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    lock = os.open(settings.data.resolve() / "up.lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held by it until it has ended everything
    finally:
        os.close(lock)
    return True


def address(settings: Settings) -> str:
    """Where the service listens."""
    return f"http://{settings.host}:{settings.port}"


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as the environment of a child, without anything else that is ours or the vault's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "VAULT_", "BAO_"))}
    for name in ("instance", "host", "port", "store_url", "smtp_host", "smtp_port", "smtp_sender", "smtp_user"):
        value = getattr(settings, name)
        if value is not None:
            kept[f"{PREFIX}{name.upper()}"] = str(value)
    if settings.smtp_password is not None:
        kept[f"{PREFIX}SMTP_PASSWORD"] = settings.smtp_password.get_secret_value()
    return kept | {f"{PREFIX}DATA": str(settings.data.resolve())}


def _stop(stopping: threading.Event, started: threading.Event) -> None:
    stopping.set()
    if not started.is_set():  # the vault may wait for a minute: what was begun is ended by who began it
        raise SystemExit(1)


def _take(data: Path) -> int:
    handle = os.open(data / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Conflict(
            Text("此数据目录的服务已在运行", "the service already runs on this data"),
            next_step=Text("先停止: scripts/down", "stop it first: scripts/down"),
        ) from None
    return handle


def _until_ready(settings: Settings, stopping: threading.Event) -> None:
    http = urllib3.PoolManager(retries=False, timeout=2)
    started = time.monotonic()
    while time.monotonic() < started + READY_S and not stopping.is_set():
        try:
            if http.request("GET", f"{address(settings)}/healthz").status == _OK:
                return
        except urllib3.exceptions.HTTPError:
            pass
        stopping.wait(POLL_S)
    if not stopping.is_set():
        log = settings.data.resolve() / "api.log"
        raise Unavailable(next_step=Text(f"详见 {log}", f"see {log}"))
