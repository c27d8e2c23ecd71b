"""What fails on our side: a part that does not answer, no room, something that must hold and does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.faults import VaultSvcError
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.domain.faults import Fault


class Unavailable(VaultSvcError):
    """A part that is needed does not answer; nothing was done. ``retry_after_s`` says when to try again."""

    code = "unavailable"
    message = Text("服务暂不可用,请稍后再试", "a needed part does not answer, try again soon")

    def __init__(self, detail: Text | None = None, *, retry_after_s: int = 5, next_step: Text | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(detail, next_step=next_step)


class VaultSealed(Unavailable):
    """The vault is sealed."""

    code = "vault_sealed"
    message = Text("密码库已封存", "the vault is sealed")


class VaultUnreachable(Unavailable):
    """The vault does not answer."""

    code = "vault_unreachable"
    message = Text("密码库无法访问", "the vault does not answer")


class DatabaseUnreachable(Unavailable):
    """A database does not answer."""

    code = "database_unreachable"
    message = Text("数据库无法访问", "the database does not answer")


class AuditUnavailable(Unavailable):
    """The record can't be written, so nothing is done."""

    code = "audit_unavailable"
    message = Text("审计记录无法写入,操作未执行", "the record can't be written, so nothing was done")


class NoRoom(VaultSvcError):
    """No space is left to keep the record."""

    code = "no_room"
    message = Text("磁盘空间不足,操作未执行", "there is no room left, so nothing was done")


class Broken(VaultSvcError):
    """Something that must hold does not."""

    code = "broken"
    message = Text("内部状态异常", "something that must hold does not")


class AuditChainBroken(Broken):
    """The record was altered."""

    code = "audit_chain_broken"
    message = Text("审计链已被破坏", "the audit chain is broken")


class BackupUnverified(Broken):
    """A backup could not be proved."""

    code = "backup_unverified"
    message = Text("备份未通过验证", "the backup could not be proved")


class PolicyFileInvalid(Broken):
    """A policy file can't be used; ``faults`` names file, line and reason for each."""

    code = "policy_file_invalid"
    message = Text("策略文件有误", "a policy file can't be used")

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        zh = "; ".join(f"{f.file}:{f.line} {f.text.zh}" for f in self.faults)
        en = "; ".join(f"{f.file}:{f.line} {f.text.en}" for f in self.faults)
        super().__init__(Text(f"策略文件有误: {zh}", f"a policy file can't be used: {en}"))
