from __future__ import annotations

import os
import re

import pytest

from tests.shape.tree import ROOT, text_files

SCRIPTS = ("bench", "check", "down", "lock", "test", "up")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
LINES_OF_A_PAGE = 70
SECTIONS = ("Context", "Decision", "Consequences", "Alternatives")


@pytest.mark.parametrize("script", [*(f"scripts/{script}" for script in SCRIPTS), ".ci/run"])
def test_a_script_runs_and_stops_at_its_first_fault(script: str) -> None:
    """Every script has its run bit and does not go on after a fault."""
    path = ROOT / script

    assert os.access(path, os.X_OK)
    assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")


def test_the_readme_names_the_two_commands() -> None:
    """A newcomer finds how to start it and how to test it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "scripts/up --demo" in text
    assert "scripts/test" in text


def test_what_is_agreed_on_goes_through_the_suite() -> None:
    """The gate of a change calls the checks and the suite that everybody calls."""
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "scripts/check" in text
    assert "scripts/test" in text


def test_files_named_in_the_documents_exist() -> None:
    """A path in backticks or in a link leads to a file of the project."""
    documents = [(path, text) for path, text in text_files() if path.suffix == ".md" and path.name != "CHANGELOG.md"]
    missing = []
    for path, text in documents:
        if "decisions" in path.parts:  # a record stays as it was written
            continue
        named = re.findall(r"`((?:vault_svc|tests|scripts|docs|policies|benchmarks)/[\w./-]*)`", text)
        linked = [path.parent / link for link in re.findall(r"\]\((?!\w+:|#)([^)#]+)", text)]
        places = [ROOT / entry for entry in named] + linked
        missing += [f"{path.name}: {place}" for place in places if not place.exists()]

    assert missing == []


def test_a_decision_is_one_page() -> None:
    """Context, Decision, Consequences, Alternatives, in this order, on one page."""
    for record in DECISIONS:
        text = record.read_text(encoding="utf-8")

        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)

        assert headings == list(SECTIONS), record.name
        assert len(text.splitlines()) <= LINES_OF_A_PAGE, record.name


def test_decisions_are_numbered_without_gaps() -> None:
    """A number is used once and none is missing."""
    numbers = [int(record.name[:4]) for record in DECISIONS]

    assert numbers == list(range(len(numbers)))
