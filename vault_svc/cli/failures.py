"""How a command ends when it could not do what was asked: its exit code and its words (``contract.md`` §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.texts import Text

DONE: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NEEDS_APPROVAL: Final = 4
NOT_FOUND: Final = 5
CONFLICT: Final = 6
INVALID: Final = 7
UNAVAILABLE: Final = 8

_BY_STATUS: Final = {
    400: INVALID,
    401: REFUSED,
    403: REFUSED,
    404: NOT_FOUND,
    409: CONFLICT,
    410: CONFLICT,
    413: INVALID,
    422: INVALID,
    429: UNAVAILABLE,
    502: UNAVAILABLE,
    503: UNAVAILABLE,
    504: UNAVAILABLE,
    507: UNAVAILABLE,
}


class Failure(Exception):
    """A command that ends early, in our own words."""

    def __init__(self, exit_code: int, words: Text, *, code: str) -> None:
        self.exit_code, self.words, self.code = exit_code, words, code
        super().__init__(words.en)


class Refused(Exception):
    """What the service answered instead: a problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any], *, retry_after: str | None = None) -> None:
        self.status, self.problem, self.retry_after = status, dict(problem), retry_after
        super().__init__(str(self.problem.get("code", status)))

    @property
    def code(self) -> str:
        """The one word that says what happened."""
        return str(self.problem.get("code", ""))

    @property
    def exit_code(self) -> int:
        """The exit code that this answer means."""
        return NEEDS_APPROVAL if self.code == "approval_required" else exit_code_of(self.status)


def exit_code_of(status: int) -> int:
    """Return the exit code of a status."""
    return _BY_STATUS.get(status, UNEXPECTED)
