"""Finding and loading the folder of policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import vault_svc
from vault_svc.adapters import policyfiles
from vault_svc.adapters.policyfiles import load_dir, read_dir, read_policies, shipped_dir
from vault_svc.domain.errors import PolicyFileInvalid

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_no_utf_8_is_a_fault(tmp_path: Path) -> None:
    """A policy in another encoding is not guessed at."""
    (tmp_path / "roles.toml").write_bytes("zh = '总经理'".encode("gb18030"))

    with pytest.raises(PolicyFileInvalid) as refused:
        load_dir(tmp_path)

    assert refused.value.faults[0].code == "unreadable"


def test_a_file_that_is_too_big_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads such a file before agreeing to it."""
    monkeypatch.setattr(policyfiles, "MOST_BYTES", 10)
    (tmp_path / "roles.toml").write_text("schema = 1\n\n", encoding="utf-8")

    with pytest.raises(PolicyFileInvalid) as refused:
        load_dir(tmp_path)

    assert refused.value.faults[0].code == "too_big"


def test_a_folder_that_is_not_there_has_no_policies(tmp_path: Path) -> None:
    """Nothing is read as nothing allowed, and said so."""
    with pytest.raises(PolicyFileInvalid):
        read_dir(tmp_path / "no")


def test_files_of_other_names_are_left_alone(tmp_path: Path) -> None:
    """An editor's backup or a hidden folder is no policy; sub-folders are part of the name."""
    (tmp_path / "levels").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("roles.toml", "roles.toml~", ".roles.toml", "levels/pg.sql", ".git/x.toml"):
        (tmp_path / name).write_text("x", encoding="utf-8")

    assert sorted(load_dir(tmp_path)) == ["levels/pg.sql", "roles.toml"]


def test_the_shipped_policies_are_in_order() -> None:
    """From the folder and from the texts kept in the store alike."""
    assert read_dir(shipped_dir()) == read_policies(load_dir(shipped_dir()))


def test_an_installed_program_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a wheel the policies lie in the package, and count before a folder beside it."""
    package = tmp_path / "vault_svc"
    (package / "_policies").mkdir(parents=True)
    (tmp_path / "policies").mkdir()
    monkeypatch.setattr(vault_svc, "__file__", str(package / "__init__.py"))

    assert shipped_dir() == package / "_policies"


def test_a_checkout_has_them_beside_the_package(root: Path) -> None:
    """What is edited is what is read."""
    assert shipped_dir() == root / "policies"
