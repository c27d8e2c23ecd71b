"""What a person can and can't do in the vault, by group: custodian, user, changer, keeper, outsider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotPermitted, StaleVersion

if TYPE_CHECKING:
    from tests.realvault import RealVault

ALLOWED, REFUSED = 200, 403
BODY = {"data": {"fields": {"password": "another"}, "change": "test"}}


@dataclass(frozen=True)
class Cast:
    """An account with a value and a candidate, and one person of each kind."""

    account: str
    people: dict[str, str]


@pytest.fixture(scope="module")
def cast(vault: RealVault) -> Cast:
    """The account's second version is current; all but the outsider are in one group."""
    account = vault.new_account(value="first")
    people = {
        "custodian": vault.new_person(f"custody:{account}"),
        "user": vault.new_person(f"use:{account}"),
        "changer": vault.new_person(f"change:{account}"),
        "keeper": vault.new_person("post:keeper"),
        "outsider": vault.new_person(),
    }
    both = vault.new_person(f"custody:{account}", f"change:{account}")
    staged = vault.person.stage(both, sn="SQ-1", account=account, fields={}, change="c2")
    vault.person.promote(both, sn="SQ-1", account=account, staged=staged, base=1, change="c2")
    return Cast(account, people)


# What each may do on the account; everything that is not listed is refused.
MAY = {
    ("custodian", "get", "data", "value"),
    ("custodian", "get", "data", "value?version=1"),
    ("custodian", "get", "data", "value?version=2"),
    ("custodian", "get", "data", "staged"),
    ("custodian", "get", "data", "staged?version=1"),
    ("custodian", "get", "metadata", "value"),
    ("custodian", "get", "metadata", "staged"),
    ("user", "get", "data", "value"),
    ("changer", "post", "data", "value"),
    ("changer", "post", "data", "staged"),
}
WHO = ("custodian", "user", "changer", "keeper", "outsider")
ACTS = (
    *(("get", "data", leaf) for leaf in ("value", "value?version=1", "value?version=2", "staged", "staged?version=1")),
    *(("post", "data", leaf) for leaf in ("value", "staged")),
    *((method, "data", leaf) for method in ("patch", "delete") for leaf in ("value", "staged")),
    *(("get", folder, leaf) for folder in ("metadata", "subkeys") for leaf in ("value", "staged")),
    *(("post", folder, "value") for folder in ("metadata", "delete", "undelete", "destroy")),
    *((method, "metadata", leaf) for method in ("list", "delete") for leaf in ("value", "")),
)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "folder", "leaf"), ACTS)
def test_only_what_is_listed_is_open(
    vault: RealVault, cast: Cast, *, who: str, method: str, folder: str, leaf: str
) -> None:
    """Each kind of person is refused everything on an account that its group is not for."""
    name, _, version = leaf.partition("?version=")

    reply = vault.as_person(
        cast.people[who],
        method,
        f"kv/{folder}/acct/{cast.account}/{name}".rstrip("/"),
        body=BODY if method in {"post", "patch"} else None,
        headers={"Content-Type": "application/merge-patch+json"} if method == "patch" else None,
        params={"version": version} if version else None,
        wrap="30s",
    )

    assert reply.status == (ALLOWED if (who, method, folder, leaf) in MAY else REFUSED)


@pytest.mark.parametrize("wrap", [None, "5s", "9s", "61s", "1h"])
@pytest.mark.parametrize(
    ("who", "method", "leaf"),
    [
        ("custodian", "get", "value"),
        ("custodian", "get", "staged"),
        ("user", "get", "value"),
        ("changer", "post", "value"),
        ("changer", "post", "staged"),
    ],
)
def test_nothing_travels_unwrapped(
    vault: RealVault, cast: Cast, *, who: str, method: str, leaf: str, wrap: str | None
) -> None:
    """What a person may reach comes wrapped for 10 to 60 seconds or not at all."""
    path = f"kv/data/acct/{cast.account}/{leaf}"

    reply = vault.as_person(cast.people[who], method, path, body=BODY if method == "post" else None, wrap=wrap)

    assert reply.status == REFUSED


@pytest.mark.parametrize("group", ["custody", "use", "change"])
def test_several_groups_do_not_loosen_the_wrapping(vault: RealVault, group: str) -> None:
    """Somebody in all three groups still gets nothing unwrapped."""
    account = vault.new_account(value="v")
    person = vault.new_person(*(f"{verb}:{account}" for verb in ("custody", "use", "change")))
    vault.leave(person, f"{group}:{account}")

    replies = [
        vault.as_person(person, method, f"kv/data/acct/{account}/value", body=body, wrap=wrap)
        for method, body in (("get", None), ("post", BODY))
        for wrap in (None, "1h")
    ]

    assert {reply.status for reply in replies} == {REFUSED}


@pytest.mark.parametrize("spelling", ["version", "VERSION", "Version"])
def test_a_user_can_not_ask_for_history(vault: RealVault, cast: Cast, spelling: str) -> None:
    """Asking for a version, however spelled, is closed to who only holds a grant."""
    path = f"kv/data/acct/{cast.account}/value"

    reply = vault.as_person(cast.people["user"], "get", path, params={spelling: "1"}, wrap="30s")

    assert reply.status == REFUSED


def test_a_past_version_is_told_as_past_to_a_user(vault: RealVault, cast: Cast) -> None:
    """The port gives a user the current version, also by its number, and says that any other is past."""
    user = cast.people["user"]
    current = vault.person.read(user, sn="SQ-1", account=cast.account, slot=Slot.VALUE)

    again = vault.person.read(user, sn="SQ-1", account=cast.account, slot=Slot.VALUE, version=current.version)
    with pytest.raises(StaleVersion):
        vault.person.read(user, sn="SQ-1", account=cast.account, slot=Slot.VALUE, version=1)

    assert again.version == current.version


def test_a_custodian_can_not_overwrite(vault: RealVault, cast: Cast) -> None:
    """The custodian's own token replaces no value, with any check-and-set word (ACC-3)."""
    custodian, path = cast.people["custodian"], f"kv/data/acct/{cast.account}/value"

    replies = [
        vault.as_person(custodian, "post", path, body={**BODY, "options": {"cas": cas}}, wrap="30s")
        for cas in (0, 1, 2, 3)
    ]

    assert {reply.status for reply in replies} == {REFUSED}


def test_membership_acts_at_once_on_live_tokens(vault: RealVault) -> None:
    """A token taken before somebody left the group opens nothing after it."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")
    token = vault.person_token(person)

    vault.leave(person, f"use:{account}")

    assert vault.call("get", f"kv/data/acct/{account}/value", token=token, wrap="30s").status == REFUSED


def test_disabling_acts_at_once_on_live_tokens(vault: RealVault) -> None:
    """A disabled person's live token opens nothing, a new sign-in is refused, and enabling brings both back."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")
    token = vault.person_token(person)

    vault.worker.set_disabled(person, disabled=True)
    refused = vault.call("get", f"kv/data/acct/{account}/value", token=token, wrap="30s").status
    with pytest.raises(NotPermitted):
        vault.person.read(person, sn="SQ-1", account=account, slot=Slot.VALUE)
    vault.worker.set_disabled(person, disabled=False)

    assert refused == REFUSED
    assert vault.person.read(person, sn="SQ-1", account=account, slot=Slot.VALUE).version == 1


def test_a_token_is_good_for_one_call(vault: RealVault, cast: Cast) -> None:
    """The second call with one sign-in is refused."""
    token, path = vault.person_token(cast.people["custodian"]), f"kv/data/acct/{cast.account}/value"

    statuses = [vault.call("get", path, token=token, wrap="30s").status for _ in range(3)]

    assert statuses == [ALLOWED, REFUSED, REFUSED]


def test_a_keeper_hands_in_for_accounts_that_are_not_opened(vault: RealVault) -> None:
    """A candidate can be created once where none lies, read by nobody and replaced by nobody."""
    keeper, account = vault.new_person("post:keeper"), "not-opened-yet"
    path = f"kv/data/acct/{account}/staged"

    made = vault.person.stage(keeper, sn="SQ-1", account=account, fields={}, change="import")
    others = [
        vault.as_person(keeper, method, path, body=body, wrap="30s").status
        for method, body in (("post", BODY), ("get", None), ("delete", None))
    ]
    elsewhere = vault.as_person(keeper, "post", f"kv/data/acct/{account}/value", body=BODY, wrap="30s").status

    assert made == 1
    assert [*others, elsewhere] == [REFUSED] * 4


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "kv/data/canary"),
        ("list", "kv/metadata/acct"),
        ("get", "sys/policies/acl/person"),
        ("post", "sys/policies/acl/person"),
        ("get", "identity/group/name/custody:x"),
        ("post", "identity/group/name/custody:x"),
        ("post", "identity/entity"),
        ("post", "identity/entity-alias"),
        ("post", "transit/sign/checkpoint"),
        ("post", "transit/keys/vote-mine"),
        ("get", "transit/export/signing-key/checkpoint"),
        ("post", "auth/token/create"),
        ("post", "auth/token/renew-self"),
        ("post", "sys/wrapping/wrap"),
        ("get", "cubbyhole/anything"),
        ("get", "sys/mounts"),
        ("post", "auth/jwt/config"),
        ("post", "auth/jwt/role/person"),
        ("post", "database/config/x"),
        ("get", "sys/storage/raft/snapshot"),
        ("post", "sys/rotate/recovery/init"),
        ("post", "sys/generate-root-token/attempt"),
        ("post", "sys/seal"),
    ],
)
def test_nobody_reaches_the_machinery(vault: RealVault, cast: Cast, method: str, path: str) -> None:
    """A custodian's token does nothing but custody."""
    reply = vault.as_person(cast.people["custodian"], method, path, body={} if method == "post" else None)

    assert reply.status == REFUSED
