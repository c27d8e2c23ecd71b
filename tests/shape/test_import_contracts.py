"""Each contract of pyproject.toml is tried: a copy of the product with one planted import must be refused by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.shape.tree import ROOT

PYPROJECT = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
PLANTED = "planted"

# contract → (a new module, what it says); for `acyclic` the second half of the circle is appended to the first.
BREACHES = {
    "layers": [
        ("domain", "import vault_svc.services"),
        ("services", "import vault_svc.adapters"),
        ("adapters", "import vault_svc.api"),
        ("api", "import vault_svc.worker"),
        ("worker", "import vault_svc.cli"),
        ("cli", "import vault_svc.__main__"),
        ("bootstrap", "import vault_svc.cli"),
        ("services", "import vault_svc.settings"),
        ("", "import vault_svc.domain"),  # a top-level module that no layer names
    ],
    "domain-is-plain": [("domain", "import os"), ("domain", "import pydantic"), ("domain", "import subprocess")],
    "acyclic": [("domain.one", "import vault_svc.domain.two"), ("services.one", "import vault_svc.services.two")],
    "routes": [("api.routes", "import vault_svc.api.routes.accounts")],
    "adapters-in-bootstrap": [("cli", "import vault_svc.adapters.store"), ("api", "import vault_svc.adapters.store")],
    "settings-at-the-top": [("worker", "import vault_svc.settings"), ("adapters", "import vault_svc.settings")],
    "sqlalchemy-in-store": [("services", "import sqlalchemy.orm"), ("adapters", "from alembic import command")],
    "hvac-in-openbao": [("adapters.store", "import hvac"), ("bootstrap", "from hvac import exceptions")],
    "casbin-in-enforcer": [("services", "import casbin"), ("adapters", "import casbin.util")],
    "passlib-in-hashing": [("services", "import passlib.hash"), ("domain", "from passlib.hash import argon2")],
    "fastapi-in-api": [("services", "import fastapi"), ("adapters", "import starlette.requests")],
}
CASES = [(contract, place, line) for contract, breaches in BREACHES.items() for place, line in breaches]


def lint(folder: Path, *, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the import linter on a copy, for all contracts or one."""
    chosen = ["--contract", contract] if contract else []
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *chosen]
    environment = {"PYTHONPATH": str(folder), "COLUMNS": "200", "PATH": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's code and the contracts, for planting."""
    shutil.copytree(ROOT / "vault_svc", tmp_path / "vault_svc", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PYPROJECT, tmp_path)
    return tmp_path


def plant(folder: Path, place: str, line: str) -> None:
    """Write one import into a new module of a package; a ``place`` that is a module gets the way back as well."""
    package = folder.joinpath("vault_svc", *place.split("."))
    if not place or (package.is_dir() and (package / "__init__.py").exists()):
        (package / f"{PLANTED}.py").write_text(f"{line}\n", encoding="utf-8")
        return
    package.with_suffix(".py").write_text(f"{line}\n", encoding="utf-8")
    other = package.with_name(line.rpartition(".")[2]).with_suffix(".py")
    other.write_text(f"import vault_svc.{place}\n", encoding="utf-8")


def test_every_contract_is_tried() -> None:
    """A contract without a planted breach is a claim."""
    assert {contract["id"] for contract in CONTRACTS} == set(BREACHES)


@pytest.mark.parametrize(("contract", "place", "line"), CASES)
def test_a_planted_breach_is_found(copy: Path, contract: str, place: str, line: str) -> None:
    """The contract says no, and names the module that was planted."""
    plant(copy, place, line)

    answer = lint(copy, contract=contract)

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "BROKEN" in answer.stdout
    assert (place.rpartition(".")[2] or PLANTED) in answer.stdout


def test_the_product_keeps_every_contract(copy: Path) -> None:
    """Without a planted breach nothing is found, so what was found above is the breach."""
    answer = lint(copy)

    assert answer.returncode == 0, answer.stdout + answer.stderr
