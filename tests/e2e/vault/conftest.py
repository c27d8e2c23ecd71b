"""One real vault for the tests of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.realvault import running_vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.realvault import RealVault


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """A vault that was set up; tests make accounts and people of their own in it."""
    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running
