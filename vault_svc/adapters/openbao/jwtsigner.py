"""Signs a person in to the vault: an ES256 token of at most 30 seconds that names person, act and serial."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from vault_svc.adapters.openbao.files import read_private, write_private
from vault_svc.adapters.openbao.paths import TREE
from vault_svc.domain.errors import Malformed, VaultUnreachable
from vault_svc.domain.people import subject
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import person_word

if TYPE_CHECKING:
    from pathlib import Path

ISSUER: Final = "vault_svc"
AUDIENCE: Final = "openbao"
LIFE_S: Final = 30
_HEADER: Final = {"alg": "ES256", "typ": "JWT"}
_SERIAL: Final = re.compile(r"(SQ|EV)-[A-Za-z0-9-]{1,64}", re.ASCII)
_ACT: Final = re.compile(r"[a-z_]{1,32}", re.ASCII)


class JwtSigner:
    """Holds the signing key; its file (0600) is made by ``make_key``."""

    def __init__(self, key: ECKey) -> None:
        self._key = key

    @classmethod
    def read(cls, path: Path) -> JwtSigner:
        """Read the key file; ``VaultUnreachable`` where it is missing, open to others or no key."""
        try:
            key = ECKey.import_key(read_private(path).decode("ascii"))
        except (OSError, ValueError):
            raise VaultUnreachable(
                Text("无法读取登录密码库的签名密钥", "the key that signs people in to the vault can't be read"),
                next_step=Text("请检查密钥文件是否存在且权限为 0600", "see that its file is there, with mode 0600"),
            ) from None
        return cls(key)

    def public_key(self) -> str:
        """Return the public half as PEM, for the vault's configuration."""
        return self._key.as_pem(private=False).decode("ascii")

    def sign(self, person: str, *, sn: str, act: str) -> str:
        """Return a token for one sign-in. ``sn``: ``SQ-…`` or ``EV-…``; ``act``: what it is for.

        ``tree`` and ``person`` are the same in each of a person's tokens: the vault's policies are built on them.
        """
        if not _SERIAL.fullmatch(sn) or not _ACT.fullmatch(act):
            raise Malformed(Text("申请编号不正确", "this is no serial"))
        now = int(time.time())
        claims: dict[str, str | int] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject(person_word(person)),
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_S,
            "jti": secrets.token_hex(16),
            "tree": TREE,
            "person": person,
            "sn": sn,
            "act": act,
        }
        return jwt.encode(_HEADER, claims, self._key)


def make_key(path: Path) -> JwtSigner:
    """Return the signer of a key file, making the file (0600) where it is missing."""
    if not path.exists():
        write_private(path, ECKey.generate_key("P-256").as_pem(private=True))
    return JwtSigner.read(path)
