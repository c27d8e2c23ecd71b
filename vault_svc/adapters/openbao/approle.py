"""The service's own sign-ins: one AppRole for each duty, its credential in a 0600 file, its token renewed by itself."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from vault_svc.adapters.openbao.errors import TokenRefused
from vault_svc.adapters.openbao.files import read_private, write_private
from vault_svc.adapters.openbao.transport import VaultTransport
from vault_svc.domain.errors import NotFound, VaultUnreachable
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RENEW_AT: Final = 0.8
"""The share of a token's life after which a new one is fetched."""

_FEWEST_CHARACTERS: Final = 24
_FEWEST_DIFFERENT: Final = 8


@dataclass(frozen=True, slots=True)
class VaultAddress:
    """Where a vault is: ``https://host:port`` and the file with the certificate that vouches for it."""

    url: str
    ca_file: Path

    def transport(self, token: str | None = None) -> VaultTransport:
        """Return a way to call it, with or without a token."""
        return VaultTransport(self.url, token, ca_file=str(self.ca_file))


@dataclass(frozen=True, slots=True)
class AppRoleCredential:
    """What a machine signs in with."""

    role_id: str
    secret_id: Secret = field(repr=False, compare=False)

    @classmethod
    def read(cls, path: Path) -> AppRoleCredential:
        """Read a credential file. ``VaultUnreachable`` where it is missing, open to others, unreadable or a sample."""
        try:
            document = json.loads(read_private(path))
            credential = cls(str(document["role_id"]), Secret(str(document["secret_id"])))
        except (OSError, ValueError, KeyError, TypeError):
            raise VaultUnreachable(
                Text(f"无法读取密码库凭据文件 {path.name}", f"the vault credential {path.name} can't be read"),
                next_step=Text("请检查该文件是否存在且权限为 0600", "see that the file is there, with mode 0600"),
            ) from None
        if looks_like_a_sample(credential.secret_id):
            raise VaultUnreachable(
                Text(f"凭据文件 {path.name} 中是示例值", f"the credential {path.name} holds a sample"),
                next_step=Text("请换成密码库发放的凭据", "put in the one that the vault gave out"),
            )
        return credential

    def write(self, path: Path) -> None:
        """Write the credential file, 0600, whole or not at all."""
        document = {"role_id": self.role_id, "secret_id": self.secret_id.reveal()}
        write_private(path, json.dumps(document).encode())


def looks_like_a_sample(secret: Secret) -> bool:
    """Whether a secret is too short or too plain to be anything but a sample."""
    value = secret.reveal()
    return len(value) < _FEWEST_CHARACTERS or len(set(value)) < _FEWEST_DIFFERENT


class VaultSession(ABC):
    """Calls made with a token of the service's own. Safe to share among threads."""

    def read(self, path: str) -> dict[str, Any]:
        """Return the ``data`` of a read; ``NotFound`` where there is none."""
        return self.call("get", path)

    def write(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a write and return the ``data`` of its answer, empty where it has none."""
        return self.call("post", path, json=dict(body))

    def delete(self, path: str) -> None:
        """Send a delete."""
        self.call("delete", path)

    def list(self, path: str) -> list[str]:
        """Return the keys of a listing, none where there is nothing to list."""
        try:
            return [str(key) for key in self.call("list", path).get("keys") or []]
        except NotFound:
            return []

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send one call, signing in again once where the vault no longer knows the token."""
        transport = self._signed_in(None)
        try:
            answer = transport.request(method, f"/v1/{path}", **options)
        except TokenRefused:
            answer = self._signed_in(transport).request(method, f"/v1/{path}", **options)
        return dict(answer.get("data") or {}) if isinstance(answer, dict) else {}

    @abstractmethod
    def _signed_in(self, refused: VaultTransport | None) -> VaultTransport:
        """Return a transport with a token, another one than ``refused``."""


class AppRoleSession(VaultSession):
    """Signs in with an AppRole when first needed, before the token ends and where the vault no longer knows it."""

    def __init__(self, address: VaultAddress, credential: AppRoleCredential) -> None:
        self._address, self._credential = address, credential
        self._lock = threading.Lock()
        self._transport: VaultTransport | None = None
        self._renew_at = 0.0

    def _signed_in(self, refused: VaultTransport | None) -> VaultTransport:
        with self._lock:
            if self._transport is None or self._transport is refused or time.monotonic() >= self._renew_at:
                self._transport = self._sign_in()
            return self._transport

    def _sign_in(self) -> VaultTransport:
        transport = self._address.transport()
        body = {"role_id": self._credential.role_id, "secret_id": self._credential.secret_id.reveal()}
        started = time.monotonic()
        auth = transport.sign_in("/v1/auth/approle/login", body)
        self._renew_at = started + _RENEW_AT * float(auth["lease_duration"])
        return transport


class TokenSession(VaultSession):
    """Works with a token that was handed in, for the set-up of an outside vault only."""

    def __init__(self, address: VaultAddress, token: Secret) -> None:
        self._transport = address.transport(token.reveal())

    def _signed_in(self, refused: VaultTransport | None) -> VaultTransport:
        if refused is not None:
            raise TokenRefused
        return self._transport
