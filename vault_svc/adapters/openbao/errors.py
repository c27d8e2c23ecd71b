"""One table from what hvac and urllib3 raise to what the services understand.

The vault's own words and addresses stay here: they are read to tell two cases apart and then dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hvac import exceptions as hvac_errors
from urllib3 import exceptions as http_errors

from vault_svc.domain.errors import (
    Gone,
    Malformed,
    NotFound,
    NotPermitted,
    StaleVersion,
    TooMany,
    VaultSealed,
    VaultSvcError,
    VaultUnreachable,
)
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOOK = Text("请管理员运行 vault-svc doctor 查看密码库", "have an administrator look with vault-svc doctor")
_RETRY_S: Final = 5
_QUOTA_RETRY_S: Final = 1
_STANDBY: Final = 429


class OutcomeUnknown(VaultUnreachable):
    """The answer was lost or was a 5xx: the write may or may not have happened. Read back before saying either."""


class NotSent(VaultUnreachable):
    """No connection could be made: the call surely did nothing."""


class TokenRefused(NotPermitted):
    """The vault does not know the token (ended, revoked): whoever can sign in again should, once."""


def answer_error(
    status: int, errors: Sequence[str], headers: Mapping[str, str], *, health: bool = False
) -> VaultSvcError:
    """Return the error for an HTTP answer that is none of success; ``health`` where that is what was asked for."""
    if health and status == _STANDBY:  # the same number means a quota everywhere else
        return VaultUnreachable(retry_after_s=_RETRY_S, next_step=_LOOK)
    raised = hvac_errors.VaultError.from_status(status, errors=list(errors))
    for kind, make in _ANSWERS:
        if isinstance(raised, kind):
            return make(list(errors), headers)
    return Malformed() if 400 <= status < 500 else OutcomeUnknown(next_step=_LOOK)  # noqa: PLR2004 - classes of HTTP


def connection_error(raised: http_errors.HTTPError) -> VaultUnreachable:
    """Return the error for a call that got no answer: ``OutcomeUnknown`` unless it surely never arrived."""
    reason = raised.reason if isinstance(raised, http_errors.MaxRetryError) else raised
    if isinstance(reason, _REFUSED):
        return NotSent(next_step=_LOOK)
    return VaultUnreachable(next_step=_LOOK) if isinstance(reason, _UNTRUSTED) else OutcomeUnknown(next_step=_LOOK)


def _invalid(errors: list[str], _headers: Mapping[str, str]) -> VaultSvcError:
    said = " ".join(errors)
    for words, make in _INVALID:
        if words in said:
            return make()
    return Malformed()


def _forbidden(errors: list[str], _headers: Mapping[str, str]) -> VaultSvcError:
    # A policy that says no is told as a list of errors; a token that nobody knows as these words alone.
    return TokenRefused() if errors == ["permission denied"] else NotPermitted()


def _quota(_errors: list[str], headers: Mapping[str, str]) -> VaultSvcError:
    after = headers.get("Retry-After", "")
    return TooMany(retry_after_s=int(after) if after.isascii() and after.isdigit() else _QUOTA_RETRY_S)


def _sealed(_errors: list[str], _headers: Mapping[str, str]) -> VaultSvcError:
    return VaultSealed(retry_after_s=_RETRY_S, next_step=_LOOK)


def _unknown(_errors: list[str], _headers: Mapping[str, str]) -> VaultSvcError:
    return OutcomeUnknown(retry_after_s=_RETRY_S, next_step=_LOOK)


_INVALID: Final[tuple[tuple[str, Callable[[], VaultSvcError]], ...]] = (
    ("check-and-set", StaleVersion),
    ("wrapping token is not valid", Gone),
    ("error validating", NotPermitted),
    ("invalid role or secret ID", NotPermitted),
)

_ANSWERS: Final[
    tuple[tuple[type[hvac_errors.VaultError], Callable[[list[str], Mapping[str, str]], VaultSvcError]], ...]
] = (
    (hvac_errors.InvalidRequest, _invalid),
    (hvac_errors.Unauthorized, lambda _errors, _headers: NotPermitted()),
    (hvac_errors.Forbidden, _forbidden),
    (hvac_errors.InvalidPath, lambda _errors, _headers: NotFound()),
    (hvac_errors.RateLimitExceeded, _quota),
    (hvac_errors.VaultNotInitialized, _sealed),
    (hvac_errors.VaultDown, _sealed),
    (hvac_errors.InternalServerError, _unknown),
    (hvac_errors.BadGateway, _unknown),
)

_REFUSED: Final = (http_errors.NewConnectionError, http_errors.ConnectTimeoutError)
_UNTRUSTED: Final = (http_errors.SSLError, http_errors.EmptyPoolError)
