"""What each of the service's own tokens can do in the vault, and that it can do nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.realvault import RealVault

REFUSED = 403
WHO = ("api", "backup", "registrar", "steward", "worker")
ACCOUNT, PERSON, ENTITY, TOTP = "{account}", "{person}", "{entity}", "{totp}"


@dataclass(frozen=True)
class Act:
    """One call and who may make it; ``by`` is what the policies give and the only thing that is not refused."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    by: tuple[str, ...] = ()
    wrap: str | None = None

    def __str__(self) -> str:
        words = ",".join(sorted(self.body)) if self.body else ""
        return f"{self.method} {self.path} {words}".strip().replace("/", " ")


VALUE = {"data": {"fields": {}, "change": "x"}}
ALIAS = {"alias_name": f"person:{PERSON}", "alias_mount_accessor": "{jwt}"}
FACTOR = {"method_id": TOTP, "entity_id": ENTITY}
SIGN = {"input": "YQ=="}
VERIFY = {"input": "YQ==", "signature": "vault:v1:YQ=="}
NOTHING: Mapping[str, Any] = {}

SECRETS = (
    *(
        Act("get", f"kv/data/acct/{ACCOUNT}/{slot}", wrap=wrap)
        for slot in ("value", "staged")
        for wrap in (None, "30s")
    ),
    *(Act("post", f"kv/data/acct/{ACCOUNT}/{slot}", VALUE) for slot in ("value", "staged")),
    *(Act("delete", f"kv/data/acct/{ACCOUNT}/{slot}") for slot in ("value", "staged")),
    *(Act("get", f"kv/subkeys/acct/{ACCOUNT}/{slot}") for slot in ("value", "staged")),
    *(Act("post", f"kv/{verb}/acct/{ACCOUNT}/value", {"versions": [1]}) for verb in ("delete", "undelete", "destroy")),
    Act("delete", f"kv/metadata/acct/{ACCOUNT}/value"),
    Act("get", f"kv/metadata/acct/{ACCOUNT}/value", by=("steward", "worker")),
    Act("get", f"kv/metadata/acct/{ACCOUNT}/staged", by=("worker",)),
    Act("list", "kv/metadata/acct", by=("worker",)),
    Act("post", "kv/data/acct/{unopened}/value", VALUE, by=("steward",)),
    Act("post", "kv/data/acct/{unopened}/staged", VALUE),
    Act("get", "kv/data/canary", by=("api",)),
    Act("post", "kv/data/canary", VALUE),
    Act("post", "kv/config", {"max_versions": 1}),
)
MORE: tuple[dict[str, Any], ...] = (
    {"policies": ["steward"]},
    {"metadata": {"a": "b"}},
    {"type": "internal"},
    {"member_group_ids": []},
)
GROUPS = (
    *(
        Act("post", f"identity/group/name/{verb}:{ACCOUNT}", {"member_entity_ids": []}, by=("steward", "worker"))
        for verb in ("custody", "use", "change")
    ),
    Act("post", "identity/group/name/post:keeper", {"member_entity_ids": []}, by=("worker",)),
    Act("get", f"identity/group/name/custody:{ACCOUNT}", by=("steward", "worker")),
    *(
        Act("post", f"identity/group/name/custody:{ACCOUNT}", {"member_entity_ids": [], **more}, by=("steward",))
        for more in MORE
    ),
    *(
        Act("post", f"identity/group/name/{name}", {"member_entity_ids": []})
        for name in ("admins", "steward", "custody")
    ),
    Act("post", "identity/group", {"name": f"custody:{ACCOUNT}", "member_entity_ids": []}),
    Act("get", "identity/group/name/admins"),
    Act("list", "identity/group/name"),
    Act("delete", "identity/group/name/post:keeper"),
)
PEOPLE = (
    Act("post", "identity/lookup/entity", ALIAS, by=("registrar",)),
    Act("post", "identity/lookup/entity", {"name": "worker"}),
    Act("post", "identity/lookup/entity", {"alias_name": "worker", "alias_mount_accessor": "{jwt}"}),
    Act("post", "identity/lookup/entity", {"alias_name": f"person:{PERSON}", "alias_mount_accessor": "auth_approle"}),
    Act("post", f"identity/entity/id/{ENTITY}", {"disabled": False}, by=("registrar",)),
    Act("post", f"identity/entity/id/{ENTITY}", {"disabled": False, "policies": ["steward"]}),
    Act("post", f"identity/entity/id/{ENTITY}", {"metadata": {"tree": "acct"}}),
    Act("post", f"identity/entity/id/{ENTITY}", {"name": "another"}),
    Act("get", f"identity/entity/id/{ENTITY}"),
    Act("delete", f"identity/entity/id/{ENTITY}"),
    Act("post", "identity/entity", {"name": "made-up"}),
    Act("post", "identity/entity-alias", {"name": "person:made-up", "canonical_id": ENTITY}),
    Act("post", "identity/entity/merge", {"from_entity_ids": [ENTITY], "to_entity_id": ENTITY}),
    Act("post", "identity/mfa/method/totp/admin-generate", FACTOR, by=("registrar",), wrap="5m"),
    Act("post", "identity/mfa/method/totp/admin-generate", FACTOR),
    Act("post", "identity/mfa/method/totp/admin-generate", {**FACTOR, "method_id": ENTITY}, wrap="5m"),
    Act("post", "identity/mfa/method/totp/admin-destroy", FACTOR),
    Act("post", "identity/mfa/method/totp", {"method_name": "another"}),
    Act("delete", f"identity/mfa/method/totp/{TOTP}"),
    Act("delete", "identity/mfa/login-enforcement/jwt2f"),
)
KEYS = (
    Act("post", "transit/sign/checkpoint", SIGN, by=("api",)),
    Act("post", "transit/verify/checkpoint", VERIFY, by=("api", "steward", "worker")),
    Act("post", f"transit/sign/vote-{PERSON}", SIGN),
    Act("post", f"transit/verify/vote-{PERSON}", VERIFY, by=("steward", "worker")),
    Act("get", f"transit/keys/vote-{PERSON}", by=("steward", "worker")),
    Act("post", f"transit/keys/vote-{PERSON}", {"type": "ed25519"}, by=("registrar",)),
    Act("post", f"transit/keys/vote-{PERSON}", {"type": "aes256-gcm96"}),
    Act("post", f"transit/keys/vote-{PERSON}", NOTHING),
    Act("post", f"transit/keys/vote-{PERSON}", {"type": "ed25519", "exportable": True}),
    *(
        Act("post", f"transit/keys/vote-{PERSON}/{verb}", {"type": "ed25519"})
        for verb in ("rotate", "config", "import", "import_version", "trim", "soft-delete")
    ),
    Act("delete", f"transit/keys/vote-{PERSON}"),
    Act("list", "transit/keys"),
    Act("get", f"transit/export/signing-key/vote-{PERSON}"),
    Act("get", f"transit/backup/vote-{PERSON}"),
    Act("post", "transit/restore", {"backup": "x"}),
)
SYSTEM = (
    Act("list", "sys/policies/acl", by=("steward", "worker")),
    Act("get", "sys/policies/acl/worker", by=("steward", "worker")),
    *(
        Act(
            "post",
            f"sys/policies/acl/{name}",
            {"policy": 'path "x" { capabilities = ["deny"] }', "cas": 999},
            by=("steward",),
        )
        for name in ("worker", "person", "steward", f"custody:{ACCOUNT}")
    ),
    *(Act("post", f"sys/policies/acl/{name}", {"policy": ""}) for name in ("another", "default", "root", "bootstrap")),
    Act("post", "sys/policy/worker", {"policy": ""}),
    Act("delete", "sys/policies/acl/no-policy"),
    Act("get", "sys/storage/raft/snapshot", by=("backup",)),
    Act("post", "sys/storage/raft/snapshot", NOTHING),
    Act("post", "sys/storage/raft/remove-peer", {"server_id": "one"}),
    Act("post", "sys/mounts/more", {"type": "kv"}),
    Act("delete", "sys/mounts/kv"),
    Act("get", "sys/mounts"),
    Act("post", "sys/auth/more", {"type": "jwt"}),
    Act("delete", "sys/auth/jwt2f"),
    Act("get", "sys/audit"),
    Act("delete", "sys/config/auditing/request-headers/X-Sq-Serial"),
    Act("post", "sys/seal", NOTHING),
    Act("post", "sys/step-down", NOTHING),
    Act("get", "sys/rotate/recovery/init", by=("steward",)),
    Act("post", "sys/rotate/root", NOTHING),
    Act("get", "sys/generate-root-token/attempt", by=("steward",)),
    Act("get", "sys/raw/x"),
    Act("post", "sys/leases/lookup", {"lease_id": "x"}),
)
SIGN_IN = (
    *(Act("get", f"auth/{mount}/config", by=("steward",)) for mount in ("jwt", "jwt2f")),
    *(Act("get", f"auth/{mount}/role/person", by=("steward",)) for mount in ("jwt", "jwt2f")),
    Act("post", "auth/jwt/role/another", {"role_type": "jwt"}),
    Act("delete", "auth/jwt/role/person"),
    Act("get", "auth/approle/role/steward", by=("steward",)),
    *(
        Act("post", f"auth/approle/role/steward{leaf}", NOTHING)
        for leaf in ("", "/secret-id", "/custom-secret-id", "/role-id")
    ),
    Act("post", "auth/approle/role/another", {"token_policies": ["steward"]}),
    Act("list", "auth/approle/role/steward/secret-id"),
    Act("post", "auth/token/create", NOTHING),
    Act("post", "auth/token/create-orphan", NOTHING),
    Act("list", "auth/token/accessors"),
    Act("post", "auth/token/revoke-accessor", {"accessor": "x"}),
    Act("post", "database/config/shop", {"plugin_name": "none"}, by=("steward",)),
    Act("post", "database/roles/shop", {"db_name": "none"}, by=("steward",)),
    Act("get", "database/creds/shop"),
    Act("post", "database/rotate-root/shop", NOTHING),
)
ACTS = (*SECRETS, *GROUPS, *PEOPLE, *KEYS, *SYSTEM, *SIGN_IN)


@pytest.fixture(scope="module")
def tokens(vault: RealVault) -> dict[str, str]:
    """One token of each AppRole."""
    return {name: vault.token(name) for name in WHO}


@pytest.fixture(scope="module")
def words(vault: RealVault) -> dict[str, str]:
    """What the placeholders of the acts stand for."""
    person, account = vault.new_person(), vault.new_account(value="v")
    both = vault.new_person(f"custody:{account}", f"change:{account}")
    vault.person.stage(both, sn="SQ-1", account=account, fields={}, change="x")
    return {
        "account": account,
        "entity": vault.entity(person),
        "jwt": vault.facts.accessors["jwt"],
        "person": person,
        "totp": vault.facts.totp_method,
        "unopened": "never-opened",
    }


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_token_does_its_own_work_and_no_other(
    vault: RealVault, tokens: Mapping[str, str], words: Mapping[str, str], act: Act, who: str
) -> None:
    """A call is refused by the vault's policies unless it belongs to the caller's duty."""
    path, body = _filled(act.path, words), _filled(act.body, words)

    status = vault.call(act.method, path, token=tokens[who], body=body, wrap=act.wrap).status

    assert (status != REFUSED) == (who in act.by)


@pytest.mark.parametrize("who", WHO)
def test_a_machine_that_is_put_into_every_group_reads_nothing(vault: RealVault, who: str) -> None:
    """Filled with its own entity by the worker, an account's groups open nothing to a machine."""
    account = vault.new_account(value="v")
    token = vault.token(who)
    own = str(vault.call("post", "auth/approle/login", body=_credential(vault, who)).document["auth"]["entity_id"])
    for verb in ("custody", "use", "change"):
        vault.worker.set_members(f"{verb}:{account}", [own])

    replies = [
        vault.call(method, f"kv/data/acct/{account}/{slot}", token=token, body=body, wrap="30s").status
        for slot in ("value", "staged")
        for method, body in (("get", None), ("post", VALUE))
    ]

    assert vault.worker.members(f"custody:{account}") == [own]
    assert replies == [REFUSED] * 4


def test_no_machine_token_carries_more_than_its_policy(vault: RealVault) -> None:
    """Not even the vault's default policy, which may renew itself and wrap."""
    held = {
        who: vault.call("post", "auth/approle/login", body=_credential(vault, who)).document["auth"]["token_policies"]
        for who in WHO
    }

    assert held == {who: ["service" if who == "api" else who] for who in WHO}


def _credential(vault: RealVault, who: str) -> dict[str, Any]:
    return dict(json.loads((vault.data_dir / "approles" / f"{who}.json").read_text()))


def _filled(template: Any, words: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        for word, value in words.items():
            template = template.replace("{" + word + "}", value)
        return template
    if isinstance(template, dict):
        return {key: _filled(value, words) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, words) for value in template]
    return template
