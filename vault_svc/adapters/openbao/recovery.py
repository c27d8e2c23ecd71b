"""Recovery shares: any two of three, with a token that may ask for it, give a root token when nothing else helps.

The vault makes none at first start. It counts new shares only once two of them were given back to it, so a crash in
between leaves nothing: neither shares in force that nobody holds nor holders of shares that are worth nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.adapters.openbao.errors import OutcomeUnknown
from vault_svc.adapters.openbao.files import read_private, write_private
from vault_svc.domain.errors import Broken, Malformed, WrongState
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import person_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vault_svc.adapters.openbao.approle import VaultAddress, VaultSession

SHARES: Final = 3
THRESHOLD: Final = 2
_ROTATION: Final = "sys/rotate/recovery"


def issued(address: VaultAddress) -> bool:
    """Whether recovery shares are in force."""
    return int(address.transport().get("/v1/sys/seal-status").get("n") or 0) > 0


def issue_recovery(
    address: VaultAddress,
    steward: VaultSession,
    *,
    holders: Sequence[str],
    hand_over: Callable[[str, Secret], Secret],
) -> None:
    """Make three shares and hand them over one by one.

    ``hand_over(holder, share)`` keeps a share for its holder (``share_file`` writes a 0600 file) and returns what was
    kept, read back; two of these prove the shares to the vault. Shares are issued once: ``WrongState`` afterwards.
    """
    if len(set(holders)) != SHARES:
        raise Malformed(Text("须有三位不同的保管人", "three different holders are needed"))
    if issued(address):
        raise WrongState(Text("恢复份额已签发", "the recovery shares were issued before"))
    steward.delete(f"{_ROTATION}/init")  # what a crash left half done
    wanted = {"secret_shares": SHARES, "secret_threshold": THRESHOLD, "require_verification": True}
    made = steward.write(f"{_ROTATION}/init", wanted)
    shares = [Secret(str(share)) for share in made["keys_base64"]]
    kept = [hand_over(holder, share) for holder, share in zip(holders, shares, strict=True)]
    for share in kept[:THRESHOLD]:
        proof = {"key": share.reveal(), "nonce": made["verification_nonce"]}
        try:
            steward.write(f"{_ROTATION}/verify", proof)
        except OutcomeUnknown:
            if not issued(address):
                raise
    if not issued(address):
        raise Broken(Text("恢复份额未生效", "the recovery shares did not come into force"))


def share_file(folder: Path) -> Callable[[str, Secret], Secret]:
    """Return a ``hand_over`` that writes ``recovery-<holder>.share`` (0600) into a folder."""

    def hand_over(holder: str, share: Secret) -> Secret:
        file = folder / f"recovery-{person_word(holder)}.share"
        write_private(file, share.reveal().encode("ascii"))
        return Secret(read_private(file).decode("ascii"))

    return hand_over
