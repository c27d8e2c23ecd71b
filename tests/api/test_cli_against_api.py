"""The command line against the real application over a real socket."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from typer.testing import CliRunner

from tests.api.conftest import PASSWORD
from vault_svc.cli import session_file
from vault_svc.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.conftest import Api

ASK = ["request", "account.change", "--set", "account=shop", "--set", "what=password", "--reason", "it is old"]


@pytest.fixture(scope="module")
def url(api: Api) -> Iterator[str]:
    """Return the address of the application, served for as long as this module runs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(api.client.app, log_config=None, access_log=False, lifespan="off"))
        ready = threading.Event()
        started = server.startup

        async def startup(sockets: list[socket.socket] | None = None) -> None:
            await started(sockets)
            ready.set()

        server.startup = startup  # type: ignore[method-assign]  # told instead of asked again and again
        thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
        thread.start()
        assert ready.wait(30)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


class Terminal:
    """One person at the command line."""

    def __init__(self, url: str) -> None:
        self._runner = CliRunner(env={"VAULT_SVC_URL": url, "VAULT_SVC_LANGUAGE": "en"})

    def run(self, *words: str, stdin: str | None = None, ends: int = 0) -> str:
        """Run a command and return what it printed."""
        done = self._runner.invoke(app, list(words), input=stdin)
        assert done.exit_code == ends, done.output
        return done.output

    def json(self, *words: str, stdin: str | None = None, ends: int = 0) -> Any:
        """Run a command with --json and return its document."""
        done = self._runner.invoke(app, [*words, "--json"], input=stdin)
        assert done.exit_code == ends, done.output
        return json.loads(done.stdout)


@pytest.fixture
def terminal(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal with a config folder of its own, signed in as the operations lead."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made = Terminal(url)
    made.run("login", "ops", "--password", "-", stdin=f"{PASSWORD}\n")
    return made


def test_a_wrong_password_ends_with_3_and_no_session(terminal: Terminal, url: str) -> None:
    """Signing in anew drops the session before, and a wrong password makes none."""
    told = terminal.run("login", "ops", "--password", "-", stdin="wrong\n", ends=3)

    assert "wrong" not in told
    assert session_file.token(url) is None


def test_nobody_is_told_to_sign_in(terminal: Terminal) -> None:
    """After signing out a command ends with 3 and says what to do."""
    terminal.run("logout")

    assert terminal.json("whoami", ends=3)["code"] == "not_authenticated"


def test_the_token_is_not_printed(terminal: Terminal, url: str) -> None:
    """Signing in with --json prints no bearer; it lies in the session file only."""
    signed = terminal.json("login", "ops", "--password", "-", stdin=f"{PASSWORD}\n")

    assert "token" not in signed
    assert (session_file.token(url) or "none") not in json.dumps(signed)


def test_asking_and_taking_back(terminal: Terminal) -> None:
    """A request is made, seen in the lists, not voted on by its asker, and taken back."""
    serial = terminal.json(*ASK)["serial"]

    mine = terminal.json("requests", "--mine", "--state", "submitted")
    shown = terminal.run("show", serial)
    voted = terminal.json("vote", serial, "approve", ends=3)
    ended = terminal.json("withdraw", serial, "--reason", "no more")

    assert serial in {item["serial"] for item in mine["items"]}
    assert "general manager" in shown
    assert voted["code"] == "own_request"
    assert ended["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["show", "NO-1"], 5),
        (["show", "a/../b"], 5),
        (["request", "no.such"], 7),
        (["request", "account.use", "--set", "account=shop"], 7),
        (["account", "reveal", "shop", "--purpose", "operations", "--reason", "x", "--output", "-"], 8),
        (["doctor"], 8),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else str(value),
)
def test_exit_codes(terminal: Terminal, words: list[str], ends: int) -> None:
    """Each kind of refusal has its exit code, and one document tells it."""
    assert terminal.json(*words, ends=ends)


@pytest.mark.parametrize(
    "words",
    [
        ["whoami"],
        ["todo"],
        ["access"],
        ["people", "list"],
        ["account", "list"],
        ["account", "show", "shop"],
        ["account", "exposures", "shop"],
        ["request", "--list"],
        ["requests"],
        ["audit", "tail"],
        ["explain", "--person", "ops", "--action", "account:reveal", "--object", "account:shop"],
    ],
    ids=" ".join,
)
def test_every_answer_is_shown_and_told(terminal: Terminal, words: list[str]) -> None:
    """What a command shows to people it tells programs as one document."""
    assert terminal.run(*words).strip()
    assert isinstance(terminal.json(*words), dict)


def test_a_page_is_not_taken_for_the_service(terminal: Terminal, url: str) -> None:
    """Something else that answers there is told as such, or refused."""
    assert terminal.json("whoami", "--url", f"{url}/elsewhere", ends=5)["code"] == "not_found"
