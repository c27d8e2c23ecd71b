"""Kinds of official accounts, as ``policies/kinds.toml`` lists them (ACC-1, ACC-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.reading import Node, schema_1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.texts import Text


@dataclass(frozen=True, slots=True)
class AccountKind:
    """One kind. ``inside_only``: its password is disclosed to nobody outside custody, whoever agrees (ACC-4)."""

    id: str
    names: Text
    inside_only: bool = False


@dataclass(frozen=True, slots=True)
class AccountKinds:
    """All kinds by id."""

    by_id: Mapping[str, AccountKind]

    def __contains__(self, kind: object) -> bool:
        return kind in self.by_id

    def inside_only(self, kind: str) -> bool:
        """Whether the password stays inside custody; an unknown kind does."""
        found = self.by_id.get(kind)
        return found is None or found.inside_only


def read_account_kinds(root: Node) -> AccountKinds:
    """Read ``kinds.toml``; faults are left on the node."""
    schema_1(root, "kind")
    return AccountKinds({node.word(): _kind(node) for node in root.named("kind")})


def _kind(node: Node) -> AccountKind:
    node.only("zh", "en", "inside_only")
    return AccountKind(id=node.name, names=node.words(), inside_only=node.flag("inside_only"))
