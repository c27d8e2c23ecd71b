"""The embedded vault as a process: it comes back, it is stopped, and it says what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.realvault import RealVault, running_vault
from vault_svc.adapters.openbao.certificates import Certificates
from vault_svc.adapters.openbao.child import PortTaken
from vault_svc.adapters.openbao.layout import Layout
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import VaultSealed, VaultUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_data_without_its_marker_is_never_wiped(own: RealVault) -> None:
    """Once set-up is through, a lost marker costs nothing: the vault starts as it is."""
    account = own.new_account(value="kept")
    person = own.new_person(f"use:{account}")
    own.embedded.stop()
    (own.data_dir / "vault" / "initialised").unlink()

    own.embedded.start()

    read = own.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)
    assert read.fields["password"].reveal() == "kept"


def test_data_that_was_moved_is_taken_up_where_it_lies(stopped: EmbeddedVault, begun: Path) -> None:
    """The vault's data knows no path of its own: copied or moved, it starts."""
    stopped.start()
    health = stopped.address.transport().get("/v1/sys/health")
    stopped.stop()

    assert health["sealed"] is False
    assert str(begun) not in (stopped.log_file.parent / "openbao.hcl").read_text()


def test_a_taken_port_is_told_and_kept(stopped: EmbeddedVault) -> None:
    """The ports belong to the data: taken ones are an error, and free again they are used again."""
    url = stopped.url
    with socket.create_server(("127.0.0.1", int(url.rsplit(":", 1)[1]))), pytest.raises(PortTaken, match="port"):
        stopped.start()

    stopped.start()
    stopped.stop()

    assert stopped.url == url


def test_a_seal_key_that_does_not_fit_is_told(stopped: EmbeddedVault, tmp_path: Path) -> None:
    """Another seal key leaves the vault sealed: said so at once, and the right one opens it."""
    key = tmp_path / "vault" / "seal.key"
    right = key.read_bytes()
    key.write_bytes(bytes(byte ^ 1 for byte in right))

    with pytest.raises(VaultSealed, match="seal key"):
        stopped.start()
    key.write_bytes(right)
    stopped.start()
    stopped.stop()

    assert stopped.pid is None


def test_stopping_twice_and_starting_again_is_fine(stopped: EmbeddedVault) -> None:
    """Stopped is stopped, however often; the supervisor leaves a stopped vault alone."""
    stopped.start()
    supervisor = stopped.supervise()

    stopped.stop()
    stopped.stop()

    assert not supervisor.is_alive()
    assert stopped.pid is None


def test_a_renewed_certificate_is_taken_up_while_it_runs(stopped: EmbeddedVault, tmp_path: Path) -> None:
    """Near its end the certificate is renewed and served without a restart; the authority stays."""
    certificates = Certificates(tmp_path / "vault" / "tls")
    stopped.start()
    authority, served, child = certificates.ca_file.read_bytes(), _served(stopped), stopped._child
    certificates.server_file.unlink()
    certificates.ensure(datetime.now(UTC) - timedelta(days=70), authority=False)
    near_its_end = certificates.server_file.read_text()
    assert child is not None
    try:
        stopped._renew(child)
        renewed = _served_until_changed(stopped, served)
    finally:
        stopped.stop()

    assert renewed == certificates.server_file.read_text() != near_its_end
    assert certificates.ca_file.read_bytes() == authority


def test_ports_and_seal_key_are_chosen_once(tmp_path: Path) -> None:
    """Preparing again changes nothing of what the data stands on; it listens on the loopback address only."""
    layout = Layout(tmp_path)

    ports, seal = layout.prepare(), layout.seal_file.read_bytes()

    assert layout.prepare() == ports == Layout(tmp_path).ports()
    assert layout.seal_file.read_bytes() == seal
    assert f'address         = "127.0.0.1:{ports.api}"' in layout.config_file.read_text()
    assert "0.0.0.0" not in layout.config_file.read_text()  # noqa: S104 - looked for, not bound


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


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _served(embedded: EmbeddedVault) -> str:
    host, port = embedded.url.removeprefix("https://").split(":")
    return ssl.get_server_certificate((host, int(port)))


def _served_until_changed(embedded: EmbeddedVault, old: str) -> str:
    for _ in range(2000):
        if (served := _served(embedded)) != old:
            return served
    return old
