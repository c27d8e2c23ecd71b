"""The steps of set-up: each finds out what is there and does the rest, for any may be the last before a crash."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from vault_svc.adapters.openbao.approle import AppRoleCredential, VaultAddress, VaultSession
from vault_svc.adapters.openbao.jwtsigner import AUDIENCE, ISSUER
from vault_svc.adapters.openbao.paths import CANARY, TREE, group_path, policy_path
from vault_svc.adapters.openbao.person import ROLE, SERIAL_HEADER
from vault_svc.adapters.openbao.service import CHECKPOINT_KEY
from vault_svc.domain.errors import Broken, Malformed, NotFound, StaleVersion, WrongState
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import KEEPER_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

APPROLES: Final = {
    "api": "service",
    "backup": "backup",
    "registrar": "registrar",
    "steward": "steward",
    "worker": "worker",
}
"""The service's own credentials and the policy of each."""

JWT_MOUNTS: Final = ("jwt", "jwt2f")
SECOND_FACTOR_MOUNT: Final = "jwt2f"
TOTP_METHOD: Final = "second-factor"
MOST_VERSIONS: Final = 1000

_MOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "kv": {"type": "kv", "options": {"version": "2"}},
    "transit": {"type": "transit"},
    "database": {"type": "database"},
}
_TOKEN: Final = {"token_no_default_policy": True, "token_type": "service"}
_MACHINE_TTL: Final = "30m"
_PERSON_TTL: Final = "30s"
_CLOCK_SKEW_S: Final = 5
_KV_READY_S: Final = 20.0
_SECRET_BYTES: Final = 32


def mounts(admin: VaultSession) -> None:
    """Mount the engines; KV keeps a long history. ``WrongState`` where something else is mounted there."""
    there = admin.read("sys/mounts")
    for path, body in _MOUNTS.items():
        mounted = there.get(f"{path}/")
        if mounted is None:
            admin.write(f"sys/mounts/{path}", body)
        elif mounted["type"] != body["type"] or (mounted.get("options") or {}) != body.get("options", {}):
            raise _taken(path)
    _until_ready(lambda: admin.write("kv/config", {"max_versions": MOST_VERSIONS}))


def sign_in_mounts(admin: VaultSession) -> dict[str, str]:
    """Mount AppRole and the two JWT methods; return the JWT mounts' accessors. ``WrongState`` as with the engines."""
    there = admin.read("sys/auth")
    wanted = {"approle": "approle", **dict.fromkeys(JWT_MOUNTS, "jwt")}
    for path, kind in wanted.items():
        if f"{path}/" not in there:
            admin.write(f"sys/auth/{path}", {"type": kind})
        elif there[f"{path}/"]["type"] != kind or (kind == "jwt" and not _ours(admin, path)):
            raise _taken(path)
    there = admin.read("sys/auth")
    return {path: str(there[f"{path}/"]["accessor"]) for path in JWT_MOUNTS}


def jwt_configuration(signing_keys: Sequence[str]) -> dict[str, Any]:
    """Return what a JWT mount is configured with: public keys as PEM, several while they are being exchanged."""
    return {"jwt_validation_pubkeys": list(signing_keys), "bound_issuer": ISSUER, "jwt_supported_algs": ["ES256"]}


def person_role() -> dict[str, Any]:
    """Return the role that people sign in by: one use, 30 seconds, bound to a serial and to the tree of accounts."""
    return {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [AUDIENCE],
        "bound_claims_type": "glob",
        "bound_claims": {"sub": "person:*", "tree": TREE, "sn": ["SQ-*", "EV-*"]},
        "claim_mappings": {name: name for name in ("act", "jti", "person", "sn", "tree")},
        "allowed_redirect_uris": [],
        "clock_skew_leeway": _CLOCK_SKEW_S,
        "token_policies": ["person"],
        "token_num_uses": 1,
        "token_ttl": _PERSON_TTL,
        "token_max_ttl": _PERSON_TTL,
        **_TOKEN,
    }


def sign_in(admin: VaultSession, signing_keys: Sequence[str]) -> None:
    """Configure how people sign in, by both mounts, and have the serial's header stand in the audit in plain."""
    for mount in JWT_MOUNTS:
        admin.write(f"auth/{mount}/config", jwt_configuration(signing_keys))
        admin.write(f"auth/{mount}/role/{ROLE}", person_role())
    admin.write(f"sys/config/auditing/request-headers/{SERIAL_HEADER}", {"hmac": False})


def second_factor(admin: VaultSession, accessor: str) -> str:
    """Make the TOTP method and enforce it on the second mount (nobody enrolled: no token there); return its id."""
    path = "identity/mfa/method/totp"
    there = {admin.read(f"{path}/{key}").get("name"): key for key in admin.list(path)}
    method = there.get(TOTP_METHOD)
    if method is None:
        body = {
            "method_name": TOTP_METHOD,
            "issuer": ISSUER,
            "period": 30,
            "algorithm": "SHA1",
            "digits": 6,
            "skew": 1,
            "max_validation_attempts": 5,
            "qr_size": 0,
        }
        method = str(admin.write(path, body)["method_id"])
    enforcement = {"mfa_method_ids": [method], "auth_method_accessors": [accessor]}
    admin.write(f"identity/mfa/login-enforcement/{SECOND_FACTOR_MOUNT}", enforcement)
    return method


def contents(admin: VaultSession) -> None:
    """Make the checkpoint key and the canary."""
    admin.write(f"transit/keys/{CHECKPOINT_KEY}", {"type": "ed25519"})
    try:
        admin.write(CANARY, {"data": {"alive": "yes"}, "options": {"cas": 0}})
    except StaleVersion:
        return


def policies(admin: VaultSession, texts: Mapping[str, str]) -> None:
    """Write the policies that stand from now on, and the group that may hand in candidates."""
    for name, text in texts.items():
        admin.write(policy_path(name), {"policy": text})
    admin.write(group_path(KEEPER_GROUP), {"policies": ["intake"]})


def approle(admin: VaultSession, name: str, *, policy: str, folder: Path) -> AppRoleCredential:
    """Make one AppRole whose only secret id is the one in its file; the file is written before the vault knows it."""
    file = folder / f"{name}.json"
    if file.exists():
        credential = AppRoleCredential.read(file)
    else:
        credential = AppRoleCredential(secrets.token_hex(16), Secret(secrets.token_hex(_SECRET_BYTES)))
        credential.write(file)
    role = f"auth/approle/role/{name}"
    life = {"token_ttl": _MACHINE_TTL, "token_max_ttl": _MACHINE_TTL}
    admin.write(role, {"token_policies": [policy], **life, **_TOKEN})
    admin.write(f"{role}/role-id", {"role_id": credential.role_id})
    ours = {"secret_id": credential.secret_id.reveal()}
    if not _looked_up(admin, role, ours):
        admin.write(f"{role}/custom-secret-id", ours)
    keep = _looked_up(admin, role, ours)
    for accessor in admin.list(f"{role}/secret-id"):
        if accessor != keep:
            admin.write(f"{role}/secret-id-accessor/destroy", {"secret_id_accessor": accessor})
    return credential


def prove(address: VaultAddress, name: str, *, policy: str, credential: AppRoleCredential) -> None:
    """Sign in with a credential and see that its token holds its policy and nothing else; ``Broken`` where not."""
    transport = address.transport()
    body = {"role_id": credential.role_id, "secret_id": credential.secret_id.reveal()}
    held = transport.sign_in("/v1/auth/approle/login", body)["token_policies"]
    if held != [policy]:
        raise Broken(Text(f"凭据 {name} 的权限不符", f"the credential {name} holds other policies than it should"))


def policies_expire(admin: VaultSession) -> bool:
    """Whether the vault ends a policy by itself: OpenBao does, HashiCorp Vault knows nothing of it."""
    probe = policy_path("probe")
    admin.write(probe, {"policy": 'path "kv/data/probe" { capabilities = ["deny"] }', "ttl": "1m"})
    try:
        return bool(admin.read(probe).get("expiration"))
    finally:
        admin.delete(probe)


def root_tokens(admin: VaultSession) -> int:
    """Return how many tokens hold the root policy."""
    found = 0
    for accessor in admin.list("auth/token/accessors"):
        try:
            found += "root" in admin.write("auth/token/lookup-accessor", {"accessor": accessor})["policies"]
        except (NotFound, Malformed):  # ended in between
            continue
    return found


def _ours(admin: VaultSession, mount: str) -> bool:
    # Somebody else's sign-in would be lost under our configuration.
    try:
        return admin.read(f"auth/{mount}/config").get("bound_issuer") in {"", ISSUER}
    except NotFound:
        return True


def _taken(path: str) -> WrongState:
    return WrongState(
        Text(f"密码库中的 {path} 已另作他用", f"{path} in the vault is used for something else"),
        next_step=Text("请使用单独的密码库或命名空间", "use a vault or a namespace of its own"),
    )


def _looked_up(admin: VaultSession, role: str, secret_id: Mapping[str, str]) -> str | None:
    found = admin.write(f"{role}/secret-id/lookup", secret_id).get("secret_id_accessor")
    return str(found) if found else None


def _until_ready(call: Callable[[], object]) -> None:
    # A KV mount of version 2 answers 400 for the moment in which it makes itself ready.
    until = time.monotonic() + _KV_READY_S
    while True:
        try:
            call()
        except Malformed:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
