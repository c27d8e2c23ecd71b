"""What runs in each child process: the API, the worker, the short-lived steward."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import structlog

from vault_svc.bootstrap import build, children
from vault_svc.bootstrap.checkpoints import Checkpoints
from vault_svc.domain.errors import Unavailable, VaultSvcError
from vault_svc.domain.texts import Text
from vault_svc.services import stewarding
from vault_svc.services.one_time import mail_one_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.settings import Settings

STEWARD_S = 60


def run(arguments: Sequence[str], settings: Settings) -> int:
    """Run one of them; return its exit code."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    match list(arguments):
        case ["api"]:
            return _api(settings)
        case ["worker"]:
            return _worker(settings)
        case ["steward", serial]:
            return _steward(settings, serial)
        case _:
            return 2


def _api(settings: Settings) -> int:
    import uvicorn  # noqa: PLC0415  # the other processes do without it

    from vault_svc.api.app import create_app  # noqa: PLC0415

    if not children.wait_for_parent():
        return 1
    kept = build.store(settings, stream=f"api-{settings.instance}")
    children.end_with_parent()
    context = build.context(settings, kept=kept)
    checkpoints = Checkpoints(context)
    try:
        checkpoints.start()
        uvicorn.run(
            create_app(context),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        checkpoints.stop()
        kept.close()
    return 0


def _worker(settings: Settings) -> int:
    from vault_svc.worker.loop import Loop  # noqa: PLC0415

    if not children.wait_for_parent():
        return 1
    kept = build.store(settings, stream=f"worker-{settings.instance}")
    context = build.context(settings, kept=kept)

    def issue(person: str, serial: str) -> None:
        mail_one_time(build.password_desk(context), person, actor=f"machine:worker-{settings.instance}", serial=serial)

    worker = build.worker_context(settings, kept=kept, steward=_spawn_steward, issue_password=issue)
    loop = Loop(worker)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.stop())
    children.end_with_parent()
    try:
        loop.run()
    finally:
        kept.close()
    return 0


def _steward(settings: Settings, serial: str) -> int:
    kept = build.store(settings, stream="steward")
    try:
        stewarding.act(build.steward_context(settings, kept=kept), serial)
    except VaultSvcError as failure:
        sys.stderr.write(f"{failure.code}: {failure.detail.en}\n")
        return 1
    finally:
        kept.close()
    return 0


def _spawn_steward(serial: str) -> None:
    command = [sys.executable, "-m", "vault_svc.bootstrap", "steward", serial]
    try:
        subprocess.run(command, check=True, timeout=STEWARD_S, stdin=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError) as failure:
        raise Unavailable(Text("管理进程未能完成", "the steward did not finish")) from failure
