"""The command line: fast help, secrets never as arguments, one document with --json."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from vault_svc.cli import render
from vault_svc.cli.main import app

HEAVY = {"casbin", "dbos", "fastapi", "hvac", "pydantic", "rich", "sqlalchemy", "urllib3"}


def _commands(node: object, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    below = getattr(node, "commands", {})
    return [found for name, child in below.items() for found in _commands(child, (*path, name))] or [(path, node)]


COMMANDS = _commands(typer.main.get_command(app))
NOT_OF_THE_API = {"up", "down", "config", "company", "policy", "recovery"}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return a runner whose service is not there."""
    monkeypatch.setenv("VAULT_SVC_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_SVC_LANGUAGE", "en")
    return CliRunner()


@pytest.mark.parametrize(
    "arguments",
    [
        ["login", "zhou", "--password", "hunter2hunter2"],
        ["password", "hunter2hunter2"],
        ["account", "first-value", "alipay", "--value", "hunter2hunter2"],
        ["account", "change", "begin", "alipay", "--request", "AR-1", "--output", "-", "--value", "hunter2hunter2"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_secret_is_never_an_argument(runner: CliRunner, arguments: list[str]) -> None:
    """Only - is taken where a secret belongs, and what was written is not repeated."""
    ended = runner.invoke(app, arguments)

    assert ended.exit_code == 2
    assert "hunter2" not in ended.output


def test_a_secret_is_not_shown_in_a_pipe(runner: CliRunner) -> None:
    """Without a terminal nothing is revealed, unless --output - asks for it; nothing is spent by trying."""
    ended = runner.invoke(app, ["account", "reveal", "alipay", "--purpose", "operations", "--reason", "x"])

    assert ended.exit_code == 2


@pytest.mark.parametrize("command", [path for path, _ in COMMANDS if path[0] not in NOT_OF_THE_API], ids=" ".join)
def test_every_command_speaks_json(command: tuple[str, ...]) -> None:
    """Each command that talks to the service has --json and --url."""
    found = next(node for path, node in COMMANDS if path == command)
    options = {option for parameter in getattr(found, "params", ()) for option in parameter.opts}

    assert {"--json", "--url"} <= options


def test_no_service_is_told_in_one_document(runner: CliRunner) -> None:
    """With --json stdout holds one document, whatever happens."""
    ended = runner.invoke(app, ["whoami", "--json", "--url", "http://vault.example.com"])

    assert ended.exit_code == 2
    assert json.loads(ended.stdout)["code"] == "bad_url"


def test_the_contracts_commands_exist() -> None:
    """Every command that this release promises is there."""
    wanted = (
        "up; down; doctor; config check; company check; policy check; recovery issue",
        "login; logout; whoami; password; todo; access; explain; people list; people show",
        "request; requests; show; vote; withdraw; carry-out; dossier",
        "account list; account show; account reveal; account check-out; account check-in; account exposures",
        "account change begin; account change confirm; account change abort",
        "audit tail; audit search; audit verify; audit export; audit checkpoint",
    )

    assert {tuple(name.split()) for line in wanted for name in line.split(";")} <= {path for path, _ in COMMANDS}


def test_help_loads_nothing_heavy() -> None:
    """What the command line needs only later is imported only then."""
    code = f"import sys, vault_svc.cli.main; print(sorted({HEAVY!r} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_help_is_fast() -> None:
    """--help takes less than half a second of a processor; the best of three runs, as other work may be in the way."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "vault_svc", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(took) < 0.5


def test_a_terminal_is_given_nothing_to_obey() -> None:
    """What others wrote can't move the cursor or turn the text around."""
    assert render.clean("a\x1b[2Jb\u202ec\nd") == "a\ufffd[2Jb\ufffdc d"
