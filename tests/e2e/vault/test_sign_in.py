"""Who gets a token: a person, by a fresh and well-signed word of the service, with a second factor where it is due."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from vault_svc.adapters.openbao.person import OpenBaoPersonVault
from vault_svc.domain.errors import NotPermitted

if TYPE_CHECKING:
    from tests.realvault import RealVault, Reply

STRANGER = ECKey.generate_key("P-256")


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token, with changes; None leaves one out."""
    now = int(time.time())
    good = {
        "iss": "vault_svc",
        "aud": "openbao",
        "sub": "person:somebody",
        "iat": now,
        "nbf": now,
        "exp": now + 30,
        "jti": secrets.token_hex(8),
        "tree": "acct",
        "person": "somebody",
        "sn": "SQ-2026-000001",
        "act": "test",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def sign_in(vault: RealVault, content: dict[str, Any], *, key: ECKey | None = None) -> Reply:
    """Try to sign in with these claims."""
    token = jwt.encode({"alg": "ES256"}, content, key or vault.signer._key)
    return vault.call("post", "auth/jwt/login", body={"role": "person", "jwt": token})


def test_the_good_word_signs_in(vault: RealVault) -> None:
    """What all the others differ from is accepted: a token of 30 seconds for one use."""
    reply = sign_in(vault, claims())

    auth = reply.document["auth"]
    assert (auth["token_policies"], auth["lease_duration"], auth["num_uses"]) == (["person"], 30, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody-else"},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": "worker"},
        {"sub": "machine:worker"},
        {"sn": None},
        {"sn": ""},
        {"sn": 7},
        {"sn": "XX-1"},
        {"tree": None},
        {"tree": "other"},
        {"tree": ["acct"]},
        {"tree": "acct/*"},
    ],
    ids=str,
)
def test_anything_else_does_not(vault: RealVault, changed: dict[str, Any]) -> None:
    """Another issuer or audience, no serial, another tree, a machine's name, a time that is over: no token."""
    assert sign_in(vault, claims(**changed)).status == 400


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -60), ("exp", -8), ("nbf", 60), ("nbf", 3600)])
def test_the_time_has_to_be_right(vault: RealVault, claim: str, seconds: int) -> None:
    """A word that is over, or not yet good, is no word; five seconds are given for clocks that differ."""
    assert sign_in(vault, claims(**{claim: int(time.time()) + seconds})).status == 400


def test_another_key_does_not_sign_in(vault: RealVault) -> None:
    """Neither a stranger's key nor our public key used as a shared secret (RFC 8725 §2.1)."""
    head, body = (_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims()))
    mac = hmac.digest(vault.signer.public_key().encode(), f"{head}.{body}".encode(), "sha256")
    confused = {"role": "person", "jwt": f"{head}.{body}.{_base64(mac)}"}

    replies = [
        sign_in(vault, claims(), key=STRANGER).status,
        vault.call("post", "auth/jwt/login", body=confused).status,
    ]

    assert replies == [400, 400]


def test_our_word_is_over_after_thirty_seconds(vault: RealVault) -> None:
    """The longest life that we sign, and the vault gives five seconds for clocks that differ."""
    content = jwt.decode(vault.signer.sign("somebody", sn="EV-1", act="read"), vault.signer._key).claims

    late = sign_in(vault, claims(iat=content["iat"] - 40, nbf=content["nbf"] - 40, exp=content["exp"] - 40))

    assert content["exp"] - content["iat"] <= 30
    assert late.status == 400


def test_both_keys_sign_in_while_they_are_exchanged(vault: RealVault) -> None:
    """The steward adds the next key, later takes the old one away; in between both count."""
    body = {"bound_issuer": "vault_svc", "jwt_supported_algs": ["ES256"]}
    ours, next_one = vault.signer.public_key(), STRANGER.as_pem(private=False).decode()
    steward = vault.session("steward")
    try:
        steward.write("auth/jwt/config", {**body, "jwt_validation_pubkeys": [ours, next_one]})
        both = [sign_in(vault, claims()).status, sign_in(vault, claims(), key=STRANGER).status]
    finally:
        steward.write("auth/jwt/config", {**body, "jwt_validation_pubkeys": [ours]})

    assert both == [200, 200]
    assert sign_in(vault, claims(), key=STRANGER).status == 400


def test_without_a_second_factor_the_second_mount_gives_no_token(vault: RealVault) -> None:
    """Enrolled or not: without a code there is no token by ``jwt2f``."""
    person = vault.new_person()

    with pytest.raises(NotPermitted, match="second factor"):
        OpenBaoPersonVault(vault.address, vault.signer, mount="jwt2f").appear(person, sn="EV-1")


def test_a_second_factor_is_handed_out_wrapped_and_opens_the_second_mount(vault: RealVault) -> None:
    """The registrar sees no seed; a code signs in once; what is given to that sign-in is not given to the plain one."""
    person, account = vault.new_person(), vault.new_account(value="v")
    entity = _enrol(vault, person)
    generator = pyotp.parse_uri(entity["url"])
    assert isinstance(generator, pyotp.TOTP)
    code = generator.now()

    first, again = _with_code(vault, person, code), _with_code(vault, person, code)
    vault.worker.set_members(f"use:{account}", [entity["id"]])
    by_code = str(first.document["auth"]["client_token"])
    plain = vault.as_person(person, "get", f"kv/data/acct/{account}/value", wrap="30s").status

    assert vault.call("get", f"kv/data/acct/{account}/value", token=by_code, wrap="30s").status == 200
    assert plain == 403
    assert again.status == 403


def test_disabling_closes_both_mounts(vault: RealVault) -> None:
    """Who is disabled gets no token by either mount, code or not."""
    person = vault.new_person()
    generator = pyotp.parse_uri(_enrol(vault, person)["url"])
    assert isinstance(generator, pyotp.TOTP)

    vault.worker.set_disabled(person, disabled=True)

    with pytest.raises(NotPermitted):
        vault.person.appear(person, sn="EV-1")
    assert not (_with_code(vault, person, generator.now()).document.get("auth") or {}).get("client_token")


def _enrol(vault: RealVault, person: str) -> dict[str, str]:
    """Make a factor as the registrar and open it as the person; return entity and seed."""
    signed = {"role": "person", "jwt": vault.signer.sign(person, sn="EV-1", act="enrol")}
    vault.call("post", "auth/jwt2f/login", body=signed)
    alias = {"alias_name": f"person:{person}", "alias_mount_accessor": vault.facts.accessors["jwt2f"]}
    registrar = vault.token("registrar")
    entity = str(vault.call("post", "identity/lookup/entity", token=registrar, body=alias).data["id"])
    factor = {"method_id": vault.facts.totp_method, "entity_id": entity}
    path = "identity/mfa/method/totp/admin-generate"
    wrapped = vault.call("post", path, token=registrar, body=factor, wrap="5m")
    url = vault.call("post", "sys/wrapping/unwrap", token=wrapped.wrap_token).data["url"]
    return {"id": entity, "url": str(url)}


def _with_code(vault: RealVault, person: str, code: str) -> Reply:
    signed = {"role": "person", "jwt": vault.signer.sign(person, sn="EV-1", act="test")}
    header = {"X-Vault-MFA": f"{vault.facts.totp_method}:{code}"}
    return vault.call("post", "auth/jwt2f/login", body=signed, headers=header)


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
