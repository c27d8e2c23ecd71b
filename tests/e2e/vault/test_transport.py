"""Our transport: hvac's own client works over it, what it raises is ours, and the environment does not reach it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import hvac
import pytest

from vault_svc.adapters.openbao.certificates import Certificates
from vault_svc.adapters.openbao.transport import VaultTransport, pool_for
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import Malformed, NotFound, NotPermitted, VaultUnreachable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.realvault import RealVault


def client(vault: RealVault, role: str) -> Any:
    """Return hvac's client with a token of one of the AppRoles."""
    ca_file = str(vault.address.ca_file)
    return hvac.Client(
        url=vault.address.url,
        token=vault.token(role),
        verify=ca_file,
        adapter=VaultTransport,
    )


def test_hvacs_methods_work(vault: RealVault) -> None:
    """Reading, signing, verifying, health: as with hvac's own adapter."""
    api = client(vault, "api")

    value = api.secrets.kv.v2.read_secret_version("canary", mount_point="kv", raise_on_deleted_version=False)
    signed = api.secrets.transit.sign_data("checkpoint", hash_input="YQ==")
    verified = api.secrets.transit.verify_signed_data(
        "checkpoint", hash_input="YQ==", signature=signed["data"]["signature"]
    )

    assert value["data"]["data"] == {"alive": "yes"}
    assert verified["data"]["valid"] is True
    assert api.sys.is_initialized()
    assert not api.sys.is_sealed()


def test_what_hvacs_methods_raise_is_ours(vault: RealVault) -> None:
    """No exception of hvac, no message of the vault."""
    with pytest.raises(NotPermitted):
        client(vault, "api").secrets.kv.v2.read_secret_version(
            "acct/x/value", mount_point="kv", raise_on_deleted_version=True
        )
    with pytest.raises(NotFound):
        client(vault, "worker").secrets.kv.v2.read_secret_metadata("acct/none/value", mount_point="kv")


def test_a_process_has_one_pool(vault: RealVault) -> None:
    """However many clients there are, connections are shared."""
    one, other = vault.address.transport(), client(vault, "api").adapter

    assert isinstance(other, VaultTransport)
    assert one._pool is other._pool is pool_for(vault.address.url, ca_file=str(vault.address.ca_file))


def test_no_path_and_no_address_is_logged(vault: RealVault, caplog: pytest.LogCaptureFixture) -> None:
    """At the level that is in force and with a vault that is gone, urllib3's words about paths are not there."""
    caplog.set_level(logging.INFO)
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")
    gone = VaultTransport("https://127.0.0.1:9", ca_file=str(vault.address.ca_file))

    vault.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)
    with pytest.raises(VaultUnreachable):
        gone.get("/v1/kv/data/acct/sentinel/value")

    assert caplog.text == ""


def test_a_vault_that_another_authority_vouches_for_is_not_spoken_to(vault: RealVault, tmp_path: Path) -> None:
    """The CA file decides, whatever the environment says."""
    other = Certificates(tmp_path)
    other.ensure()

    with pytest.raises(VaultUnreachable):
        VaultTransport(vault.address.url, ca_file=str(other.ca_file)).get("/v1/sys/health")


def test_the_environment_does_not_reach_the_transport(vault: RealVault, tmp_path: Path, root: Path) -> None:
    """Proxies, bundles and a key log in the environment change nothing."""
    keylog = tmp_path / "keylog"
    changed = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "none"),
        "SSL_CERT_FILE": str(tmp_path / "none"),
        "SSLKEYLOGFILE": str(keylog),
    }
    code = """
import sys
from vault_svc.adapters.openbao.transport import VaultTransport
print(VaultTransport(sys.argv[1], ca_file=sys.argv[2]).get("/v1/sys/health")["initialized"])
"""

    said = subprocess.run(
        [sys.executable, "-c", code, vault.address.url, str(vault.address.ca_file)],
        cwd=root,
        env={**os.environ, **changed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert said.split() == ["True"]
    assert not keylog.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8200",
        "127.0.0.1:8200",
        "https://",
        "https://a:b@127.0.0.1:8200",
        "https://127.0.0.1:8200/v1",
        "https://127.0.0.1:8200?x=y",
        "https://127.0.0.1:port",
        "https://[::1",
        "unix:///run/vault.sock",
    ],
)
def test_only_plain_https_is_spoken(vault: RealVault, url: str) -> None:
    """An address without TLS, with a password or with a path is refused before anything is sent."""
    with pytest.raises(Malformed):
        VaultTransport(url, ca_file=str(vault.address.ca_file))


def test_a_ca_file_has_to_be_given(vault: RealVault) -> None:
    """No CA file, no bundle of the system in its place."""
    for wrong in ("", "/nowhere.pem"):
        with pytest.raises(Malformed):
            VaultTransport(vault.address.url, ca_file=wrong)
