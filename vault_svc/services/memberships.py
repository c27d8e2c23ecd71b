"""Who may reach which secret, carried into the vault's groups: always the whole list from the store, never read back.

Run by the worker. A grant or an approved change counts only if the signatures of its votes hold, so that a row forged
in the store moves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import EventDraft, Verdict
from vault_svc.domain.chain_votes import Outcome, tally
from vault_svc.domain.events import EventTag
from vault_svc.domain.fixed_chains import FixedChain
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.narrowing import agreed
from vault_svc.domain.permissions import Caller
from vault_svc.services.admission import Asking, facts
from vault_svc.services.gate import holders_of
from vault_svc.services.kinds import spec
from vault_svc.services.request_views import votes_of

if TYPE_CHECKING:
    from datetime import datetime

    from vault_svc.domain.policies import Policies
    from vault_svc.services.context import StewardContext, WorkerContext
    from vault_svc.services.ports import Reader, Tx

VERBS = ("custody", "use", "change")
"""For each account one group of each (see ``verbs``)."""


def apply(worker: WorkerContext, account_id: str) -> None:
    """Set the groups of an account; again until what was applied is the newest."""
    while True:
        account = worker.store.read(lambda reader: reader.get(OfficialAccount, account_id))
        if account is None or account.state is AccountState.OPENING:
            return
        people_of = wanted(worker, account)
        for verb, people in people_of.items():
            entities = [entity for name in people if (entity := worker.vault.entity(name)) is not None]
            worker.vault.set_members(f"{verb}:{account.id}", sorted(entities))
        version = account.wanted

        def applied(tx: Tx, *, version: int = version, people_of: dict[str, tuple[str, ...]] = people_of) -> bool:
            done = tx.change(OfficialAccount, account_id, expect={"wanted": version}, to={"applied": version})
            if done:
                tx.record(_event(worker, account_id, people_of))
            return done

        if worker.store.write(applied):
            return


def apply_everywhere(worker: WorkerContext) -> None:
    """Set the groups of every account: after a first sign-in, or when a post came or went."""
    for account in worker.store.read(lambda reader: reader.find(OfficialAccount, state__ne=AccountState.CLOSED)):
        apply(worker, account.id)


def signatures_hold(worker: WorkerContext | StewardContext, asked: AccessRequest, reader: Reader) -> bool:
    """Whether the counted votes approve exactly what is asked and each was signed by its voter's own vault key."""
    counted = tally(FixedChain.from_json(asked.chain), votes_of(reader, asked))
    votes = [vote for step in counted.counted for vote in step]
    if counted.outcome is not Outcome.APPROVED or not agreed(votes, asked, shrinkable=spec(asked.kind).shrinkable):
        return False
    return all(worker.vault.verify_vote(vote.person, body=vote.body, signature=vote.signature) for vote in votes)


def approved(worker: WorkerContext | StewardContext, asked: AccessRequest, reader: Reader) -> bool:
    """Whether the signatures hold and the chain in the store is what the policies in force make of such a request."""
    asking = Asking(
        reader=reader,
        context=worker,
        caller=Caller(asked.requester),
        kind=RequestKind(asked.kind),
        payload=asked.payload,
        obj=asked.object or "",
        about=asked.about,
        at=worker.clock(),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
    )
    fixed = FixedChain.from_json(asked.chain)
    justified = asking.policies.justifies(fixed, facts(asking, revision=asked.revision))
    return justified and signatures_hold(worker, asked, reader)


def wanted(worker: WorkerContext, account: OfficialAccount) -> dict[str, tuple[str, ...]]:
    """Return verb → the people who shall be in that group of the account now."""
    at = worker.clock()

    def people(reader: Reader) -> dict[str, tuple[str, ...]]:
        found = {
            "custody": _custodians(reader, account, at=at),
            "use": _users(worker, reader, account, at=at),
            "change": _changers(worker, reader, account, at=at),
        }
        return {verb: found[verb] for verb in verbs(worker.rules(reader).policies, account)}

    return worker.store.read(people)


def verbs(policies: Policies, account: OfficialAccount) -> tuple[str, ...]:
    """Return the groups that an account has in the vault: none to use it where the password stays inside (ACC-4)."""
    return tuple(verb for verb in VERBS if verb != "use" or not policies.account_kinds.inside_only(account.kind))


def _custodians(reader: Reader, account: OfficialAccount, *, at: datetime) -> tuple[str, ...]:
    if account.state is AccountState.CLOSED:
        return ()
    return tuple(sorted({name for role in account.custodians for name in holders_of(reader, role, at=at)}))


def _users(worker: WorkerContext, reader: Reader, account: OfficialAccount, *, at: datetime) -> tuple[str, ...]:
    if account.state is AccountState.CLOSED:
        return ()
    live = [g for g in reader.find(Grant, account=account.id, state__ne=GrantState.ENDED) if g.covers(at)]
    return tuple(sorted({grant.person for grant in live if proved(worker, reader, grant)}))


def proved(worker: WorkerContext, reader: Reader, grant: Grant) -> bool:
    """Whether a grant rests on a request that its voters have signed, and is no wider than that."""
    asked = reader.get(AccessRequest, grant.serial)
    return (
        asked is not None
        and asked.kind == RequestKind.ACCOUNT_USE
        and asked.state in {RequestState.APPROVED, RequestState.CARRIED_OUT}
        and asked.object == f"account:{grant.account}"
        and asked.requester == grant.person
        and (asked.ends_at is None or grant.ends_at <= asked.ends_at)
        and signatures_hold(worker, asked, reader)
    )


def _changers(worker: WorkerContext, reader: Reader, account: OfficialAccount, *, at: datetime) -> tuple[str, ...]:
    waiting = reader.find(
        AccessRequest,
        kind=RequestKind.ACCOUNT_CHANGE,
        object=f"account:{account.id}",
        state=RequestState.APPROVED,
        expires_at__gt=at,
    )
    if not any(approved(worker, asked, reader) for asked in waiting):
        return ()
    return _custodians(reader, account, at=at)


def _event(worker: WorkerContext, account: str, wanted: dict[str, tuple[str, ...]]) -> EventDraft:
    return EventDraft(
        action=EventTag.MEMBERSHIPS_APPLIED,
        actor=worker.subject,
        obj=f"account:{account}",
        verdict=Verdict.NOTE,
        rule="ACC-2",
        details={verb: list(people) for verb, people in wanted.items()},
    )
