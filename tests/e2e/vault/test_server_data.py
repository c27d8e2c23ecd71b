"""What the embedded vault's data stands on: ports, seal key, certificate, the folder it lies in."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from vault_svc.adapters.openbao.certificates import Certificates
from vault_svc.adapters.openbao.child import PortTaken
from vault_svc.adapters.openbao.layout import Layout
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.domain.errors import VaultSealed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_first_start_finds_other_ports(tmp_path: Path) -> None:
    """While nothing is stored, ports that somebody took meanwhile are chosen anew."""
    ports = Layout(tmp_path).prepare()
    embedded = EmbeddedVault(tmp_path)
    try:
        with socket.create_server(("127.0.0.1", ports.api)):
            embedded.start()

        assert embedded.address.transport().get("/v1/sys/health")["sealed"] is False
    finally:
        embedded.stop()

    assert Layout(tmp_path).ports() != ports


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


def _served(embedded: EmbeddedVault) -> str:
    host, port = embedded.url.removeprefix("https://").split(":")
    return ssl.get_server_certificate((host, int(port)))


def _served_until_changed(embedded: EmbeddedVault, old: str) -> str:
    for _ in range(2000):
        if (served := _served(embedded)) != old:
            return served
    return old
