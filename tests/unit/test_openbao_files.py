"""Private files, certificates, signing keys and ports of the embedded vault."""

from __future__ import annotations

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from joserfc import jwt
from joserfc.jwk import ECKey

from vault_svc.adapters.openbao.approle import AppRoleCredential
from vault_svc.adapters.openbao.certificates import Certificates
from vault_svc.adapters.openbao.facts import VaultFacts
from vault_svc.adapters.openbao.files import read_private, write_private
from vault_svc.adapters.openbao.jwtsigner import JwtSigner, make_key
from vault_svc.adapters.openbao.layout import Layout
from vault_svc.domain.errors import Malformed, VaultUnreachable
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
SECRET_ID = "0123456789abcdef" * 4


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 0600 in a folder of 0700, and no part of it beside."""
    path = tmp_path / "made" / "secret"

    write_private(path, b"one")
    write_private(path, b"two")

    assert read_private(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_file_that_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    """Whatever others could have read or written is no secret and no key."""
    path = tmp_path / "secret"
    write_private(path, b"x")
    path.chmod(mode)

    with pytest.raises(PermissionError):
        read_private(path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """Nothing half written stays behind."""
    folder = tmp_path / "taken"
    folder.mkdir()

    with pytest.raises(OSError, match="taken"):
        write_private(folder, b"x")

    assert list(tmp_path.iterdir()) == [folder]


def test_the_certificate_is_for_the_loopback_address_only(tmp_path: Path) -> None:
    """The authority may vouch for 127.0.0.1 and nothing else, the server's certificate names just that."""
    certificates = Certificates(tmp_path)

    made = certificates.ensure(NOW)

    authority = x509.load_pem_x509_certificate(certificates.ca_file.read_bytes())
    server = x509.load_pem_x509_certificate(certificates.server_file.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert made
    assert constraints.critical
    assert [str(each.value) for each in constraints.value.permitted_subtrees or ()] == ["127.0.0.1/32"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert server.not_valid_after_utc - NOW == timedelta(days=90)
    ssl.create_default_context(cafile=str(certificates.ca_file))


def test_certificates_are_kept_until_near_their_end(tmp_path: Path) -> None:
    """Sixty days later nothing changes; then the server's is renewed; the authority in its last year."""
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    first = certificates.ca_file.read_bytes(), certificates.server_file.read_bytes()

    kept = certificates.ensure(NOW + timedelta(days=59))
    unchanged = certificates.ca_file.read_bytes(), certificates.server_file.read_bytes()
    renewed = certificates.ensure(NOW + timedelta(days=61))
    second = certificates.ca_file.read_bytes(), certificates.server_file.read_bytes()
    late = certificates.ensure(NOW + timedelta(days=3300))

    assert (kept, renewed, late) == (False, True, True)
    assert unchanged == first
    assert second[0] == first[0]
    assert second[1] != first[1]
    assert certificates.ca_file.read_bytes() != first[0]


@pytest.mark.parametrize("name", ["ca.key", "ca.pem", "server.key", "server.pem"])
@pytest.mark.parametrize("content", [None, b"", b"no pem"])
def test_a_broken_pair_is_made_again(tmp_path: Path, name: str, content: bytes | None) -> None:
    """A crash between key and certificate, or a lost file, ends with a pair that fits."""
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    made = certificates.ensure(NOW)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_file, certificates.server_key_file)
    assert made
    assert not certificates.ensure(NOW)


def test_a_signed_word_is_whole_and_short(tmp_path: Path) -> None:
    """ES256, at most thirty seconds, a number of its own, the same tree and person each time."""
    signer = make_key(tmp_path / "signing.pem")

    first, second = (
        jwt.decode(signer.sign("zhang", sn=sn, act="read"), ECKey.import_key(signer.public_key()), algorithms=["ES256"])
        for sn in ("SQ-2026-000001", "EV-0001")
    )

    assert first.header["alg"] == "ES256"
    assert first.claims["exp"] - first.claims["iat"] <= 30
    assert first.claims["jti"] != second.claims["jti"]
    assert {name: first.claims[name] for name in ("sub", "tree", "person", "sn", "act", "aud", "iss")} == {
        "sub": "person:zhang",
        "tree": "acct",
        "person": "zhang",
        "sn": "SQ-2026-000001",
        "act": "read",
        "aud": "openbao",
        "iss": "vault_svc",
    }


@pytest.mark.parametrize(
    ("person", "sn", "act"),
    [("Zhang", "SQ-1", "read"), ("a/b", "SQ-1", "read"), ("a", "XX-1", "read"), ("a", "SQ-1", ""), ("a", "SQ-1", "A")],
)
def test_a_word_for_nobody_or_nothing_is_not_signed(tmp_path: Path, person: str, sn: str, act: str) -> None:
    """No plain name, no serial, no act: no token."""
    signer = make_key(tmp_path / "signing.pem")

    with pytest.raises(Malformed):
        signer.sign(person, sn=sn, act=act)


def test_the_signing_key_is_made_once(tmp_path: Path) -> None:
    """The second call reads it; the file is private."""
    path = tmp_path / "keys" / "signing.pem"

    first, second = make_key(path), make_key(path)

    assert first.public_key() == second.public_key()
    assert "PRIVATE" not in first.public_key()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"no key", None])
def test_a_signing_key_that_is_none_is_told(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty or rubbish: unreachable, with the file to look at, and nothing is made in its place."""
    path = tmp_path / "signing.pem"
    if content is not None:
        write_private(path, content)

    with pytest.raises(VaultUnreachable):
        JwtSigner.read(path)

    assert path.exists() is (content is not None)


def test_a_credential_comes_back_and_shows_nothing(tmp_path: Path) -> None:
    """Written 0600, read whole, silent when printed."""
    path = tmp_path / "worker.json"
    AppRoleCredential("role", Secret(SECRET_ID)).write(path)

    credential = AppRoleCredential.read(path)

    assert (credential.role_id, credential.secret_id.reveal()) == ("role", SECRET_ID)
    assert SECRET_ID not in repr(credential)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"role_id": "x"}),
        json.dumps({"role_id": "x", "secret_id": "changeme"}),
        json.dumps({"role_id": "x", "secret_id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}),
        json.dumps({"role_id": "x", "secret_id": ""}),
    ],
)
def test_a_credential_that_is_none_or_a_sample_is_refused(tmp_path: Path, content: str) -> None:
    """Broken files and samples are told by the file's name, without what they hold."""
    path = tmp_path / "worker.json"
    write_private(path, content.encode())

    with pytest.raises(VaultUnreachable) as refused:
        AppRoleCredential.read(path)

    assert "worker.json" in refused.value.detail.en
    assert "changeme" not in str(refused.value.detail)


def test_facts_come_back(tmp_path: Path) -> None:
    """What set-up found out is read again; before set-up it is told what to do."""
    facts = VaultFacts({"jwt": "a", "jwt2f": "b"}, "method", policies_expire=True)
    with pytest.raises(VaultUnreachable):
        VaultFacts.read(tmp_path)

    facts.write(tmp_path)

    assert VaultFacts.read(tmp_path) == facts


@pytest.mark.parametrize("name", ['a"b', "a$b", "a\\b", "a\nb"])
def test_a_folder_that_would_break_the_configuration_is_refused(tmp_path: Path, name: str) -> None:
    """A quote in the path can't write settings of its own."""
    with pytest.raises(Malformed):
        Layout(tmp_path / name)
