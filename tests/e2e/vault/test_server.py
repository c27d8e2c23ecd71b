"""The embedded vault as a process: it comes back, it is stopped, and it says what is wrong."""

from __future__ import annotations

import gc
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.realvault import RealVault, running_vault
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import Unavailable, VaultSealed, VaultUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def own(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """A vault that only these tests use: they kill it."""
    with running_vault(tmp_path_factory.mktemp("killed"), begun=begun) as running:
        yield running


def test_a_killed_vault_comes_back_with_everything(own: RealVault) -> None:
    """Kill -9 on the child: the supervisor starts it again, and what was acknowledged is there."""
    account = own.new_account(value="kept")
    person = own.new_person(f"use:{account}")
    before = own.embedded.pid
    own.embedded.supervise()
    assert before is not None

    os.kill(before, signal.SIGKILL)
    _until_pid_changes(own.embedded, before)
    own.until_serving()

    read = own.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)
    assert read.fields["password"].reveal() == "kept"
    assert own.embedded.pid != before


# A connection that is reset between connecting and its handshake is left by ssl.SSLSocket to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_calls_under_way_when_it_dies_are_unreachable_and_nothing_else(own: RealVault) -> None:
    """Callers of a dying vault hear "unreachable", "sealed" or get their answer; then all goes on."""
    before = own.embedded.pid
    assert before is not None
    own.embedded.supervise()
    heard: list[str] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            try:
                own.service.canary()
            except (VaultUnreachable, VaultSealed) as error:
                heard.append(error.code)
            except Exception as error:  # noqa: BLE001 - whatever else comes is what this test looks for
                heard.append(f"leaked {type(error).__name__}")

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    os.kill(before, signal.SIGKILL)
    _until_pid_changes(own.embedded, before)
    own.until_serving()
    stop.set()
    for caller in callers:
        caller.join()

    own.service.canary()
    gc.collect()
    assert set(heard) <= {"vault_unreachable", "vault_sealed"}


def test_a_second_one_on_the_same_data_is_told_so(own: RealVault) -> None:
    """In the same process and in another one: refused at once, and the first goes on."""
    with pytest.raises(VaultUnreachable, match="running already"):
        EmbeddedVault(own.data_dir).start()
    with _python("EmbeddedVault(Path(sys.argv[1])).start()", own.data_dir) as other:
        code = other.wait()

    assert code != 0
    own.service.canary()


def test_nothing_of_ours_is_in_its_environment_or_arguments(own: RealVault) -> None:
    """The child gets PATH and HOME; no credential stands where ps and /proc show it."""
    embedded = EmbeddedVault(own.data_dir)
    own.embedded.stop()
    os.environ["VAULT_TOKEN"] = os.environ["BAO_ADDR"] = "not-for-the-child"
    try:
        embedded.start()
        environ = Path(f"/proc/{embedded.pid}/environ").read_bytes().split(b"\0")
        arguments = Path(f"/proc/{embedded.pid}/cmdline").read_bytes().split(b"\0")
    finally:
        del os.environ["VAULT_TOKEN"], os.environ["BAO_ADDR"]
        embedded.stop()
        own.embedded.start()

    assert {entry.split(b"=")[0] for entry in environ if entry} == {b"PATH", b"HOME"}
    assert arguments[1:3] == [b"server", f"-config={own.data_dir}/vault/openbao.hcl".encode()]


def test_its_files_are_its_owners_alone(own: RealVault) -> None:
    """No file of the vault, no credential and no key is open to anybody else."""
    files = [path for path in own.data_dir.rglob("*") if path.is_file()]

    open_to_others = [str(path) for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    folders = [str(path) for path in own.data_dir.rglob("*") if path.is_dir() and path.stat().st_mode & 0o077]

    assert open_to_others == []
    assert folders == []


def test_a_vault_whose_parent_was_killed_is_taken_over(tmp_path: Path) -> None:
    """Kill -9 on the supervisor leaves an orphan that holds port and data: the next start ends it and goes on."""
    starts = "v = EmbeddedVault(Path(sys.argv[1])); v.start(); print(v.pid, flush=True); time.sleep(600)"
    with _python(starts, tmp_path) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.kill()
        parent.wait()

    embedded = EmbeddedVault(tmp_path)
    try:
        embedded.start()
        assert embedded.pid != orphan
        assert not _is_alive(orphan)
    finally:
        embedded.stop()


def test_a_first_start_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    """What a killed first start left is wiped, for nothing can have been stored in it."""
    raft = tmp_path / "vault" / "raft" / "vault.db"
    with _python("EmbeddedVault(Path(sys.argv[1])).start()", tmp_path) as first:
        while not raft.exists() and first.poll() is None:
            time.sleep(0.001)
        first.kill()
        first.wait()

    embedded = EmbeddedVault(tmp_path)
    try:
        embedded.start()
        assert embedded.address.transport().get("/v1/sys/health")["sealed"] is False
    finally:
        embedded.stop()


def test_the_supervisor_goes_on_trying(started: EmbeddedVault, tmp_path: Path) -> None:
    """Where bringing it back fails, it is tried again until it works."""
    key, before = tmp_path / "vault" / "seal.key", started.pid
    right = key.read_bytes()
    started.supervise()
    key.write_bytes(bytes(byte ^ 1 for byte in right))
    assert before is not None

    os.kill(before, signal.SIGKILL)
    _until(lambda: "message authentication failed" in started.log_file.read_text())
    key.write_bytes(right)

    _until(lambda: _serves(started))


def test_data_without_its_marker_is_never_wiped(own: RealVault) -> None:
    """Once set-up is through, a lost marker costs nothing: the vault starts as it is."""
    account = own.new_account(value="kept")
    person = own.new_person(f"use:{account}")
    own.embedded.stop()
    (own.data_dir / "vault" / "initialised").unlink()

    own.embedded.start()

    read = own.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)
    assert read.fields["password"].reveal() == "kept"


@contextmanager
def _python(code: str, data: Path, *more: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    head = "import sys, time\nfrom pathlib import Path\nfrom vault_svc.adapters.openbao.server import EmbeddedVault\n"
    with subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(code), str(data), *more],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_pid_changes(embedded: EmbeddedVault, before: int) -> None:
    while embedded.pid in {None, before}:
        time.sleep(0.005)


def _until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.02)


def _serves(embedded: EmbeddedVault) -> bool:
    try:
        return bool(embedded.address.transport().get("/v1/sys/health"))
    except Unavailable:
        return False


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
