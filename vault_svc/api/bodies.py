"""Bodies are read once, strictly, before anything else sees them.

JSON as the standard library reads it lets too much pass (last of duplicate keys wins, NaN, infinite numbers, lone
surrogates, any depth and size): each of these is refused here with 400 or 413.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from vault_svc.api.errors import language_of, of_refused
from vault_svc.domain.errors import Malformed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

USUAL: Final = 64 * 1024
WITH_SECRET: Final = 512 * 1024
"""A value may have 64 KiB, which escapes of JSON make up to six times longer."""

DEEPEST: Final = 32
_TAKES_SECRET: Final = re.compile(r"/api/v1/accounts/[^/]+/(?:secret|changes)")


class StrictBodies:
    """ASGI: hands on a body only when it is small enough and one plain JSON object."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body, judge it, and hand it on as one message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        limit = WITH_SECRET if _TAKES_SECRET.fullmatch(scope["path"]) else USUAL
        status, body = 413, b""
        if not _announces_more(headers.get(b"content-length", b""), limit):
            status, body = await _read(receive, limit)
        if status == 200 and body and not _plain(body, headers.get(b"content-type", b"")):  # noqa: PLR2004
            status = 400
        if status != 200:  # noqa: PLR2004
            language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
            await of_refused(status, language, headers={"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, _Replay(body, receive), send)


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that the bytes are. ``Malformed`` for anything else."""
    try:
        found = json.loads(
            body.decode("utf-8", "strict"), object_pairs_hook=_once_each, parse_constant=_no, parse_float=_finite
        )
        json.dumps(found, ensure_ascii=False).encode("utf-8", "strict")
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(found, dict) or _depth(found) > DEEPEST:
        raise Malformed
    return found


class _Replay:
    """The body as one message, then whatever the server says (that the caller has gone)."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive, limit: int) -> tuple[int, bytes]:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return 400, b""
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return 413, b""
        parts.append(part)
        if not message.get("more_body", False):
            return 200, b"".join(parts)


def _announces_more(length: bytes, limit: int) -> bool:
    return length.isdigit() and (len(length) > 9 or int(length) > limit)  # noqa: PLR2004  # a number of any length


def _plain(body: bytes, content_type: bytes) -> bool:
    if content_type.split(b";")[0].strip().lower() != b"application/json":
        return False
    try:
        read_object(body)
    except Malformed:
        return False
    return True


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no(_: str) -> Any:  # noqa: ANN401  # the library's signature; it never returns
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest
