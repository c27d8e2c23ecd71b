"""Recovery shares of the vault: two of three open it again, one for each of three people at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vault_svc.adapters.openbao import setup
from vault_svc.adapters.openbao.recovery import issue_recovery, share_file
from vault_svc.bootstrap import build
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.errors import WrongState
from vault_svc.domain.events import EventTag
from vault_svc.domain.texts import Text
from vault_svc.services.gate import holders_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vault_svc.services.ports import Reader
    from vault_svc.settings import Settings

ROLES: Final = ("general_manager", "leader_in_charge", "it_lead")


def issue(settings: Settings, *, folder: Path, say: Callable[[Text], None]) -> None:
    """Write one share for each holder into the folder (0600) and nowhere else; once, while the vault runs.

    ``WrongState`` where one of the three posts is vacant, or one person holds two of them.
    """
    kept = build.store(settings, stream="recovery")
    try:
        holders = kept.read(_holders)
        kept.write(lambda tx: tx.record(_event(EventTag.RECOVERY_INTENDED, holders)))
        steward = setup.session(build.address(settings), settings.data.resolve(), "steward")
        issue_recovery(build.address(settings), steward, holders=holders, hand_over=share_file(folder))
        kept.write(lambda tx: tx.record(_event(EventTag.RECOVERY_ISSUED, holders)))
    finally:
        kept.close()
    say(
        Text(
            f"三份恢复份额已写入 {folder},请分别交给: {'、'.join(holders)},然后从这里删除",
            f"three shares are in {folder}; give each to its holder ({', '.join(holders)}) and delete it here",
        )
    )


def _holders(reader: Reader) -> tuple[str, ...]:
    found = {role: holders_of(reader, role, at=build.clock()) for role in ROLES}
    vacant = [role for role, people in found.items() if not people]
    chosen = tuple(dict.fromkeys(people[0] for people in found.values() if people))
    if vacant or len(chosen) != len(ROLES):
        raise WrongState(
            Text(
                "总经理、分管领导和IT部负责人须为三个不同的人", "the three posts must be held by three different people"
            ),
            next_step=Text("请先任命(post.assign)", "appoint first (post.assign)"),
        )
    return chosen


def _event(tag: EventTag, holders: tuple[str, ...]) -> EventDraft:
    return EventDraft(action=tag, actor="machine:setup", obj="vault:recovery", details={"holders": list(holders)})
