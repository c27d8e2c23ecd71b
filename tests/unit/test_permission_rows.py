from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.gate_cases import faults_of, shipped_files, shipped_policies, shipped_table
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.permission_rows import PERMISSIONS, Effect, held_by, kinds_of, read_permissions
from vault_svc.domain.permission_words import MORE_ROLES, PERMISSION_NAMES
from vault_svc.domain.permissions import Permission
from vault_svc.domain.roles import RESERVED

if TYPE_CHECKING:
    from vault_svc.domain.errors import Fault

GOOD = "p, planner, account, account:list, allow, ACC-1"


def faults(text: str, *roles: str) -> list[str]:
    """What is wrong with a file of rows, as ``line code``."""
    found: list[Fault] = []
    read_permissions(text, found, roles=roles or shipped_policies().roles.by_id)
    return [f"{fault.line} {fault.code}" for fault in found]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("p, stranger, account, account:list, allow,", "unknown_role"),
        ("p, General_Manager, account, account:list, allow,", "unknown_role"),
        ("p, person:zongjingli, account, account:list, allow,", "unknown_role"),
        ("p, *, account, account:list, allow,", "unknown_role"),
        ("p, hr, account, account:peek, allow,", "unknown_permission"),
        ("p, hr, account, account:*, allow,", "unknown_permission"),
        ("p, hr, request, account:list, allow,", "unknown_kind"),
        ("p, hr, account.steal, request:submit, allow,", "unknown_kind"),
        ("p, hr, account, account:list, alow,", "unknown_effect"),
        ("p, hr, account, account:list, Allow,", "unknown_effect"),
        ("p, hr, account, account:list, ,", "unknown_effect"),
        ("p, hr, account, account:list, allow, ACC", ""),
        ("p, hr, account, account:list, allow, acc-1", "bad_rule"),
        ("p, hr, account, account:list, allow, ACC-1 # why", "bad_rule"),
        ("p, hr, account, account:list, allow", "wrong_arity"),
        ("p, hr, account, account:list, allow, ACC-1,", "wrong_arity"),
        ("g, backend, normal", "wrong_arity"),
        ("g, backend, normal, shop", "bad_domain"),
        ("g, backend, nobody, *", "unknown_role"),
        ("g, backend, backend, *", "circle"),
        ("p2, hr, account, account:list, allow,", "unknown_row"),
        ("hr, account, account:list, allow", "unknown_row"),
        ("\ufeffp, hr, account, account:list, allow,", "unknown_row"),
    ],
)
def test_a_row_that_is_not_exact_is_named_with_its_line(row: str, code: str) -> None:
    """Closed by default: no guess, no pattern, no other spelling."""
    assert faults(f"# rows\n{GOOD}\n{row}\n") == ([f"3 {code}"] if code else [])


def test_a_file_without_rows_is_refused() -> None:
    """An empty gate is a mistake, not a policy."""
    assert faults("# nothing\n\n") == ["0 empty"]


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_the_same_is_not_said_twice(effect: str) -> None:
    """Neither repeated nor contradicted: which of the two is meant would be a guess."""
    assert faults(f"{GOOD}\np, planner, account, account:list, {effect},\n") == ["2 duplicate_row"]


def test_what_the_chains_say_is_not_said_again() -> None:
    """Who may submit a request stands in chains.toml, and the fault names the row that says otherwise."""
    changed = shipped_files()[PERMISSIONS] + "p, employee, account.use, request:submit, deny, ACC-4\n"

    assert faults_of(changed={PERMISSIONS: changed}) == ["chains.toml:0 duplicate_row"]


def test_roles_do_not_hold_each_other() -> None:
    """A circle would give both everything of both."""
    circle = f"{GOOD}\ng, planner, designer, *\ng, designer, hr, *\ng, hr, planner, *\ng, planner, designer, *\n"

    assert faults(circle) == ["4 circle", "5 duplicate_row"]


def test_a_post_that_is_called_like_a_relation_or_a_machine_is_refused() -> None:
    """A post ``worker`` would make its holder a machine."""
    assert faults(GOOD, "planner", "worker", "dba") == ["0 reserved_role", "0 reserved_role"]


def test_all_faults_are_found_in_one_run() -> None:
    """Whoever mends a file wants to mend it once."""
    assert faults("p, x, y\np, nobody, account, account:list, maybe, Z\n") == [
        "1 wrong_arity",
        "2 unknown_role",
        "2 unknown_effect",
        "2 bad_rule",
        "0 empty",
    ]


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_open_to_somebody(permission: Permission) -> None:
    """A permission without a row is a door that nobody can use."""
    opened = {row.role for row in shipped_table().rows if row.permission == permission and row.effect == Effect.ALLOW}

    assert opened
    assert kinds_of(permission)
    assert all(PERMISSION_NAMES[permission])


def test_every_row_is_about_a_known_permission_and_role() -> None:
    """The shipped file, and the rows that the chains add."""
    known = shipped_policies().roles.by_id.keys() | MORE_ROLES.keys()

    assert {row.role for row in shipped_table().rows} <= known
    assert {row.permission for row in shipped_table().rows} <= set(Permission)
    assert {row.kind for row in shipped_table().rows if row.permission == "request:submit"} == set(RequestKind)


def test_words_for_relations_are_not_names_of_posts() -> None:
    """Every relation that roles.toml must not define has its words here."""
    chains_only = {"custodian_of", "head_of"}

    assert RESERVED - chains_only <= MORE_ROLES.keys()


def test_what_a_role_holds_through_others_is_counted() -> None:
    """Directly and through others, itself included."""
    assert held_by("a", {"a": ("b",), "b": ("c", "d"), "x": ("y",)}) == {"a", "b", "c", "d"}
