"""A lost answer is not "not written": what really happened is read back before anything is said."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from vault_svc.adapters.openbao.approle import AppRoleCredential, AppRoleSession, VaultAddress
from vault_svc.adapters.openbao.errors import OutcomeUnknown
from vault_svc.adapters.openbao.person import OpenBaoPersonVault
from vault_svc.adapters.openbao.steward import OpenBaoStewardVault
from vault_svc.adapters.openbao.transport import VaultTransport
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotFound, StaleVersion, VaultUnreachable
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from tests.realvault import RealVault

PASSWORD = {"password": Secret("candidate")}


@dataclass
class Loss:
    """Which call to the real vault goes wrong: the ``nth`` whose path holds ``words``, on its way there or back."""

    method: str
    words: str
    arrives: bool = True
    times: int = 1
    seen: list[str] = field(default_factory=list)

    def hits(self, method: str, url: str) -> bool:
        """Whether this call is one of those that are lost."""
        if method != self.method or self.words not in url or len(self.seen) >= self.times:
            return False
        self.seen.append(url)
        return True


class LossyTransport(VaultTransport):
    """Calls the real vault and loses the answer, or the call."""

    loss: Loss

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        lost = self.loss.hits(method, url)
        if lost and not self.loss.arrives:
            raise OutcomeUnknown
        answer = super().request(method, url, *args, **options)
        if lost:
            raise OutcomeUnknown
        return answer


@dataclass(frozen=True)
class LossyAddress(VaultAddress):
    """An address whose calls may be lost."""

    loss: Loss = field(default_factory=lambda: Loss("", ""))

    def transport(self, token: str | None = None) -> VaultTransport:
        transport = LossyTransport(self.url, token, ca_file=str(self.ca_file))
        transport.loss = self.loss
        return transport


def lossy(vault: RealVault, loss: Loss) -> LossyAddress:
    """The vault's address with a loss ahead."""
    return LossyAddress(vault.address.url, vault.address.ca_file, loss)


def person_vault(vault: RealVault, loss: Loss) -> OpenBaoPersonVault:
    """The person's port with a loss ahead."""
    return OpenBaoPersonVault(lossy(vault, loss), vault.signer)


def steward_vault(vault: RealVault, loss: Loss) -> OpenBaoStewardVault:
    """The steward's port with a loss ahead."""
    credential = AppRoleCredential.read(vault.data_dir / "approles" / "steward.json")
    return OpenBaoStewardVault(AppRoleSession(lossy(vault, loss), credential))


def versions(vault: RealVault, account: str, slot: str) -> int:
    """How many versions the vault keeps."""
    return len(vault.session("worker").read(f"kv/metadata/acct/{account}/{slot}")["versions"])


LOST = [Loss("post", "/kv/data/"), Loss("post", "/sys/wrapping/unwrap")]


def again(loss: Loss) -> Loss:
    """The same loss, not yet met."""
    return Loss(loss.method, loss.words, arrives=loss.arrives, times=loss.times)


@pytest.mark.parametrize("loss", LOST, ids=["write", "unwrap"])
def test_a_first_value_is_found_by_its_mark(vault: RealVault, loss: Loss) -> None:
    """The answer is lost, the value is there: version 1, once."""
    account = vault.new_account()
    person = vault.new_person(f"custody:{account}")

    port = person_vault(vault, again(loss))
    version = port.write_first(person, sn="EV-1", account=account, fields=PASSWORD, change="c1")

    assert (version, versions(vault, account, "value")) == (1, 1)


def test_a_first_value_that_never_arrived_is_not_claimed(vault: RealVault) -> None:
    """The call is lost on its way: unreachable, and nothing is there."""
    account = vault.new_account()
    person = vault.new_person(f"custody:{account}")
    port = person_vault(vault, Loss("post", "/kv/data/", arrives=False))

    with pytest.raises(VaultUnreachable):
        port.write_first(person, sn="EV-1", account=account, fields=PASSWORD, change="c1")

    with pytest.raises(NotFound):
        vault.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)


def test_another_first_value_is_told_as_stale(vault: RealVault) -> None:
    """Where somebody else was first, the second is told so and replaces nothing; the first may ask again."""
    account = vault.new_account()
    person = vault.new_person(f"custody:{account}")
    vault.person.write_first(person, sn="EV-1", account=account, fields=PASSWORD, change="c1")

    with pytest.raises(StaleVersion):
        vault.person.write_first(person, sn="EV-2", account=account, fields=PASSWORD, change="c2")

    assert vault.person.write_first(person, sn="EV-1", account=account, fields=PASSWORD, change="c1") == 1
    assert versions(vault, account, "value") == 1


@pytest.mark.parametrize("loss", LOST, ids=["write", "unwrap"])
def test_a_candidate_is_found_by_its_mark(vault: RealVault, loss: Loss) -> None:
    """A staged candidate whose answer is lost is not staged twice."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"custody:{account}", f"change:{account}")

    version = person_vault(vault, again(loss)).stage(person, sn="SQ-1", account=account, fields=PASSWORD, change="c1")

    assert (version, versions(vault, account, "staged")) == (1, 1)


def test_a_candidate_that_never_arrived_is_not_claimed(vault: RealVault) -> None:
    """An older candidate is not taken for the lost one."""
    account = vault.new_account(value="v")
    person = vault.new_person(f"custody:{account}", f"change:{account}")
    vault.person.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change="older")
    port = person_vault(vault, Loss("post", "/kv/data/", arrives=False))

    with pytest.raises(VaultUnreachable):
        port.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change="c1")

    assert versions(vault, account, "staged") == 1


def test_who_may_only_hand_in_is_told_that_the_outcome_is_unknown(vault: RealVault) -> None:
    """A keeper can't look: unknown stays unknown."""
    keeper = vault.new_person("post:keeper")
    port = person_vault(vault, Loss("post", "/kv/data/"))

    with pytest.raises(VaultUnreachable):
        port.stage(keeper, sn="SQ-1", account="handed-in-once", fields=PASSWORD, change="c1")


@pytest.mark.parametrize(
    "loss",
    [
        *LOST,
        Loss("post", "/kv/data/", times=9),
        Loss("post", "/sys/wrapping/unwrap", times=9),
        Loss("get", "/kv/data/", times=9),
        Loss("post", "/auth/jwt/login", times=9),
        Loss("post", "/kv/data/", arrives=False),
    ],
    ids=["write", "unwrap", "writes", "unwraps", "reads", "logins", "call"],
)
def test_promoting_again_finds_the_own_mark(vault: RealVault, loss: Loss) -> None:
    """Whatever was lost, calling again ends with one new version and the same number each time."""
    account = vault.new_account(value="old")
    person = vault.new_person(f"custody:{account}", f"change:{account}")
    staged = vault.person.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change="c1")
    met = again(loss)
    with contextlib.suppress(VaultUnreachable):
        person_vault(vault, met).promote(person, sn="SQ-1", account=account, staged=staged, base=1, change="c1")

    promoted = [
        vault.person.promote(person, sn="SQ-1", account=account, staged=staged, base=1, change="c1") for _ in range(2)
    ]

    assert met.seen
    assert promoted == [2, 2]
    assert versions(vault, account, "value") == 2


def test_promoting_finds_its_mark_behind_a_later_change(vault: RealVault) -> None:
    """Called again after the next change came through, it still says which version was its own."""
    account = vault.new_account(value="old")
    person = vault.new_person(f"custody:{account}", f"change:{account}")
    marks = ("c1", "c2")
    staged = [vault.person.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change=mark) for mark in marks]
    for base, (mark, candidate) in enumerate(zip(marks, staged, strict=True), start=1):
        vault.person.promote(person, sn="SQ-1", account=account, staged=candidate, base=base, change=mark)

    version = vault.person.promote(person, sn="SQ-1", account=account, staged=staged[0], base=1, change="c1")

    assert version == 2


def test_a_first_value_can_be_promoted_from_a_candidate(vault: RealVault) -> None:
    """What a keeper handed in before opening becomes version 1, once, by a custodian's hand."""
    account = vault.new_account()
    keeper, custodian = vault.new_person("post:keeper"), vault.new_person(f"custody:{account}")
    staged = vault.person.stage(keeper, sn="SQ-1", account=account, fields=PASSWORD, change="c1")

    promoted = [
        vault.person.promote(custodian, sn="SQ-1", account=account, staged=staged, base=0, change="c1")
        for _ in range(2)
    ]

    assert promoted == [1, 1]


def test_somebody_elses_candidate_is_not_promoted(vault: RealVault) -> None:
    """A candidate without the change's own mark is stale, whatever its number."""
    account = vault.new_account(value="old")
    person = vault.new_person(f"custody:{account}", f"change:{account}")
    staged = vault.person.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change="theirs")

    with pytest.raises(StaleVersion):
        vault.person.promote(person, sn="SQ-1", account=account, staged=staged, base=1, change="mine")

    assert versions(vault, account, "value") == 1


def test_of_eight_racing_promotions_one_wins(vault: RealVault) -> None:
    """Check-and-set on the same base: one becomes version 2, the others are told that they are stale."""
    account = vault.new_account(value="old")
    person = vault.new_person(f"custody:{account}", f"change:{account}")
    staged = {
        mark: vault.person.stage(person, sn="SQ-1", account=account, fields=PASSWORD, change=mark)
        for mark in (f"c{number}" for number in range(8))
    }

    def promote(mark: str) -> int:
        try:
            return vault.person.promote(person, sn="SQ-1", account=account, staged=staged[mark], base=1, change=mark)
        except StaleVersion:
            return 0

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(promote, staged))

    assert outcomes == [*[0] * 7, 2]
    assert versions(vault, account, "value") == 2


@pytest.mark.parametrize("arrives", [True, False])
def test_a_policy_is_read_back(vault: RealVault, *, arrives: bool) -> None:
    """The steward says "written" only where the vault has the very text."""
    account = vault.new_account()
    text = f'path "kv/data/acct/{account}/value" {{\n  capabilities = ["deny"]\n}}\n'
    port = steward_vault(vault, Loss("post", "/sys/policies/", arrives=arrives))

    if arrives:
        port.write_policy(f"use:{account}", text)
    else:
        with pytest.raises(VaultUnreachable):
            port.write_policy(f"use:{account}", text)

    assert (vault.worker.policy_texts()[f"use:{account}"] == text) is arrives


@pytest.mark.parametrize("arrives", [True, False])
def test_the_stewards_first_value_is_looked_for(vault: RealVault, *, arrives: bool) -> None:
    """After a lost answer a version made since counts as its own; none is claimed where none was made."""
    account = vault.new_account()
    port = steward_vault(vault, Loss("post", "/kv/data/", arrives=arrives))

    if arrives:
        assert port.create_first_value(account, PASSWORD, change="c1") == 1
        with pytest.raises(StaleVersion):
            port.create_first_value(account, PASSWORD, change="c1")
    else:
        with pytest.raises(VaultUnreachable):
            port.create_first_value(account, PASSWORD, change="c1")
        assert vault.steward.create_first_value(account, PASSWORD, change="c1") == 1
