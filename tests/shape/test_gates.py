"""What tests/conftest.py promises about every test, tried on small suites of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import pytest_socket

from tests.shape.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "import pytest\ndef test_it():\n    pytest.{}('no such thing here')\n"


def run(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test file under this project's conftest and configuration."""
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_it.py").write_text(source, encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(("COV", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ra", "-n0", "-p", "no:cacheprovider"],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_that_could_not_run_fails_where_ci_is_true(tmp_path: Path) -> None:
    """With CI=true nothing is left out in silence."""
    answer = run(tmp_path, ABSENT.format("sk" + "ip"), CI="true")

    assert answer.returncode == 1, answer.stdout
    assert "no such thing here" in answer.stdout
    assert "1 failed" in answer.stdout


def test_a_file_that_could_not_run_fails_where_ci_is_true(tmp_path: Path) -> None:
    """The same where a whole file steps aside."""
    source = "import pytest\npytest.{}('no such thing here', allow_module_level=True)\n".format("sk" + "ip")

    answer = run(tmp_path, source, CI="true")

    assert answer.returncode != 0, answer.stdout
    assert "no such thing here" in answer.stdout


def test_a_test_that_could_not_run_is_named(tmp_path: Path) -> None:
    """Elsewhere it is named with what is missing."""
    answer = run(tmp_path, ABSENT.format("sk" + "ip"))

    assert answer.returncode == 0, answer.stdout
    assert "no such thing here" in answer.stdout


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    """A warning fails the test that caused it."""
    answer = run(tmp_path, "import warnings\ndef test_it():\n    warnings.warn('old ways')\n")

    assert answer.returncode == 1, answer.stdout


def test_the_callers_environment_stays_outside(tmp_path: Path) -> None:
    """No address, token or proxy of the caller reaches a test."""
    names = ("VAULT_TOKEN", "VAULT_SVC_URL", "BAO_ADDR", "https_proxy", "HTTP_PROXY")
    source = f"import os\ndef test_it():\n    assert not set({names!r}) & set(os.environ)\n"

    answer = run(tmp_path, source, **dict.fromkeys(names, "http://127.0.0.1:9"))

    assert answer.returncode == 0, answer.stdout


def test_nothing_outside_this_machine_is_reached(tmp_path: Path) -> None:
    """A test may talk to this machine and to no other."""
    source = "import socket\ndef test_it():\n    socket.create_connection(('192.0.2.1', 9), timeout=1)\n"

    answer = run(tmp_path, source)

    assert answer.returncode == 1
    assert "SocketConnectBlockedError" in answer.stdout


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_sockets_are_closed_in_tests_that_need_none() -> None:
    """In tests/unit and tests/shape no socket can be opened at all."""
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket()
