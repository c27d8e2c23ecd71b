"""The table of errors is complete, and a problem document tells what it may and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.api.errors import PLAIN, STATUS, UNEXPECTED, language_of, of_error, of_unexpected, status_of
from vault_svc.domain import errors
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from pathlib import Path


def _every(kind: type[errors.VaultSvcError]) -> list[type[errors.VaultSvcError]]:
    return [found for below in kind.__subclasses__() for found in (below, *_every(below))]


def _made(kind: type[errors.VaultSvcError]) -> errors.VaultSvcError:
    if issubclass(kind, errors.TooMany):
        return kind(retry_after_s=7)
    return kind(()) if issubclass(kind, errors.PolicyFileInvalid) else kind()


EVERY = [kind for kind in _every(errors.VaultSvcError) if kind.__module__.startswith("vault_svc.domain.")]


def test_every_error_has_a_row() -> None:
    """No class of error is left to a guess."""
    assert set(STATUS) == set(EVERY)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_problem_document_is_whole(kind: type[errors.VaultSvcError]) -> None:
    """Every error is told with the fields of the contract, in both languages."""
    chinese, english = (json.loads(bytes(of_error(_made(kind), tag).body)) for tag in ("zh", "en"))

    assert {"type", "title", "status", "code", "detail", "rule", "next_step", "instance"} <= set(chinese)
    assert chinese["status"] == status_of(_made(kind)) == STATUS[kind]
    assert chinese["title"] != english["title"]


@pytest.mark.parametrize("error", [errors.TooMany(retry_after_s=7), errors.Unavailable(retry_after_s=7)])
def test_waiting_time_is_told(error: errors.VaultSvcError) -> None:
    """Who has to wait is told how long."""
    assert of_error(error, "zh").headers["Retry-After"] == "7"


def test_codes_are_one_word_each() -> None:
    """No two errors share a code, so a program can tell them apart."""
    codes = [kind.code for kind in EVERY]

    assert len(set(codes)) == len(codes)


def test_violations_are_named() -> None:
    """A broken rule is named with its field and its regulation."""
    violation = errors.Violation("digit_first", Text("不能以数字开头", "no digit first"), field="new", rule="DB-5")

    told = json.loads(bytes(of_error(errors.PasswordRejected(violations=[violation]), "en").body))

    assert told["violations"] == [{"code": "digit_first", "field": "new", "rule": "DB-5", "message": "no digit first"}]


def test_unexpected_tells_nothing() -> None:
    """What nobody expected is a number and a request to tell somebody."""
    told = json.loads(bytes(of_unexpected("en").body))

    assert (told["status"], told["code"], told["rule"]) == (500, "unexpected", None)
    assert told["instance"].startswith("urn:uuid:")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.1, zh;q=0.2", "zh"),
        ("en;q=nonsense", "zh"),
    ],
)
def test_language(accepted: str, language: str) -> None:
    """The reader's language is used, Chinese where none of ours is wanted."""
    assert language_of(accepted) == language


@given(st.text(max_size=200))
def test_language_never_fails(accepted: str) -> None:
    """Whatever stands in the header, there is an answer."""
    assert language_of(accepted) in {"zh", "en"}


def test_the_document_lists_every_code(root: Path) -> None:
    """The closed list in docs/ says what the program says, row by row."""
    rows = {kind.code: (status, kind.message) for kind, status in STATUS.items()}
    rows |= {code: (status, title) for status, (code, title) in PLAIN.items()}
    rows["unexpected"] = (500, UNEXPECTED)
    told = sorted(f"| `{code}` | {status} | {text.zh} | {text.en} |" for code, (status, text) in rows.items())

    document = (root / "docs" / "errors.md").read_text("utf-8").splitlines()

    assert sorted(line for line in document if line.startswith("| `")) == told
