"""What waits for somebody: votes, carrying out, changes that are owed, and the own password before it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestState
from vault_svc.domain.accounts import Debt, DebtState
from vault_svc.domain.password_age import notice_due
from vault_svc.domain.people import Password
from vault_svc.domain.permissions import Caller, ObjectRef, Permission
from vault_svc.services.gate import require, roles_of
from vault_svc.services.request_views import verbs

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx


@dataclass(frozen=True, slots=True)
class Todo:
    """Everything that waits for one person, oldest first. ``password_ends`` is told in the last days only (DB-5)."""

    votes: tuple[AccessRequest, ...]
    carrying_out: tuple[AccessRequest, ...]
    debts: tuple[Debt, ...]
    password_ends: datetime | None = None


def todo(context: Context, caller: Caller) -> Todo:
    """Return what waits for the caller."""

    def work(tx: Tx) -> Todo:
        at = context.clock()
        name = caller.person or ""
        require(tx, context, caller, Permission.ME_READ, ObjectRef("person", name), at=at)
        roles = roles_of(tx, context, name, at=at)
        states = (RequestState.SUBMITTED, RequestState.APPROVED)
        waiting = tx.find(AccessRequest, state__in=states, expires_at__gt=at, order=("submitted_at",))
        may = {asked.serial: set(verbs(tx, context, caller, asked, at=at)) for asked in waiting}
        debts = tx.find(Debt, state=DebtState.OPEN, owner_role__in=sorted(roles), order=("due_on", "id"))
        return Todo(
            tuple(asked for asked in waiting if "vote" in may[asked.serial]),
            tuple(asked for asked in waiting if may[asked.serial] & {"carry_out", "begin_change"}),
            tuple(debts),
            _password_ends(tx, context, name, at=at),
        )

    return context.store.write(work)


def _password_ends(tx: Tx, context: Context, person: str, *, at: datetime) -> datetime | None:
    kept = tx.get(Password, person)
    if kept is None or notice_due(kept, rules=context.rules(tx).passwords, at=at) is None:
        return None
    return kept.expires_at
