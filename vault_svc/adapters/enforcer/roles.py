"""The role manager: the caller's own links and which role holds which, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casbin.rbac import RoleManager

from vault_svc.domain.permission_rows import held_by
from vault_svc.domain.permissions import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.permissions import Links

_NONE: frozenset[str] = frozenset()


class CallerRoles(RoleManager):  # type: ignore[misc]  # casbin publishes no types
    """Casbin's role manager for one question, over the links that came with it; a stranger leaves nothing behind.

    Unlike the stock one it gives nobody a role for being spelled like it.
    """

    __slots__ = ("_holders", "_links")

    def __init__(self, links: Links, holders: Mapping[str, frozenset[str]]) -> None:
        self._links = links
        self._holders = holders

    def has_link(self, name1: str, name2: str, *domain: str) -> bool:
        """Whether the caller ``name1`` holds the role ``name2`` everywhere or in the domain, or one that holds it."""
        links = self._links
        if name1 != links.subject:
            return False
        everywhere = links.roles.get(EVERYWHERE, _NONE)
        here = links.roles.get(domain[0], _NONE) if domain else _NONE
        if name2 in everywhere or name2 in here:
            return True
        holders = self._holders.get(name2)
        return holders is not None and not (holders.isdisjoint(everywhere) and holders.isdisjoint(here))


def holders_of(inherits: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return role → all roles that hold it, itself included, for each role that another one holds."""
    holders: dict[str, set[str]] = {}
    for holder in inherits:
        for role in held_by(holder, inherits) - {holder}:
            holders.setdefault(role, {role}).add(holder)
    return {role: frozenset(found) for role, found in holders.items()}
