"""The vault's audit disk is full: nothing is served, nothing is acknowledged that is not there, and it all comes back.

The limit on the size of the child's files stands in for the disk: the kernel refuses the write just the same.
"""

from __future__ import annotations

import contextlib
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.realvault import running_vault
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import VaultUnreachable
from vault_svc.domain.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.realvault import RealVault

ENOUGH = 2_000_000
"""The audit has to be larger than what the database has written so far, for the limit to meet the audit alone."""


@pytest.fixture(scope="module")
def own(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """A vault that only these tests use, with an audit of some size."""
    with running_vault(tmp_path_factory.mktemp("full"), begun=begun) as running:
        while running.embedded.audit_file.stat().st_size < ENOUGH:
            running.service.canary()
        yield running


@contextmanager
def room_for(vault: RealVault, size: int) -> Iterator[None]:
    """Leave room for so many more bytes in the vault's audit for the time of a block."""
    pid = vault.embedded.pid
    assert pid is not None
    limit = vault.embedded.audit_file.stat().st_size + size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_the_canary_says_so_while_the_vaults_health_does_not(own: RealVault) -> None:
    """``sys/health`` stays 200; the audited read is what tells. With room again it serves again."""
    with room_for(own, 10):
        with pytest.raises(VaultUnreachable):
            own.service.canary()
        health = own.call("get", "sys/health").status

    own.service.canary()
    assert health == 200


def test_nothing_is_delivered(own: RealVault) -> None:
    """A read that can't be put on record is not answered."""
    account = own.new_account(value="v")
    person = own.new_person(f"use:{account}")

    with room_for(own, 10), pytest.raises(VaultUnreachable):
        own.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE)

    assert own.person.read(person, sn="EV-1", account=account, slot=Slot.VALUE).version == 1


@pytest.mark.parametrize("size", range(200, 14_000, 1_150))
def test_what_was_acknowledged_is_there_and_calling_again_ends_it(own: RealVault, size: int) -> None:
    """Wherever the disk ends within a change: an acknowledged step happened, and the whole done again is one change."""
    account = own.new_account(value="old")
    person = own.new_person(f"custody:{account}", f"change:{account}")
    fields = {"password": Secret("new")}
    staged = promoted = 0

    with room_for(own, size), contextlib.suppress(VaultUnreachable):
        staged = own.person.stage(person, sn="SQ-1", account=account, fields=fields, change="c1")
        promoted = own.person.promote(person, sn="SQ-1", account=account, staged=staged, base=1, change="c1")

    kept = own.session("worker").read(f"kv/metadata/acct/{account}/value")["current_version"]
    assert kept >= (promoted or 1)
    staged = staged or own.person.stage(person, sn="SQ-1", account=account, fields=fields, change="c1")
    assert own.person.promote(person, sn="SQ-1", account=account, staged=staged, base=1, change="c1") == 2
    current = own.person.read(person, sn="SQ-1", account=account, slot=Slot.VALUE)
    assert (current.version, current.change, current.fields["password"].reveal()) == (2, "c1", "new")
