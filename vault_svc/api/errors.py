"""Errors as ``application/problem+json`` (RFC 9457): one table from class to status, and the handlers that use it.

Nothing of what the caller sent is repeated, and nothing of what went wrong inside is told.
"""

from __future__ import annotations

import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vault_svc.api.validation import violations_of
from vault_svc.domain import errors
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

log = structlog.get_logger(__name__)

STATUS: Final[Mapping[type[errors.VaultSvcError], int]] = MappingProxyType(
    {
        errors.Malformed: 400,
        errors.NotAuthenticated: 401,
        errors.BadCredentials: 401,
        errors.SessionExpired: 401,
        errors.StepUpRequired: 401,
        errors.Denied: 403,
        errors.NotPermitted: 403,
        errors.NotCustodian: 403,
        errors.OwnRequest: 403,
        errors.DutiesNotSeparated: 403,
        errors.OutsidePurpose: 403,
        errors.OutsideWindow: 403,
        errors.PasswordChangeDue: 403,
        errors.ApprovalRequired: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
        errors.WrongState: 409,
        errors.AlreadyVoted: 409,
        errors.StaleDigest: 409,
        errors.CheckedOut: 409,
        errors.StaleVersion: 409,
        errors.OrderClosed: 409,
        errors.Gone: 410,
        errors.Invalid: 422,
        errors.PasswordRejected: 422,
        errors.ReasonMissing: 422,
        errors.UnknownKind: 422,
        errors.TooMany: 429,
        errors.Broken: 500,
        errors.AuditChainBroken: 500,
        errors.BackupUnverified: 500,
        errors.PolicyFileInvalid: 500,
        errors.Unavailable: 503,
        errors.VaultSealed: 503,
        errors.VaultUnreachable: 503,
        errors.DatabaseUnreachable: 503,
        errors.AuditUnavailable: 503,
        errors.NoRoom: 507,
    }
)
"""Every class of error has a row of its own (tests/api/test_errors.py)."""

UNEXPECTED: Final = Text("服务内部出错,操作可能未完成", "something went wrong inside, the act may not be complete")
_ASK_FOR_HELP: Final = Text("请把编号告诉系统管理员", "tell the system administrator the number in `instance`")

PLAIN: Final[Mapping[int, tuple[str, Text]]] = MappingProxyType(
    {
        400: (errors.Malformed.code, errors.Malformed.message),
        404: (errors.NotFound.code, errors.NotFound.message),
        405: ("method_not_allowed", Text("此地址不支持这种调用", "the address does not take this method")),
        413: ("too_large", Text("内容过大", "the content is too large")),
    }
)
"""What the framework itself refuses."""


def language_of(accepted: str) -> str:
    """Return ``zh`` or ``en`` by an ``Accept-Language`` header, Chinese where it asks for neither."""
    best, weight = "zh", 0.0
    for part in accepted.split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        quality = _quality(parameter)
        if primary in {"zh", "en"} and quality > weight:
            best, weight = primary, quality
    return best


def status_of(error: errors.VaultSvcError) -> int:
    """Return the status of the nearest class in the table; 500 for one that has no row."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(
    status: int,
    *,
    code: str,
    title: Text,
    language: str,
    detail: Text | None = None,
    rule: str | None = None,
    next_step: Text | None = None,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem document; ``instance`` is a number of this occurrence that the log has too."""
    body = {
        "type": f"urn:vault-svc:problem:{code}",
        "title": title.in_language(language),
        "status": status,
        "code": code,
        "detail": (detail or title).in_language(language),
        "rule": rule,
        "next_step": next_step.in_language(language) if next_step else None,
        "instance": f"urn:uuid:{uuid.uuid4()}",
        **(extra or {}),
    }
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004  # RFC 9110 §11.6.1
    return JSONResponse(
        body,
        status_code=status,
        headers={"Content-Language": language, **challenge, **(headers or {})},
        media_type="application/problem+json",
    )


def of_error(error: errors.VaultSvcError, language: str) -> JSONResponse:
    """Return the problem document of one of our own errors."""
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, errors.Invalid):
        extra["violations"] = shown_violations(error.violations, language)
    if isinstance(error, (errors.TooMany, errors.Unavailable)):
        headers["Retry-After"] = str(error.retry_after_s)
    return problem(
        status_of(error),
        code=error.code,
        title=error.message,
        detail=error.detail,
        rule=error.rule,
        next_step=error.next_step,
        language=language,
        extra=extra,
        headers=headers,
    )


def of_refused(status: int, language: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the problem document of what the framework or the reading of bodies refuses."""
    code, title = PLAIN.get(status, PLAIN[400])
    return problem(status, code=code, title=title, language=language, headers=headers)


def of_unexpected(language: str) -> JSONResponse:
    """Return the problem document of a fault of ours: nothing about it but its number."""
    return problem(500, code="unexpected", title=UNEXPECTED, language=language, next_step=_ASK_FOR_HELP)


def shown_violations(violations: Sequence[errors.Violation], language: str) -> list[dict[str, Any]]:
    """Return violations as they stand in an answer."""
    return [
        {"code": v.code, "field": v.field, "rule": v.rule, "message": v.text.in_language(language)} for v in violations
    ]


def install(app: FastAPI) -> None:
    """Let every error of the application be answered by this module."""
    app.add_exception_handler(errors.VaultSvcError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_refused)


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.VaultSvcError):
        raise error
    answer = of_error(error, language_of(request.headers.get("accept-language", "")))
    if answer.status_code >= 500:  # noqa: PLR2004  # server errors begin there
        log.error("refused", code=error.code, status=answer.status_code)
    return answer


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    language = language_of(request.headers.get("accept-language", ""))
    return of_error(errors.Invalid(violations=violations_of(error.errors())), language)


async def _on_refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    language = language_of(request.headers.get("accept-language", ""))
    return of_refused(error.status_code, language, headers=error.headers)


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
