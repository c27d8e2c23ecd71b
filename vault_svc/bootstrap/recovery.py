"""Recovery shares of the vault: any two of three, for the general manager, the leader in charge and the IT lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.openbao import setup
from vault_svc.adapters.openbao.files import private_dir
from vault_svc.adapters.openbao.recovery import issue_recovery, share_file
from vault_svc.bootstrap import build
from vault_svc.domain.errors import WrongState
from vault_svc.domain.texts import Text
from vault_svc.services.gate import holders_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vault_svc.services.ports import Reader
    from vault_svc.settings import Settings

HOLDERS = ("general_manager", "leader_in_charge", "it_lead")


def issue(settings: Settings, *, folder: Path, say: Callable[[Text], None]) -> None:
    """Write one 0600 file for each of the three holders; the shares are printed nowhere and issued once.

    ``WrongState`` where they were issued before, or where the three posts are not held by three people.
    """
    kept = build.store(settings, stream="setup")
    try:
        holders = kept.read(_three)
    finally:
        kept.close()
    address = build.address(settings)
    steward = setup.session(address, settings.data.resolve(), "steward")
    issue_recovery(address, steward, holders=holders, hand_over=share_file(private_dir(folder)))
    for holder in holders:
        say(Text(f"{holder} 的份额已写入 {folder}", f"the share of {holder} is in {folder}"))
    say(Text("请各人当面取走并删除此处的文件", "let each of them take theirs away, then delete the files here"))


def _three(reader: Reader) -> tuple[str, ...]:
    at = build.clock()
    found = tuple(dict.fromkeys(name for role in HOLDERS for name in holders_of(reader, role, at=at)[:1]))
    if len(found) != len(HOLDERS):
        raise WrongState(
            Text("三个岗位须由三位不同的人担任", "the three posts must be held by three different people"),
            next_step=Text("请先任命", "appoint them first (post.assign)"),
        )
    return found
