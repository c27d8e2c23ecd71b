from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tests.shape.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all files in the wheel of this tree."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_nothing_but_the_product_is_in_the_wheel(wheel: set[str]) -> None:
    """Tests, local data and caches stay at home."""
    tops = {PurePosixPath(entry).parts[0] for entry in wheel}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"vault_svc"}
    assert [entry for entry in wheel if "__pycache__" in entry or "/var/" in entry] == []


def test_all_of_the_product_is_in_the_wheel(wheel: set[str]) -> None:
    """An installed product has every file that the tree has: code, policies, migrations, the example company."""
    files = [path for path in (ROOT / "vault_svc").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    policies = [path.relative_to(ROOT / "policies") for path in (ROOT / "policies").rglob("*") if path.is_file()]
    wanted |= {f"vault_svc/_policies/{path.as_posix()}" for path in policies}

    assert policies
    assert wanted - wheel == set()
