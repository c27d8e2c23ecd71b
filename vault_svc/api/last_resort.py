"""The last handler: whatever nobody expected ends in a 500 that tells nothing, and in a log line without values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from vault_svc.api.errors import language_of, of_unexpected

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

_FRAMES: Final = 8


class LastResort:
    """ASGI: lets no exception reach the server, which would log its message with whatever value stands in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the call; answer 500 where it failed and nothing was sent yet."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001  # the last handler of the API
            log.error("unexpected", error=type(error).__name__, where=where(error.__traceback__))  # noqa: TRY400
            if scope["type"] != "http" or started:
                return
            headers = dict(scope["headers"])
            language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
            await of_unexpected(language)(scope, receive, send)


def where(traceback: TracebackType | None) -> list[str]:
    """Return ``file:line function`` of the innermost frames: places only, no values."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-_FRAMES:]
