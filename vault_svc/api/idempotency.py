"""``Idempotency-Key``: a writing call that is sent again gets the first answer, and nothing is done twice.

The key is reserved before the act, so two calls at once can't both act. Where a process died in between, the outcome
is not known here and is not guessed: the caller is told to look. Calls that hand in or deliver a value don't take part:
neither their bodies nor a hash of them is kept, and each of them has a "once" of its own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from vault_svc.api.deps import Ctx, Who
from vault_svc.domain.audit import digest
from vault_svc.domain.errors import Conflict, Malformed, OrderClosed, VaultSvcError
from vault_svc.domain.operations import Answer
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vault_svc.domain.permissions import Caller
    from vault_svc.services.context import Context

RESERVED: Final = 0
"""The status of an answer that is not known yet."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
_IN_DOUBT: Final = Text(
    "同一幂等键的操作正在进行,或其结果未知", "a call with this key is under way, or its outcome is unknown"
)
_LOOK: Final = Text(
    "请先查看结果;如未完成,换一个幂等键重试", "look whether it was done; if not, try again with another key"
)


class Once:
    """Does the work of one call at most once for each key of a person."""

    def __init__(self, request: Request, context: Context, caller: Caller) -> None:
        self._context, self._caller = context, caller
        self._call = f"{request.method} {request.url.path}"
        self._key = request.headers.get("idempotency-key")
        if self._key is not None and not _KEY.fullmatch(self._key):
            raise Malformed(Text("幂等键格式不正确", "the idempotency key is not well-formed"))

    def __call__(self, status: int, work: Callable[[], Mapping[str, Any]], *, asked: object = None) -> JSONResponse:
        """Return the first answer to this key. ``OrderClosed`` where ``asked`` or the address differs from then."""
        if self._key is None:
            return JSONResponse(work(), status_code=status)
        kept = self._reserve(asked)
        if kept is not None:
            return JSONResponse(dict(kept.body), status_code=kept.status, headers={"Idempotency-Replayed": "true"})
        try:
            body = dict(work())
        except VaultSvcError:
            self._context.store.write(lambda tx: tx.remove(Answer, self._id))
            raise
        plain = json.loads(json.dumps(body))
        to = {"status": status, "body": plain}
        self._context.store.write(lambda tx: tx.change(Answer, self._id, expect={"status": RESERVED}, to=to))
        return JSONResponse(plain, status_code=status)

    @property
    def _id(self) -> str:
        return digest([self._caller.person, self._key])

    def _reserve(self, asked: object) -> Answer | None:
        call_digest = digest([self._call, asked])
        fresh = Answer(
            self._id, self._caller.person or "", call_digest, status=RESERVED, body={}, at=self._context.clock()
        )

        def found(kept: Answer) -> Answer:
            if kept.call_digest != call_digest:
                raise OrderClosed
            if kept.status == RESERVED:
                raise Conflict(_IN_DOUBT, next_step=_LOOK)
            return kept

        def reserve() -> Answer | None:
            return self._context.store.write(
                lambda tx: found(kept) if (kept := tx.get(Answer, self._id)) else tx.add(fresh)
            )

        return reserve()


def once(request: Request, context: Ctx, caller: Who) -> Once:
    """Return the guard of this call."""
    return Once(request, context, caller)


OnceOnly = Annotated[Once, Depends(once)]
