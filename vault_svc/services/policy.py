"""The policies in force for those who answer for them: who may do what, and whether the gates still say so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vault_svc.domain.errors import Unavailable
from vault_svc.domain.operations import Message
from vault_svc.domain.permissions import Allow, Caller, ObjectRef, Permission
from vault_svc.services.gate import require

if TYPE_CHECKING:
    from vault_svc.services.context import Context
    from vault_svc.services.ports import Tx

WAIT_S = 20.0
POLL_S = 0.1


def matrix(context: Context, caller: Caller) -> dict[str, Any]:
    """Return role → what it may do (``kind permission``), with the rule that says so."""

    def work(tx: Tx) -> dict[str, Any]:
        require(tx, context, caller, Permission.POLICY_READ, ObjectRef("policy"), at=context.clock())
        rules = context.rules(tx)
        told = {
            role: [
                {"kind": kind, "permission": act, "rule": decision.rule}
                for (kind, act), decision in sorted(acts.items())
                if isinstance(decision, Allow)
            ]
            for role, acts in sorted(rules.enforcer.matrix().items())
        }
        return {"version": rules.version, "roles": told}

    return context.store.write(work)


def drift(context: Context, caller: Caller) -> dict[str, Any]:
    """Have the worker compare the gates with what was approved; return every difference it found."""

    def ask(tx: Tx) -> str:
        require(tx, context, caller, Permission.POLICY_DRIFT, ObjectRef("policy"), at=context.clock())
        return tx.owe("drift", {"asked_by": caller.subject})

    message = context.store.write(ask)
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends:
        found = context.store.read(lambda reader: reader.get(Message, message))
        if found is not None and found.done_at is not None:
            return dict(found.result or {})
        time.sleep(POLL_S)
    raise Unavailable(retry_after_s=10)
