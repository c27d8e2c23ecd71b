"""One delivery, once, to the asker: what the vault's wrapping promises and what the port makes of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import Malformed, NotFound, NotPermitted
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from tests.realvault import RealVault

EXACT = {
    "password": " edge spaces kept ",
    "notes": "第一行\r\n第二行\t\u0000 end",
    "emoji": "🔑👩\u200d💻",
    "quotes": "\"'`\\;<>&{{identity.entity.id}}@{account}%2e",
    "long": "密" * 21_845 + "x",
    "empty": "",
}


def test_of_twenty_unwraps_one_gets_the_value(vault: RealVault) -> None:
    """Twenty at once with one wrap token: one opens it."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}")
    wrapped = vault.as_person(person, "get", f"kv/data/acct/{account}/value", wrap="30s")
    barrier = threading.Barrier(20)

    def unwrap(_: int) -> int:
        barrier.wait()
        return vault.call("post", "sys/wrapping/unwrap", token=wrapped.wrap_token).status

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(unwrap, range(20)))

    assert statuses == [200, *[400] * 19]


def test_values_come_back_byte_for_byte(vault: RealVault) -> None:
    """Edge spaces, line breaks, NUL, emoji, quotes and 64 KiB survive."""
    account = vault.new_account()
    person = vault.new_person(f"custody:{account}")
    fields = {name: Secret(value) for name, value in EXACT.items()}

    vault.person.write_first(person, sn="EV-1", account=account, fields=fields, change="c1")
    read = vault.person.read(person, sn="EV-2", account=account, slot=Slot.VALUE)

    assert {name: value.reveal() for name, value in read.fields.items()} == EXACT
    assert (read.version, read.change) == (1, "c1")


def test_a_lone_surrogate_is_refused_and_not_replaced(vault: RealVault) -> None:
    """What is no text is refused before it is sent: the vault would keep another character."""
    account = vault.new_account()
    person = vault.new_person(f"custody:{account}")

    with pytest.raises(Malformed):
        vault.person.write_first(person, sn="EV-1", account=account, fields={"p": Secret("\ud800")}, change="c1")

    with pytest.raises(NotFound):
        vault.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)


def test_what_is_not_there_is_not_found(vault: RealVault) -> None:
    """No value, no candidate, no such version: the same answer."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"custody:{account}")

    for slot, version in ((Slot.STAGED, 0), (Slot.STAGED, 3), (Slot.VALUE, 9)):
        with pytest.raises(NotFound):
            vault.person.read(person, sn="EV-1", account=account, slot=slot, version=version)


def test_an_account_that_was_never_opened_is_closed(vault: RealVault) -> None:
    """Nobody has a policy for it, so even its absence is not told."""
    person = vault.new_person()

    with pytest.raises(NotPermitted):
        vault.person.read(person, sn="EV-1", account="never-opened", slot=Slot.VALUE)


@pytest.mark.parametrize(
    "account",
    [
        "..",
        ".",
        "",
        "a/../b",
        "a//b",
        "/a",
        "a/",
        "a%2fb",
        "%2e%2e",
        "..%2f",
        "Alipay",
        "a b",
        "a\tb",
        "a\x00b",
        "a\n",
        "支付宝",
        "a\u200bb",
        "a\u202eb",
        "ａ",
        "a*",
        "a+",
        "a:b",
        "{{identity.entity.id}}",
        "x" * 65,
    ],
)
def test_names_that_walk_are_refused_before_the_vault(vault: RealVault, account: str) -> None:
    """A path is built from validated segments or not at all, by every port and for every verb."""
    person, empty = vault.new_person(), dict[str, Secret]()
    before = vault.session("worker").list("kv/metadata/acct")
    tries = (
        lambda: vault.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE),
        lambda: vault.person.write_first(person, sn="EV-1", account=account, fields=empty, change="c"),
        lambda: vault.person.stage(person, sn="EV-1", account=account, fields=empty, change="c"),
        lambda: vault.person.promote(person, sn="EV-1", account=account, staged=1, base=0, change="c"),
        lambda: vault.steward.create_first_value(account, empty, change="c"),
        lambda: vault.steward.write_policy(f"custody:{account}", ""),
        lambda: vault.steward.open_group(f"custody:{account}", policies=[]),
        lambda: vault.worker.set_members(f"custody:{account}", []),
    )

    for attempt in tries:
        with pytest.raises(Malformed):
            attempt()

    assert vault.session("worker").list("kv/metadata/acct") == before


@pytest.mark.parametrize(
    "person", ["", ".", "..", "a/b", "A", "a b", "a*", "a.", "-a", "a-", "张", "a\x00", "x" * 65, "person:a", "a\n"]
)
def test_names_that_nobody_can_have_are_refused_before_the_vault(vault: RealVault, person: str) -> None:
    """A login name becomes part of a subject, a key and a policy's path: only plain ones may."""
    tries = (
        lambda: vault.person.appear(person, sn="EV-1"),
        lambda: vault.person.sign_vote(person, sn="EV-1", body=b""),
        lambda: vault.worker.entity(person),
        lambda: vault.worker.add_vote_key(person),
        lambda: vault.worker.verify_vote(person, body=b"", signature="vault:v1:AAAA"),
        lambda: vault.worker.set_disabled(person, disabled=True),
    )

    for attempt in tries:
        with pytest.raises(Malformed):
            attempt()


@pytest.mark.parametrize("sn", ["", "SQ", "XX-1", "sq-1", "SQ-1\n", "SQ-*", "SQ-1 ", "SQ-" + "1" * 65, "EV-一"])
def test_nobody_signs_in_without_a_serial(vault: RealVault, sn: str) -> None:
    """What explains a reading in the vault's audit has to be a request's serial or an event's id."""
    with pytest.raises(Malformed):
        vault.person.appear("somebody", sn=sn)
