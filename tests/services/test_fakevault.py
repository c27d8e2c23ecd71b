"""The vault in memory and a real one keep the same promises, as far as the tests here lean on them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.realvault import RealVault, running_vault
from tests.services.fakevault import FakeVault
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotFound, NotPermitted, StaleVersion
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault_svc.services.vault_ports import PersonVault, WorkerVault

_numbers = count(1)


class Vault(Protocol):
    """What a claim needs."""

    @property
    def person(self) -> PersonVault: ...

    @property
    def worker(self) -> WorkerVault: ...

    def new_account(self, *, value: str | None = None) -> str: ...

    def new_person(self, *groups: str) -> str: ...


class InMemory(FakeVault):
    """The fake, with accounts and people made as in ``RealVault``."""

    def new_account(self, *, value: str | None = None) -> str:
        account = f"account-{next(_numbers)}"
        self.open_account(account, value=value)
        return account

    def new_person(self, *groups: str) -> str:
        person = f"person-{next(_numbers)}"
        self.person.appear(person, sn="EV-APPEAR")
        self.worker.add_vote_key(person)
        for group in groups:
            self.groups[group].add(self.entities[person])
        return person


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """One real vault for the file."""
    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture(params=["memory", "real"])
def vault(request: pytest.FixtureRequest) -> Vault:
    """Each of the two."""
    found: Vault = InMemory() if request.param == "memory" else request.getfixturevalue("real")
    return found


def test_who_is_in_no_group_reads_and_writes_nothing(vault: Vault) -> None:
    """Knowing the account's name opens nothing."""
    account = vault.new_account(value="first")
    stranger, fields = vault.new_person(), {"password": Secret("x")}

    for slot in Slot:
        with pytest.raises(NotPermitted):
            vault.person.read(stranger, sn="EV-1", account=account, slot=slot)
    with pytest.raises(NotPermitted):
        vault.person.stage(stranger, sn="EV-1", account=account, fields=fields, change="CH-1")


def test_who_uses_an_account_sees_the_present_value_only(vault: Vault) -> None:
    """No candidate, no writing, and no candidate's promotion."""
    account = vault.new_account(value="first")
    user, fields = vault.new_person(f"use:{account}"), {"password": Secret("x")}

    with pytest.raises(NotPermitted):
        vault.person.read(user, sn="EV-1", account=account, slot=Slot.STAGED)
    with pytest.raises(NotPermitted):
        vault.person.stage(user, sn="EV-1", account=account, fields=fields, change="CH-1")
    read = vault.person.read(user, sn="EV-1", account=account, slot=Slot.VALUE)

    assert (read.fields["password"].reveal(), read.version) == ("first", 1)


def test_a_custodian_hands_in_once_and_changes_nothing(vault: Vault) -> None:
    """A later value takes the group of an approved change."""
    account = vault.new_account()
    keeper, fields = vault.new_person(f"custody:{account}"), {"password": Secret("x")}

    made = vault.person.write_first(keeper, sn="EV-1", account=account, fields=fields, change="CH-1")
    again = vault.person.write_first(keeper, sn="EV-1", account=account, fields=fields, change="CH-1")

    assert made == again == 1
    with pytest.raises(StaleVersion):
        vault.person.write_first(keeper, sn="EV-1", account=account, fields=fields, change="CH-2")
    with pytest.raises(NotPermitted):
        vault.person.stage(keeper, sn="EV-1", account=account, fields=fields, change="CH-2")


def test_a_candidate_is_made_current_once(vault: Vault) -> None:
    """By its mark, on the version that it was made for; asked again it is the same version."""
    account = vault.new_account(value="first")
    keeper = vault.new_person(f"custody:{account}", f"change:{account}")
    staged = vault.person.stage(keeper, sn="EV-1", account=account, fields={"password": Secret("n")}, change="CH-1")

    with pytest.raises(StaleVersion):
        vault.person.promote(keeper, sn="EV-1", account=account, staged=staged, base=1, change="CH-2")
    versions = {
        vault.person.promote(keeper, sn="EV-1", account=account, staged=staged, base=1, change="CH-1") for _ in range(2)
    }

    assert versions == {2}
    old = vault.person.read(keeper, sn="EV-1", account=account, slot=Slot.VALUE, version=1)
    assert old.fields["password"].reveal() == "first"
    vault.worker.set_members(f"change:{account}", [])
    with pytest.raises(NotPermitted):
        vault.person.stage(keeper, sn="EV-1", account=account, fields={"password": Secret("n")}, change="CH-3")


def test_a_vote_is_signed_by_its_voter_alone(vault: Vault) -> None:
    """Other bytes, another person, another text: none of them holds."""
    voter, other = vault.new_person(), vault.new_person()

    signature = vault.person.sign_vote(voter, sn="SQ-1", body=b"yes")

    verify = vault.worker.verify_vote
    assert verify(voter, body=b"yes", signature=signature)
    assert not verify(voter, body=b"no", signature=signature)
    assert not verify(other, body=b"yes", signature=signature)
    assert not verify("person-never", body=b"yes", signature=signature)
    assert not verify(voter, body=b"yes", signature="vault:v1:" + "A" * 86 + "==")
    assert not verify(voter, body=b"yes", signature="")


def test_groups_are_replaced_and_must_be_there(vault: Vault) -> None:
    """The worker fills what the steward has made."""
    account = vault.new_account()
    person = vault.new_person()
    entity = vault.worker.entity(person)
    assert entity is not None

    vault.worker.set_members(f"use:{account}", [entity])

    assert vault.worker.members(f"use:{account}") == [entity]
    assert vault.worker.entity("person-never") is None
    with pytest.raises(NotFound):
        vault.worker.set_members("use:account-never", [entity])


def test_who_is_disabled_signs_in_nowhere(vault: Vault) -> None:
    """At once, and back again."""
    account = vault.new_account(value="first")
    user = vault.new_person(f"use:{account}")

    vault.worker.set_disabled(user, disabled=True)
    with pytest.raises(NotPermitted):
        vault.person.read(user, sn="EV-1", account=account, slot=Slot.VALUE)
    vault.worker.set_disabled(user, disabled=False)

    assert vault.person.read(user, sn="EV-1", account=account, slot=Slot.VALUE).version == 1
