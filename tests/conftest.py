"""What holds for every test: a clean environment, closed sockets where nothing outside is needed, no silent skips."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() == "true"
SOCKETS_CLOSED = (ROOT / "tests" / "unit", ROOT / "tests" / "shape")

_STRIPPED = ("VAULT_", "BAO_")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy"})

# Time limits are pytest-timeout's: a deadline for one example fails at random on a loaded machine.
hypothesis.settings.register_profile("dev", deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=200, print_blob=True)
hypothesis.settings.load_profile("ci" if CI else "dev")


def pytest_configure(config: pytest.Config) -> None:
    """Take away what the caller's environment would bring into tests, and the caller's own config folder."""
    for name in list(os.environ):
        if name.upper().startswith(_STRIPPED) or name.lower() in _PROXIES:
            del os.environ[name]
    config_home = tempfile.TemporaryDirectory(prefix="config-", ignore_cleanup_errors=True)
    config.add_cleanup(config_home.cleanup)
    os.environ["XDG_CONFIG_HOME"] = config_home.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Close the sockets of tests that need nothing outside this process."""
    for item in items:
        if any(folder in item.path.parents for folder in SOCKETS_CLOSED):
            item.add_marker(pytest.mark.disable_socket)


def _not_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if CI and report.skipped:
        missing = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"could not run, which CI=true does not allow: {missing}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a test that could not run is a failure."""
    report = yield
    _not_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that could not be collected."""
    report = yield
    _not_skipped(report)
    return report


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path | None:
    """The founders' papers beside the project, where they are laid; a test passes without them too."""
    folder = ROOT.parent / "shared"
    return folder if (folder / "regulations.md").is_file() else None
