"""A real vault for tests: started, set up, with its ports, and ways to call it past them with anybody's token."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vault_svc.adapters.openbao.jwtsigner import JwtSigner, make_key
from vault_svc.adapters.openbao.layout import Layout
from vault_svc.adapters.openbao.person import OpenBaoPersonVault
from vault_svc.adapters.openbao.server import EmbeddedVault
from vault_svc.adapters.openbao.service import OpenBaoServiceVault
from vault_svc.adapters.openbao.setup import session, set_up_embedded
from vault_svc.adapters.openbao.steward import OpenBaoStewardVault
from vault_svc.adapters.openbao.worker import OpenBaoWorkerVault
from vault_svc.domain.secrets import Secret
from vault_svc.domain.vaultpolicies import compile_account_policies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vault_svc.adapters.openbao.approle import AppRoleSession, VaultAddress
    from vault_svc.adapters.openbao.facts import VaultFacts

TEMPLATES: Mapping[str, str] = {
    path.name: path.read_text(encoding="utf-8")
    for path in (Path(__file__).resolve().parent.parent / "policies" / "vault").glob("*.hcl")
}
"""The project's own policies of the vault, file name → text."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the vault answered to a call past the ports."""

    status: int
    document: Mapping[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        """The answer's ``data``."""
        return dict(self.document.get("data") or {})

    @property
    def wrap_token(self) -> str:
        """The token of a wrapped answer."""
        return str(self.document["wrap_info"]["token"])


@dataclass(frozen=True)
class RealVault:
    """The vault of one test session; accounts and people are made under names that no other test has."""

    embedded: EmbeddedVault
    data_dir: Path
    signer: JwtSigner
    facts: VaultFacts
    sessions: dict[str, AppRoleSession] = field(default_factory=dict)

    @property
    def address(self) -> VaultAddress:
        """Where it is."""
        return self.embedded.address

    @property
    def person(self) -> OpenBaoPersonVault:
        """The vault as people reach it."""
        return OpenBaoPersonVault(self.address, self.signer)

    @property
    def service(self) -> OpenBaoServiceVault:
        """The vault as the API process reaches it."""
        return OpenBaoServiceVault(self.session("api"))

    @property
    def worker(self) -> OpenBaoWorkerVault:
        """The vault as the worker reaches it."""
        return OpenBaoWorkerVault(
            worker=self.session("worker"), registrar=self.session("registrar"), accessors=self.facts.accessors
        )

    @property
    def steward(self) -> OpenBaoStewardVault:
        """The vault as the steward reaches it."""
        return OpenBaoStewardVault(self.session("steward"))

    def session(self, name: str) -> AppRoleSession:
        """Return a session of one of the service's own AppRoles."""
        if name not in self.sessions:
            self.sessions[name] = session(self.address, self.data_dir, name)
        return self.sessions[name]

    def new_account(self, *, value: str | None = None) -> str:
        """Open an account as the steward does and return its id; with ``value`` it has a first password."""
        account = f"account-{next(_numbers)}"
        for name, text in compile_account_policies(TEMPLATES, account, self.facts.accessors).items():
            self.steward.write_policy(name, text)
            self.steward.open_group(name, policies=[name])
        if value is not None:
            self.steward.create_first_value(account, {"password": Secret(value)}, change="first")
        return account

    def new_person(self, *groups: str) -> str:
        """Make a person known to the vault, with a vote key, in these groups, and return the login name."""
        person = f"person-{next(_numbers)}"
        self.person.appear(person, sn="EV-APPEAR")
        self.worker.add_vote_key(person)
        self.join(person, *groups)
        return person

    def entity(self, person: str) -> str:
        """Return the id of a person's entity."""
        entity = self.worker.entity(person)
        assert entity is not None
        return entity

    def join(self, person: str, *groups: str) -> None:
        """Put a person into groups beside those who are there."""
        for group in groups:
            self.worker.set_members(group, [*self.worker.members(group), self.entity(person)])

    def leave(self, person: str, *groups: str) -> None:
        """Take a person out of groups."""
        for group in groups:
            self.worker.set_members(group, [one for one in self.worker.members(group) if one != self.entity(person)])

    def token(self, name: str) -> str:
        """Return a new token of one of the service's own AppRoles."""
        document = json.loads((self.data_dir / "approles" / f"{name}.json").read_text())
        return str(self.call("post", "auth/approle/login", body=document).document["auth"]["client_token"])

    def person_token(self, person: str, *, sn: str = "EV-TEST") -> str:
        """Return a new token of a person, good for one call."""
        signed = {"role": "person", "jwt": self.signer.sign(person, sn=sn, act="test")}
        return str(self.call("post", "auth/jwt/login", body=signed).document["auth"]["client_token"])

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        wrap: str | None = None,
        **options: Any,
    ) -> Reply:
        """Call the vault with any token, past the ports."""
        transport = self.address.transport(token)
        answer = transport.request(method, f"/v1/{path}", json=body, wrap_ttl=wrap, raise_exception=False, **options)
        if isinstance(answer, dict):
            return Reply(200, answer)
        try:
            return Reply(answer.status_code, answer.json())
        except ValueError:
            return Reply(answer.status_code, {})

    def as_person(self, person: str, method: str, path: str, **options: Any) -> Reply:
        """Call the vault with a new token of a person."""
        return self.call(method, path, token=self.person_token(person), **options)

    def audit(self, *, path: str | None = None, sn: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of the vault's own audit, for a path, for a serial."""
        with self.embedded.audit_file.open(encoding="utf-8") as file:
            entries: list[dict[str, Any]] = [json.loads(line) for line in file]
        return [
            entry
            for entry in entries
            if (path is None or entry["request"]["path"] == path) and (sn is None or _serial(entry) == sn)
        ]

    def until_serving(self, *, seconds: float = 30.0) -> None:
        """Wait until the vault answers an audited read."""
        until = time.monotonic() + seconds
        while self.call("get", "sys/health").status != 200 and time.monotonic() < until:
            time.sleep(0.02)


@contextmanager
def running_vault(data_dir: Path, *, begun: Path | None = None) -> Iterator[RealVault]:
    """Start and set up a vault for the time of a block; from a copy of ``begun`` it takes half a second."""
    embedded = EmbeddedVault(data_dir) if begun is None else copied(begun, data_dir)
    embedded.start()
    try:
        yield set_up_vault(embedded, data_dir)
    finally:
        embedded.stop()


def begin(data_dir: Path) -> Path:
    """Start a vault for the first time, which takes seconds, stop it and return its data, to make copies of."""
    embedded = EmbeddedVault(data_dir)
    embedded.start()
    embedded.stop()
    return data_dir


def copied(begun: Path, data_dir: Path) -> EmbeddedVault:
    """Return a stopped vault on a copy of begun data, with ports of its own."""
    shutil.copytree(begun, data_dir, dirs_exist_ok=True)
    Layout(data_dir).choose_ports()
    return EmbeddedVault(data_dir)


def set_up_vault(embedded: EmbeddedVault, data_dir: Path) -> RealVault:
    """Set up a started vault with a signing key of its own."""
    signer = make_key(data_dir / "signing.pem")
    facts = set_up_embedded(embedded, data_dir=data_dir, templates=TEMPLATES, signing_keys=[signer.public_key()])
    return RealVault(embedded, data_dir, signer, facts)


def root_token(address: VaultAddress, token: str, shares: Sequence[str]) -> str:
    """Return a root token, made of two recovery shares with a token that may ask for it."""
    transport = address.transport(token)
    begun = transport.post("/v1/sys/generate-root-token/attempt", json={})["data"]
    proofs = [{"key": share, "nonce": begun["nonce"]} for share in shares]
    answers = [transport.post("/v1/sys/generate-root-token/update", json=proof)["data"] for proof in proofs]
    assert [answer["complete"] for answer in answers] == [False, True]
    encoded = base64.b64decode(answers[-1]["encoded_token"] + "==")
    return bytes(one ^ other for one, other in zip(encoded, begun["otp"].encode(), strict=True)).decode()


def _serial(entry: Mapping[str, Any]) -> str | None:
    metadata = (entry.get("auth") or {}).get("metadata") or {}
    headers = entry["request"].get("headers") or {}
    serial = metadata.get("sn") or next(iter(headers.get("x-sq-serial") or []), None)
    return None if serial is None else str(serial)
