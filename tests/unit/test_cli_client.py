"""The client: where it speaks to, what an answer means, where the bearer lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vault_svc.cli import session_file
from vault_svc.cli.addresses import checked_url, part
from vault_svc.cli.failures import Failure, Refused

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize(
    "url",
    ["http://vault.example.com", "ftp://127.0.0.1", "127.0.0.1:8000", "http://a:b@127.0.0.1", "http://", "http://[::1"],
)
def test_a_bearer_never_travels_in_the_clear(url: str) -> None:
    """Plain http is for this machine only, and nothing odd is an address."""
    with pytest.raises(Failure) as found:
        checked_url(url)

    assert found.value.exit_code == 2


@pytest.mark.parametrize("url", [URL, "http://localhost:1", "http://[::1]:8000", "https://vault.example.com/"])
def test_good_addresses(url: str) -> None:
    """An address is on this machine, or behind TLS."""
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize("word", ["", ".", ".."])
def test_an_id_can_not_walk(word: str) -> None:
    """Dots alone would climb out of the path."""
    with pytest.raises(Failure):
        part(word)


def test_an_id_is_one_segment() -> None:
    """Whatever else stands in it stays one segment."""
    assert part("a/../b%2e") == "a%2F..%2Fb%252e"


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (400, "malformed", 7),
        (401, "not_authenticated", 3),
        (403, "own_request", 3),
        (403, "approval_required", 4),
        (404, "not_found", 5),
        (409, "stale_digest", 6),
        (410, "already_opened", 6),
        (422, "invalid", 7),
        (429, "too_many", 8),
        (500, "unexpected", 1),
        (503, "vault_sealed", 8),
        (507, "no_room", 8),
    ],
)
def test_exit_codes(status: int, code: str, ends: int) -> None:
    """Every answer has its exit code."""
    assert Refused(status, {"code": code}).exit_code == ends


def test_the_session_file_is_its_owners_alone() -> None:
    """The bearer is kept with 0600 in a folder with 0700, for its own address."""
    session_file.keep(URL, bearer="b" * 43, person="zhou")

    assert session_file.path().stat().st_mode & 0o777 == 0o600
    assert session_file.path().parent.stat().st_mode & 0o077 == 0
    assert session_file.token(URL) == "b" * 43
    assert session_file.token("https://elsewhere.example.com") is None


def test_a_file_that_others_can_read_is_refused() -> None:
    """A bearer that others may have read is used no more."""
    session_file.keep(URL, bearer="b" * 43, person="zhou")
    session_file.path().chmod(0o644)

    with pytest.raises(Failure) as found:
        session_file.token(URL)

    assert found.value.exit_code == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"http://127.0.0.1:8000": 1}'])
def test_half_a_file_is_no_session(content: str) -> None:
    """What can't be read is nobody's session."""
    session_file.keep(URL, bearer="b" * 43, person="zhou")
    session_file.path().write_text(content)

    assert session_file.token(URL) is None


def test_forgetting_the_last_one_leaves_no_file() -> None:
    """After signing out everywhere nothing is left."""
    session_file.keep(URL, bearer="b" * 43, person="zhou")

    session_file.forget(URL)

    assert not session_file.path().exists()
