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
CIRCLE = "a second module that imports this one"

# contract → (the package that gets a new module, what the module says)
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
    "acyclic": [("domain", CIRCLE), ("services", CIRCLE)],
    "routes": [("api.routes", "import vault_svc.api.routes.accounts")],
    "adapters-in-bootstrap": [("cli", "import vault_svc.adapters.store"), ("api", "import vault_svc.adapters.store")],
    "settings-at-the-top": [("worker", "import vault_svc.settings"), ("adapters", "import vault_svc.settings")],
    "sqlalchemy-in-store": [("services", "import sqlalchemy.orm"), ("adapters", "from alembic import command")],
    "hvac-in-openbao": [("adapters.store", "import hvac"), ("bootstrap", "from hvac import exceptions")],
    "casbin-in-enforcer": [("services", "import casbin"), ("adapters", "import casbin.util")],
    "passlib-in-hashing": [("services", "import passlib.hash"), ("domain", "from passlib.hash import argon2")],
    "zxcvbn-in-strength": [("services", "from zxcvbn import zxcvbn"), ("adapters", "import zxcvbn.scoring")],
    "pypinyin-in-pinyin": [("domain", "import pypinyin"), ("adapters.store", "from pypinyin import lazy_pinyin")],
    "fastapi-in-api": [("services", "import fastapi"), ("adapters", "import starlette.requests")],
}


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


def plant(folder: Path, module: str, place: str, line: str) -> None:
    """Write one import into a new module of a package."""
    package = folder / "vault_svc" / place.replace(".", "/")
    if line is CIRCLE:
        line = f"import vault_svc.{place}.{module}_too"
        (package / f"{module}_too.py").write_text(f"import vault_svc.{place}.{module}\n", encoding="utf-8")
    (package / f"{module}.py").write_text(f"{line}\n", encoding="utf-8")


def test_every_contract_is_tried() -> None:
    """A contract without a planted breach is a claim."""
    assert {contract["id"] for contract in CONTRACTS} == set(BREACHES)


@pytest.mark.parametrize(("contract", "breaches"), BREACHES.items())
def test_planted_breaches_are_found(copy: Path, contract: str, breaches: list[tuple[str, str]]) -> None:
    """The contract says no, and names each module that was planted."""
    planted = [f"planted_{number}" for number in range(len(breaches))]
    for module, (place, line) in zip(planted, breaches, strict=True):
        plant(copy, module, place, line)

    answer = lint(copy, contract=contract)

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "BROKEN" in answer.stdout
    assert [module for module in planted if module not in answer.stdout] == []


def test_the_product_keeps_every_contract(copy: Path) -> None:
    """Without a planted breach nothing is found, so what was found above is the breach."""
    answer = lint(copy)

    assert answer.returncode == 0, answer.stdout + answer.stderr
