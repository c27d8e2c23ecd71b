"""The kinds of requests as people see them: what to fill in, who agrees, whether one may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.permissions import ObjectRef, Permission
from vault_svc.services.gate import require, roles_of
from vault_svc.services.kinds import KINDS, KindSpec

if TYPE_CHECKING:
    from vault_svc.domain.permissions import Caller
    from vault_svc.domain.texts import Text
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind. ``may_ask`` is by role alone: an account's own custodians may ask for more than this says."""

    spec: KindSpec
    chain: tuple[Text, ...]
    may_ask: bool


def list_kinds(context: Context, caller: Caller) -> list[KindView]:
    """Return every kind that has a chain, in alphabetical order."""

    def work(tx: Tx) -> list[KindView]:
        at = context.clock()
        require(tx, context, caller, Permission.KIND_LIST, ObjectRef("kind"), at=at)
        policies = context.rules(tx).policies
        roles = roles_of(tx, context, caller.person, at=at) if caller.person else frozenset()
        return [
            KindView(KINDS[kind], policies.in_words(kind), bool(policies.may_ask(kind, roles)))
            for kind in sorted(policies.chains)
            if kind in KINDS
        ]

    return context.store.write(work)
