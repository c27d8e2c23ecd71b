"""A company at work for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.house import open_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The example company after opening day."""
    opened = open_house(tmp_path)
    yield opened
    opened.store.close()
