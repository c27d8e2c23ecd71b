"""What the vault and the connection say becomes an error of ours, and nothing of their words goes with it."""

from __future__ import annotations

import traceback

import pytest
from urllib3 import exceptions as http_errors
from urllib3.connection import HTTPSConnection

from vault_svc.adapters.openbao.errors import (
    NotSent,
    OutcomeUnknown,
    TokenRefused,
    answer_error,
    connection_error,
)
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

POLICY_SAYS_NO = ["1 error occurred:\n\t* permission denied\n\n"]


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (400, ["check-and-set parameter did not match the current version"], StaleVersion),
        (400, ["check-and-set parameter 0 did not match the current version 1"], StaleVersion),
        (400, ["wrapping token is not valid or does not exist"], Gone),
        (400, ['error validating claims: claim "sn" is missing'], NotPermitted),
        (400, ["error validating token: invalid expiration time (exp) claim"], NotPermitted),
        (400, ["invalid role or secret ID"], NotPermitted),
        (400, ["something new"], Malformed),
        (400, [], Malformed),
        (401, [], NotPermitted),
        (403, POLICY_SAYS_NO, NotPermitted),
        (403, ["permission denied"], TokenRefused),
        (404, [], NotFound),
        (405, ["unsupported operation"], Malformed),
        (413, ["request body too large"], Malformed),
        (429, ["request path: rate limit quota exceeded"], TooMany),
        (500, ["1 error occurred: audit"], OutcomeUnknown),
        (501, ["Vault is not initialized"], VaultSealed),
        (502, [], OutcomeUnknown),
        (503, ["Vault is sealed"], VaultSealed),
        (504, [], OutcomeUnknown),
        (307, [], OutcomeUnknown),
    ],
)
def test_each_answer_has_its_error(status: int, said: list[str], expected: type[VaultSvcError]) -> None:
    """The table of answers."""
    assert type(answer_error(status, said, {})) is expected


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("", 1), ("soon", 1), ("-1", 1), ("٣", 1)])
def test_a_quota_says_how_long(header: str, seconds: int) -> None:
    """Retry-After where it is a number, one second else."""
    error = answer_error(429, [], {"Retry-After": header})

    assert isinstance(error, TooMany)
    assert error.retry_after_s == seconds


def test_a_standby_is_no_quota() -> None:
    """Asked for its health a node that is not the leader says 429 as well: unreachable, not too many."""
    assert type(answer_error(429, [], {}, health=True)) is VaultUnreachable
    assert type(answer_error(503, ["sealed"], {}, health=True)) is VaultSealed


def _connection() -> HTTPSConnection:
    return HTTPSConnection("vault.internal", 8200)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (http_errors.NewConnectionError(_connection(), "refused"), NotSent),
        (http_errors.ConnectTimeoutError(), NotSent),
        (http_errors.SSLError("certificate verify failed"), VaultUnreachable),
        (http_errors.ProtocolError("Connection aborted."), OutcomeUnknown),
        (http_errors.ReadTimeoutError(None, "/v1/kv/data/x", "late"), OutcomeUnknown),  # type: ignore[arg-type]
        (http_errors.IncompleteRead(1, 2), OutcomeUnknown),
        (http_errors.DecodeError(), OutcomeUnknown),
    ],
)
def test_each_broken_connection_has_its_error(raised: http_errors.HTTPError, expected: type[VaultSvcError]) -> None:
    """What may have been sent has an unknown outcome; what surely was not, has none; wrapped or bare."""
    wrapped = http_errors.MaxRetryError(None, "/v1/kv/data/x", raised)  # type: ignore[arg-type]

    assert type(connection_error(raised)) is expected
    assert type(connection_error(wrapped)) is expected


def test_nothing_of_the_vaults_words_is_told() -> None:
    """Neither message nor address stands in the error, its text or its traceback."""
    secret_words = ["path kv/data/acct/alipay/value at vault.internal:8200 says sentinel"]
    raised = http_errors.MaxRetryError(
        None,  # type: ignore[arg-type]
        "/v1/kv/data/acct/alipay/value",
        http_errors.NewConnectionError(_connection(), "sentinel"),
    )

    errors = [answer_error(status, secret_words, {}) for status in (400, 401, 403, 404, 429, 500, 503)]
    errors.append(connection_error(raised))

    for error in errors:
        told = "".join(traceback.format_exception(error)) + repr(error) + str(error.detail) + str(error.next_step)
        assert "sentinel" not in told
        assert "alipay" not in told
        assert "vault.internal" not in told


def test_a_lost_outcome_is_a_vault_that_can_not_be_reached() -> None:
    """Who does not read back may treat the two alike; the code that people see is the same."""
    assert issubclass(OutcomeUnknown, VaultUnreachable)
    assert OutcomeUnknown.code == NotSent.code == VaultUnreachable.code
    assert TokenRefused.code == NotPermitted.code
