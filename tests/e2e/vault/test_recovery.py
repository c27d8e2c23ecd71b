"""Recovery shares: three files, in force only once they were read back, two of them good for a root token."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tests.realvault import root_token, running_vault
from vault_svc.adapters.openbao.recovery import issue_recovery, issued, share_file
from vault_svc.domain.errors import Malformed, WrongState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.realvault import RealVault
    from vault_svc.domain.secrets import Secret

HOLDERS = ("general", "leader", "lead-it")


@pytest.fixture
def own(begun: Path, tmp_path: Path) -> Iterator[RealVault]:
    """A vault of the test's own: shares are issued once."""
    with running_vault(tmp_path / "data", begun=begun) as running:
        yield running


def test_three_files_two_of_which_give_a_root_token(own: RealVault, tmp_path: Path) -> None:
    """Each holder gets one 0600 file; one share does nothing, two and the steward's token make root."""
    issue_recovery(own.address, own.session("steward"), holders=HOLDERS, hand_over=share_file(tmp_path / "shares"))
    files = sorted((tmp_path / "shares").iterdir())
    shares = [file.read_text() for file in files]

    root = root_token(own.address, own.token("steward"), shares[:2])

    assert [file.name for file in files] == sorted(f"recovery-{holder}.share" for holder in HOLDERS)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(set(shares)) == 3
    assert own.call("get", "auth/token/lookup-self", token=root).data["policies"] == ["root"]
    assert own.call("post", "auth/token/revoke-self", token=root, body={}).status == 204


def test_shares_that_were_not_kept_are_not_in_force(own: RealVault, tmp_path: Path) -> None:
    """A crash between two hand-overs, or a share that was kept wrong, leaves none; then it can be done again."""

    def crash(holder: str, share: Secret) -> Secret:
        raise OSError(holder)

    steward = own.session("steward")
    with pytest.raises(OSError, match="general"):
        issue_recovery(own.address, steward, holders=HOLDERS, hand_over=crash)
    after_crash = issued(own.address)
    issue_recovery(own.address, steward, holders=HOLDERS, hand_over=share_file(tmp_path))

    assert not after_crash
    assert issued(own.address)


def test_shares_are_issued_once(own: RealVault, tmp_path: Path) -> None:
    """A second time is refused: the first holders' shares stay the only ones."""
    steward = own.session("steward")
    issue_recovery(own.address, steward, holders=HOLDERS, hand_over=share_file(tmp_path))
    before = {file.name: file.read_text() for file in tmp_path.glob("*.share")}

    with pytest.raises(WrongState):
        issue_recovery(own.address, steward, holders=HOLDERS, hand_over=share_file(tmp_path))

    assert {file.name: file.read_text() for file in tmp_path.glob("*.share")} == before


@pytest.mark.parametrize("holders", [(), ("a", "b"), ("a", "b", "b"), ("a", "b", "c", "d")])
def test_three_different_holders_are_needed(vault: RealVault, tmp_path: Path, holders: tuple[str, ...]) -> None:
    """Two shares in one hand would be one person's root token."""
    with pytest.raises(Malformed):
        issue_recovery(vault.address, vault.session("steward"), holders=holders, hand_over=share_file(tmp_path))

    assert not issued(vault.address)


def test_no_other_token_issues_shares(vault: RealVault) -> None:
    """Nor may anybody without a token."""
    body = {"secret_shares": 3, "secret_threshold": 2}

    statuses = [
        vault.call("post", "sys/rotate/recovery/init", token=token, body=body).status
        for token in (None, *(vault.token(name) for name in ("api", "worker", "registrar", "backup")))
    ]

    assert statuses == [403] * 5
    assert not issued(vault.address)
