"""The vault as one person reaches it: every act signs in anew as that person, and the vault decides by its own groups.

A value travels wrapped and is unwrapped in the same call; no token of the vault outlives a call.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vault_svc.adapters.openbao.errors import OutcomeUnknown
from vault_svc.adapters.openbao.paths import metadata_path, value_path, vote_key
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import Broken, Gone, NotFound, NotPermitted, StaleVersion
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.adapters.openbao.approle import VaultAddress
    from vault_svc.adapters.openbao.jwtsigner import JwtSigner
    from vault_svc.adapters.openbao.transport import VaultTransport

MOUNT: Final = "jwt"
ROLE: Final = "person"
SERIAL_HEADER: Final = "X-Sq-Serial"
_WRAP: Final = "30s"


@dataclass(frozen=True, slots=True)
class ValueRead:
    """One version of a secret: field name → value, its version number and the id of the change that brought it."""

    fields: Mapping[str, Secret]
    version: int
    change: str | None


class OpenBaoPersonVault:
    """Keeps ``services.ports.PersonVault``."""

    def __init__(self, address: VaultAddress, signer: JwtSigner, *, mount: str = MOUNT) -> None:
        self._address, self._signer, self._mount = address, signer, mount

    def appear(self, person: str, *, sn: str) -> None:
        """Sign in once so that the vault knows the person."""
        self._signed_in(person, sn=sn, act="appear")

    def read(self, person: str, *, sn: str, account: str, slot: Slot, version: int = 0) -> ValueRead:
        """Read a version (0: the current one); ``StaleVersion`` where it is past and the person may see no history.

        The current one is tried first: who only holds a grant may not name a version (``use.hcl``).
        """
        try:
            current = self._read(person, sn=sn, account=account, slot=slot)
        except NotFound:
            if not version:
                raise
        else:
            if version in {0, current.version}:
                return current
        try:
            return self._read(person, sn=sn, account=account, slot=slot, version=version)
        except NotPermitted:
            raise StaleVersion from None

    def write_first(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        """Write version 1 if there is none; ``StaleVersion`` where another one is there."""
        body = _body(fields, change=change, cas=0)
        try:
            return self._write(person, sn=sn, act="write_first", path=value_path(account, Slot.VALUE), body=body)
        except (OutcomeUnknown, StaleVersion):
            return self._landed(person, sn=sn, account=account, version=1, change=change)
        except NotPermitted:  # to a custodian who may only create, the vault says so too where a value exists
            if not self._current(person, sn=sn, account=account, slot=Slot.VALUE):
                raise
            return self._landed(person, sn=sn, account=account, version=1, change=change)

    def stage(self, person: str, *, sn: str, account: str, fields: Mapping[str, Secret], change: str) -> int:
        """Stage a candidate and return its version. After a lost answer it is looked for by its mark.

        Who may only hand in (``intake.hcl``) can't look: there a lost answer stays ``VaultUnreachable``.
        """
        path = value_path(account, Slot.STAGED)
        try:
            return self._write(person, sn=sn, act="stage", path=path, body=_body(fields, change=change, cas=None))
        except OutcomeUnknown as lost:
            try:
                staged = self.read(person, sn=sn, account=account, slot=Slot.STAGED)
            except (NotFound, NotPermitted):
                raise lost from None
            if staged.change != change:
                raise
            return staged.version

    def promote(self, person: str, *, sn: str, account: str, staged: int, base: int, change: str) -> int:
        """Make the staged version current by check-and-set on ``base``; the same version again when called again."""
        candidate = self.read(person, sn=sn, account=account, slot=Slot.STAGED, version=staged)
        if candidate.change != change:
            raise StaleVersion
        body = _body(candidate.fields, change=change, cas=base)
        try:
            return self._write(person, sn=sn, act="promote", path=value_path(account, Slot.VALUE), body=body)
        except (OutcomeUnknown, StaleVersion):
            return self._landed(person, sn=sn, account=account, version=base + 1, change=change)
        except NotPermitted:  # a candidate for the first value is promoted by creating; once created, creating is over
            if base or not self._current(person, sn=sn, account=account, slot=Slot.VALUE):
                raise
            return self._landed(person, sn=sn, account=account, version=1, change=change)

    def sign_vote(self, person: str, *, sn: str, body: bytes) -> str:
        """Sign with the person's own vote key; the signature is text of the vault's form ``vault:v1:…``."""
        transport = self._signed_in(person, sn=sn, act="vote")
        document = {"input": base64.b64encode(body).decode("ascii")}
        answer = transport.post(f"/v1/transit/sign/{vote_key(person)}", json=document)
        return str(answer["data"]["signature"])

    def _read(self, person: str, *, sn: str, account: str, slot: Slot, version: int = 0) -> ValueRead:
        transport = self._signed_in(person, sn=sn, act="read")
        params = {"version": version} if version else None
        return _value(self._wrapped(transport, "get", value_path(account, slot), params=params))

    def _signed_in(self, person: str, *, sn: str, act: str) -> VaultTransport:
        token = self._signer.sign(person, sn=sn, act=act)
        transport = self._address.transport()
        # The header stands in the vault's audit in plain, also for a sign-in that fails.
        login = {"role": ROLE, "jwt": token}
        auth = transport.sign_in(f"/v1/auth/{self._mount}/login", login, headers={SERIAL_HEADER: sn})
        if not auth["client_token"]:
            raise NotPermitted(Text("密码库要求第二验证因素", "the vault wants a second factor"))
        return transport

    def _write(self, person: str, *, sn: str, act: str, path: str, body: Mapping[str, Any]) -> int:
        transport = self._signed_in(person, sn=sn, act=act)
        return _version(self._wrapped(transport, "post", path, json=body)["data"])

    def _wrapped(self, transport: VaultTransport, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = transport.request(method, f"/v1/{path}", wrap_ttl=_WRAP, **options)
        wrap = answer.get("wrap_info") if isinstance(answer, dict) else None
        if not wrap or wrap["creation_path"] != path:
            raise Broken(Text("密码库的回答未封装", "the vault's answer was not wrapped"))
        unwrapper = self._address.transport(wrap["token"])
        try:
            document = unwrapper.post("/v1/sys/wrapping/unwrap")
        except Gone:  # opened by somebody else on the way, or the vault stood still for longer than the wrap lives
            raise OutcomeUnknown from None
        return dict(document)

    def _landed(self, person: str, *, sn: str, account: str, version: int, change: str) -> int:
        """Return the version if it carries our mark; ``StaleVersion`` where it is somebody else's."""
        try:
            found = self.read(person, sn=sn, account=account, slot=Slot.VALUE, version=version)
        except NotFound:
            raise OutcomeUnknown from None
        if found.change != change:
            raise StaleVersion
        return found.version

    def _current(self, person: str, *, sn: str, account: str, slot: Slot) -> int:
        transport = self._signed_in(person, sn=sn, act="look")
        try:
            answer = transport.get(f"/v1/{metadata_path(account, slot)}")
        except (NotFound, NotPermitted):
            return 0
        return int(answer["data"]["current_version"])


def _body(fields: Mapping[str, Secret], *, change: str, cas: int | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "data": {"fields": {name: value.reveal() for name, value in fields.items()}, "change": change}
    }
    return body if cas is None else {**body, "options": {"cas": cas}}


def _value(document: Mapping[str, Any]) -> ValueRead:
    held = document.get("data") or {}
    content = held.get("data")
    if not content:  # a deleted version answers with its metadata only
        raise NotFound
    fields = {str(name): Secret(str(value)) for name, value in content["fields"].items()}
    return ValueRead(fields, _version(held["metadata"]), content.get("change"))


def _version(metadata: Mapping[str, Any]) -> int:
    return int(metadata["version"])
