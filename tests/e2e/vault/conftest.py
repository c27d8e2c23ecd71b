"""One real vault for the tests of a process, and begun data for those that need one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.realvault import begin, copied, running_vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.realvault import RealVault
    from vault_svc.adapters.openbao.server import EmbeddedVault


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of a vault that was started once and stopped."""
    return begin(tmp_path_factory.mktemp("begun"))


@pytest.fixture(scope="session")
def vault(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """A vault that was set up; tests make accounts and people of their own in it."""
    with running_vault(tmp_path_factory.mktemp("vault"), begun=begun) as running:
        yield running


@pytest.fixture
def stopped(begun: Path, tmp_path: Path) -> EmbeddedVault:
    """A stopped vault of the test's own, never set up."""
    return copied(begun, tmp_path)


@pytest.fixture
def started(stopped: EmbeddedVault) -> Iterator[EmbeddedVault]:
    """The same, running."""
    stopped.start()
    yield stopped
    stopped.stop()
