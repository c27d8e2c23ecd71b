"""Whether the service can do its work: an audited read of the vault, the store, the worker's beat, room, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vault_svc.domain.errors import VaultSvcError
from vault_svc.domain.operations import Heartbeat
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.services.context import Context

SILENT = timedelta(seconds=30)
LEAST_FREE = 256 * 1024 * 1024


def alive() -> dict[str, Any]:
    """Return that the process answers."""
    return {"ok": True}


def ready(context: Context) -> dict[str, Any]:
    """Return every check with, where it failed, what to do."""
    checks: dict[str, Callable[[], Text | None]] = {
        "vault": lambda: _vault(context),
        "store": lambda: _store(context),
        "worker": lambda: _worker(context),
        "disk": lambda: _disk(context),
    }
    said = {name: check() for name, check in checks.items()}
    return {
        "ok": all(mend is None for mend in said.values()),
        "checks": {name: {"ok": mend is None, "mend": mend} for name, mend in said.items()},
    }


def _vault(context: Context) -> Text | None:
    try:
        context.service_vault.canary()
    except VaultSvcError as failure:
        return Text(f"密码库: {failure.detail.zh}", f"vault: {failure.detail.en}")
    return None


def _store(context: Context) -> Text | None:
    try:
        context.store.heads()
    except VaultSvcError as failure:
        return Text(f"存储: {failure.detail.zh}", f"store: {failure.detail.en}")
    return None


def _worker(context: Context) -> Text | None:
    try:
        beats = context.store.read(lambda reader: reader.find(Heartbeat))
    except VaultSvcError:
        return Text("无法读取", "it can't be read")
    if any(context.clock() - beat.at < SILENT for beat in beats):
        return None
    return Text("后台进程没有心跳,请重新启动服务", "no worker gives a sign of life: start the service again")


def _disk(context: Context) -> Text | None:
    free = context.free_bytes()
    return None if free >= LEAST_FREE else Text("磁盘空间不足", "free some disk space")
