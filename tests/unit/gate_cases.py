"""Enforcers, rows and links for tests of the first gate, and a stock Casbin enforcer to hold ours against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import casbin
from casbin.model import Model
from casbin.persist import Adapter

from vault_svc.adapters.enforcer import MODEL, CasbinEnforcer, build_enforcer
from vault_svc.adapters.enforcer.load import read_model
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.domain.errors import PolicyFileInvalid
from vault_svc.domain.permission_rows import (
    PERMISSIONS,
    PermissionRow,
    PermissionTable,
    asker_rows,
    read_permissions,
)
from vault_svc.domain.permissions import EVERYWHERE, Decision, Links, ObjectRef, Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault_svc.domain.errors import Fault
    from vault_svc.domain.policies import Policies

ALL = "r.obj == p.obj && r.act == p.act && g(r.sub, p.role, r.dom)"


@cache
def shipped_files() -> Mapping[str, str]:
    """The policy files of the project."""
    return load_dir(shipped_dir())


@cache
def shipped_policies() -> Policies:
    """What the other readers make of them."""
    return read_policies(shipped_files())


@cache
def shipped_enforcer() -> CasbinEnforcer:
    """The gate as it is shipped."""
    return build_enforcer(shipped_files(), shipped_policies())


@cache
def shipped_table() -> PermissionTable:
    """The rows of permissions.csv, with those of the chains."""
    faults: list[Fault] = []
    table = read_permissions(shipped_files()[PERMISSIONS], faults, roles=shipped_policies().roles.by_id)
    return PermissionTable((*table.rows, *asker_rows(shipped_policies().chains)), table.inherits)


def model_text(matcher: str) -> str:
    """The shipped model with another matcher."""
    return f"{shipped_files()[MODEL].partition('[matchers]')[0]}[matchers]\nm = {matcher}\n"


def enforcer(
    rows: Iterable[tuple[str, str, str, str, str]],
    *,
    matcher: str = ALL,
    inherits: Mapping[str, tuple[str, ...]] | None = None,
) -> CasbinEnforcer:
    """An enforcer over a few rows."""
    faults: list[Fault] = []
    compiled = read_model(model_text(matcher), faults)
    assert compiled is not None, faults
    return CasbinEnforcer(compiled, table(rows, inherits=inherits), names={})


def table(
    rows: Iterable[tuple[str, str, str, str, str]], *, inherits: Mapping[str, tuple[str, ...]] | None = None
) -> PermissionTable:
    """Rows as the reader hands them over."""
    return PermissionTable(tuple(PermissionRow(*row) for row in rows), inherits or {})


def faults_of(*, changed: Mapping[str, str]) -> list[str]:
    """What is wrong with the shipped files where some are changed, as ``file:line code``."""
    try:
        build_enforcer({**shipped_files(), **changed}, shipped_policies())
    except PolicyFileInvalid as invalid:
        return [f"{fault.file}:{fault.line} {fault.code}" for fault in invalid.faults]
    return []


def links(name: str = "person:somebody", *everywhere: str, **here: Iterable[str]) -> Links:
    """Links of one subject; a keyword is a domain with ``__`` for ``:``."""
    relations = {domain.replace("__", ":"): frozenset(roles) for domain, roles in here.items()}
    return Links(name, {EVERYWHERE: frozenset(everywhere), **relations})


def ask(gate: CasbinEnforcer, who: Links, act: str, what: str, *, password: str = "in_order") -> Decision:
    """Ask for ``account:alipay`` or a whole kind; words that are no permission are passed on as they are."""
    kind, _, name = what.partition(":")
    permission: Any = Permission(act) if act in set(Permission) else act
    return gate.decide(who, permission, ObjectRef(kind, name), password=password)


class RowsAdapter(Adapter):  # type: ignore[misc]  # casbin publishes no types
    """Loads our rows into a stock enforcer."""

    def __init__(self, loaded: PermissionTable, everybody: Iterable[Links] = ()) -> None:
        self._loaded = loaded
        self._everybody = everybody

    def load_policy(self, model: Model) -> None:
        model["p"]["p"].policy = [list(row.values) for row in self._loaded.rows]
        inherited = [[role, held, EVERYWHERE] for role, all_held in self._loaded.inherits.items() for held in all_held]
        held = [
            [person.subject, role, domain]
            for person in self._everybody
            for domain, roles in person.roles.items()
            for role in sorted(roles)
        ]
        model["g"]["g"].policy = [*inherited, *held]


def stock(text: str, loaded: PermissionTable, everybody: Iterable[Links] = ()) -> casbin.Enforcer:
    """A stock enforcer of the same model, rows and links; the domain ``*`` counts in every other one."""
    model = Model()
    model.load_model_from_text(text)
    made = casbin.Enforcer(model, RowsAdapter(loaded, everybody))
    made.add_named_domain_matching_func("g", lambda _, domain: domain == EVERYWHERE)
    return made
