"""DB-1: normal queries; backend has all of normal, enters and modifies; dba backs up and restores, no backend."""

from __future__ import annotations

import pytest

from tests.unit.gate_cases import ask, links, shipped_enforcer, shipped_policies
from vault_svc.domain.permission_words import MORE_ROLES

USES = ("query", "enter", "modify", "back_up", "restore")
LEVELS = {
    "normal": {"query"},
    "backend": {"query", "enter", "modify"},
    "dba": {"back_up", "restore"},
}


def uses(*roles: str, at: str = "database:shop", levels: tuple[str, ...] = ()) -> set[str]:
    """What somebody with these posts, and these levels of the shop's database, may do to a database."""
    who = links("person:a", "person", *roles, database__shop=levels)
    return {use for use in USES if ask(shipped_enforcer(), who, f"database:{use}", at)}


@pytest.mark.parametrize("role", sorted(set(shipped_policies().roles.by_id) | set(MORE_ROLES) - set(LEVELS)))
def test_without_a_level_nobody_uses_a_database(role: str) -> None:
    """DB-1: no post, relation or machine opens one, not even the administrator's or the general manager's post."""
    assert uses(role) == set()
    assert uses(levels=(role,)) == set()


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_of_one_database_opens_no_other(level: str) -> None:
    """DB-1: a level belongs to a person and a database."""
    assert uses(levels=(level,), at="database:mall") == set()
    assert uses(levels=(level,), at="database") == set()


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_opens_exactly_what_the_rule_says(level: str) -> None:
    """DB-1: query; enter and modify as well; back up and restore only."""
    assert uses(levels=(level,)) == LEVELS[level]


def test_backend_has_all_of_normal() -> None:
    """DB-1: whoever may enter data may read what was published."""
    assert uses(levels=("backend",)) > uses(levels=("normal",))


def test_dba_does_not_contain_backend_nor_backend_dba() -> None:
    """DB-1: backing up is no reason to read or modify; modifying is none to carry the data away."""
    assert uses(levels=("dba",)).isdisjoint(uses(levels=("backend",)))


@pytest.mark.parametrize("level", LEVELS)
def test_a_decision_about_a_level_names_the_rule(level: str) -> None:
    """DB-1: yes and no are both found under it."""
    who = links("person:a", "person", database__shop=[level])

    decisions = [ask(shipped_enforcer(), who, f"database:{use}", "database:shop") for use in USES]

    assert {decision.rule for decision in decisions} == {"DB-1"}
    assert len({bool(decision) for decision in decisions}) == 2


@pytest.mark.parametrize("state", ["one_time", "owed", "expired"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_closed_while_the_password_is_not_in_order(level: str, state: str) -> None:
    """DB-1 with DB-5 and DB-6: the database is not reached with a password that should have been changed."""
    who = links("person:a", "person", database__shop=[level])

    assert not any(ask(shipped_enforcer(), who, f"database:{use}", "database:shop", password=state) for use in USES)
