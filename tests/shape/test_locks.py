from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shape.tree import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")


def locked(lock: str) -> dict[str, tuple[Requirement, int]]:
    """Each requirement of a lock by its name, with the number of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: dict[str, tuple[Requirement, int]] = {}
    for entry in entries:
        words, *hashes = entry.split("--hash=sha256:")
        requirement = Requirement(words.strip())
        assert canonicalize_name(requirement.name) not in found
        found[canonicalize_name(requirement.name)] = (requirement, len(hashes))
    return found


def asked(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: the project's own and these groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = project["project"]["dependencies"] + [
        line for group in groups for line in project["dependency-groups"][group]
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    """A lock holds no address, index, link or path."""
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"^.*(?:://|^--?(?!hash)|@ |file:).*$", text, flags=re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_hashes(lock: str) -> None:
    """What is installed is decided by its hash."""
    for requirement, hashes in locked(lock).values():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement.name
        assert hashes, requirement.name


@pytest.mark.parametrize(("lock", "groups"), [(LOCKS[0], ["install"]), (LOCKS[1], ["install", "dev"])])
def test_a_lock_holds_all_that_is_asked_for(lock: str, groups: list[str]) -> None:
    """A requirement added to pyproject.toml is locked too (scripts/lock)."""
    held = locked(lock)

    for requirement in asked(*groups):
        entry, _ = held[canonicalize_name(requirement.name)]
        version = str(entry.specifier).removeprefix("==")
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_developing_holds_all_of_running() -> None:
    """What is tested is what runs: the same versions of everything."""
    running, developing = locked(LOCKS[0]), locked(LOCKS[1])

    differing = {key for key, (entry, _) in running.items() if str(developing[key][0]) != str(entry)}

    assert differing == set()


def test_one_distribution_brings_casbin() -> None:
    """``casbin`` and ``pycasbin`` write the same folder: only the living one is here."""
    for lock in LOCKS:
        assert "pycasbin" in locked(lock)
        assert "casbin" not in locked(lock)
        assert "passlib" not in locked(lock)
