"""The steward's writes: policies by check-and-set, groups that nobody else prepared, first values once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from vault_svc.domain.errors import NotFound, StaleVersion
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from tests.realvault import RealVault

TEXT = 'path "kv/data/acct/{}/value" {{\n  capabilities = ["deny"]\n}}\n'


def version(vault: RealVault, name: str) -> int:
    """How often a policy was written."""
    return int(vault.session("worker").read(f"sys/policies/acl/{name}")["version"])


def test_the_same_text_is_not_written_again(vault: RealVault) -> None:
    """Carrying out again leaves the vault's own count of writes as it is."""
    account = vault.new_account()
    texts = vault.worker.policy_texts()
    before = version(vault, f"use:{account}")

    vault.steward.write_policy(f"use:{account}", texts[f"use:{account}"])

    assert version(vault, f"use:{account}") == before


def test_of_racing_writes_none_is_lost_unseen(vault: RealVault) -> None:
    """Each of eight writers at once is through or is told that it is stale; the count is of those who came through."""
    account = vault.new_account()
    before = version(vault, f"use:{account}")

    def write(number: int) -> bool:
        try:
            vault.steward.write_policy(f"use:{account}", TEXT.format(f"other-{number}"))
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        through = sum(pool.map(write, range(8)))

    assert through >= 1
    assert version(vault, f"use:{account}") == before + through


def test_a_group_that_the_worker_prepared_is_emptied(vault: RealVault) -> None:
    """A group without policies, made ahead with members in it, opens nothing to them once it has its policy."""
    account = vault.new_account(value="v")
    vault.steward.close_group(f"use:{account}")
    intruder = vault.new_person()
    members = {"member_entity_ids": [vault.entity(intruder)]}
    vault.session("worker").write(f"identity/group/name/use:{account}", members)

    vault.steward.open_group(f"use:{account}", policies=[f"use:{account}"])

    assert vault.worker.members(f"use:{account}") == []
    assert vault.as_person(intruder, "get", f"kv/data/acct/{account}/value", wrap="30s").status == 403


def test_opening_again_keeps_the_members(vault: RealVault) -> None:
    """A group that is there as it should be stays as it is."""
    account = vault.new_account()
    person = vault.new_person(f"use:{account}")

    vault.steward.open_group(f"use:{account}", policies=[f"use:{account}"])

    assert vault.worker.members(f"use:{account}") == [vault.entity(person)]


def test_a_closed_account_opens_to_nobody(vault: RealVault) -> None:
    """Groups and policies go, at once and for live tokens; going again is fine, and no member can be set."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"custody:{account}")
    token = vault.person_token(person)

    for verb in ("custody", "use", "change"):
        for _ in range(2):
            vault.steward.close_group(f"{verb}:{account}")
            vault.steward.delete_policy(f"{verb}:{account}")

    assert vault.call("get", f"kv/data/acct/{account}/value", token=token, wrap="30s").status == 403
    assert not {name for name in vault.worker.policy_texts() if name.endswith(f":{account}")}
    with pytest.raises(NotFound):
        vault.worker.set_members(f"custody:{account}", [])


def test_a_first_value_is_created_once(vault: RealVault) -> None:
    """A second one is stale, whoever made the first."""
    account = vault.new_account()
    fields = {"password": Secret("first")}

    made = vault.steward.create_first_value(account, fields, change="c1")
    with pytest.raises(StaleVersion):
        vault.steward.create_first_value(account, fields, change="c2")

    assert made == 1
