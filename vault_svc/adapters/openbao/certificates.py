"""The embedded vault's own certificate: a small authority that vouches for the loopback address and nothing else."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vault_svc.adapters.openbao.files import read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

_LOOPBACK: Final = ipaddress.ip_address("127.0.0.1")
_AUTHORITY_LIFE: Final = timedelta(days=3650)
_AUTHORITY_LEFT: Final = timedelta(days=365)
_LIFE: Final = timedelta(days=90)
_LEFT: Final = timedelta(days=30)
_SKEW: Final = timedelta(hours=1)


class Certificates:
    """The files of one folder: ``ca.pem`` for whoever calls, ``server.pem`` and ``server.key`` for the vault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self.ca_key_file = folder / "ca.key"
        self.server_file = folder / "server.pem"
        self.server_key_file = folder / "server.key"

    def ensure(self, now: datetime | None = None, *, authority: bool = True) -> bool:
        """Make what is missing or near its end; True where the vault has to read its certificate again.

        With ``authority=False`` the authority stays as it is: those who call hold it while they run.
        """
        now = now or datetime.now(UTC)
        new_authority = authority and not _good(self.ca_file, self.ca_key_file, until=now + _AUTHORITY_LEFT)
        if new_authority:
            self._make_authority(now)
        if not new_authority and _good(self.server_file, self.server_key_file, until=now + _LEFT):
            return False
        self._make_server(now)
        return True

    def _make_authority(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        public, name = key.public_key(), _name("vault-svc authority")
        only_loopback = x509.NameConstraints([x509.IPAddress(ipaddress.ip_network("127.0.0.1/32"))], None)
        certificate = (
            _builder(name, public, issuer=name, issuer_key=public, now=now, life=_AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(only_loopback, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self.ca_key_file, key, self.ca_file, certificate)

    def _make_server(self, now: datetime) -> None:
        authority = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        authority_key = _key(self.ca_key_file)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(
                _name("vault-svc vault"),
                key.public_key(),
                issuer=authority.subject,
                issuer_key=authority_key.public_key(),
                now=now,
                life=_LIFE,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(_LOOPBACK)]), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        _write(self.server_key_file, key, self.server_file, certificate)


def _good(certificate_file: Path, key_file: Path, *, until: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = _key(key_file)
    except (OSError, ValueError, TypeError):
        return False
    return certificate.not_valid_after_utc > until and certificate.public_key() == key.public_key()


def _builder(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(read_private(path), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(path.name)
    return key


def _write(key_file: Path, key: ec.EllipticCurvePrivateKey, file: Path, certificate: x509.Certificate) -> None:
    # The certificate goes last: a crash between the two leaves a pair that does not fit, which is made again.
    pem = serialization.Encoding.PEM
    write_private(key_file, key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    write_private(file, certificate.public_bytes(pem))
