"""The vault's own audit names person and serial in plain, and joins a read to its unwrap."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotPermitted

if TYPE_CHECKING:
    from tests.realvault import RealVault

SENTINEL = "sentinel-value-3f1c"


def test_a_read_names_person_and_serial(vault: RealVault) -> None:
    """Who, for which request, by which policy: in plain, on the read itself."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")

    vault.person.read(person, sn="SQ-2026-000321", account=account, slot=Slot.VALUE)

    read = vault.audit(path=f"kv/data/acct/{account}/value", sn="SQ-2026-000321")[-1]
    assert read["auth"]["display_name"] == f"jwt-person:{person}"
    assert read["auth"]["entity_id"] == vault.entity(person)
    assert read["auth"]["metadata"]["act"] == "read"
    assert read["auth"]["policy_results"]["granting_policies"][0]["name"] == f"use:{account}"


def test_a_denied_read_names_person_and_serial(vault: RealVault) -> None:
    """A refusal is on record as plainly as a success."""
    account = vault.new_account(value="v")
    person = vault.new_person()

    with pytest.raises(NotPermitted):
        vault.person.read(person, sn="EV-DENIED", account=account, slot=Slot.VALUE)

    read = vault.audit(path=f"kv/data/acct/{account}/value", sn="EV-DENIED")[-1]
    assert read["auth"]["display_name"] == f"jwt-person:{person}"
    assert "permission denied" in read["error"]


def test_read_and_unwrap_are_joined(vault: RealVault) -> None:
    """The wrap's accessor stands in plain on both, so each delivery is followed to its opening."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")

    vault.person.read(person, sn="SQ-2026-000322", account=account, slot=Slot.VALUE)

    entries = vault.audit(path=f"kv/data/acct/{account}/value", sn="SQ-2026-000322")
    accessor = next(entry["response"]["wrap_info"]["accessor"] for entry in entries if entry["type"] == "response")
    opened = [
        e for e in vault.audit(path="sys/wrapping/unwrap") if e["request"].get("client_token_accessor") == accessor
    ]
    assert [entry["type"] for entry in opened] == ["request", "response"]


def test_a_sign_in_that_fails_still_carries_the_serial(vault: RealVault) -> None:
    """The header stands in the audit where there is no person yet to name."""
    signed = {"role": "person", "jwt": "no.such.token"}

    status = vault.call("post", "auth/jwt/login", body=signed, headers={"X-Sq-Serial": "SQ-2026-000323"}).status

    assert status == 400
    assert [entry["type"] for entry in vault.audit(path="auth/jwt/login", sn="SQ-2026-000323")] == [
        "request",
        "response",
    ]


def test_no_value_and_no_token_stands_in_the_audit(vault: RealVault) -> None:
    """Whatever was written or read, the audit's file holds neither it nor what opened it."""
    account = vault.new_account(value=SENTINEL)
    person = vault.new_person(f"custody:{account}")
    token = vault.person_token(person)
    wrapped = vault.call("get", f"kv/data/acct/{account}/value", token=token, wrap="30s")

    value = vault.call("post", "sys/wrapping/unwrap", token=wrapped.wrap_token).data["data"]["fields"]["password"]

    written = vault.embedded.audit_file.read_text()
    assert value == SENTINEL
    assert not [word for word in (SENTINEL, token, wrapped.wrap_token) if word in written]


def test_the_audit_is_its_owners_alone(vault: RealVault) -> None:
    """Mode 0600 in a folder of 0700."""
    file = vault.embedded.audit_file

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
