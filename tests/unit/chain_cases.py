"""A small company for tests of chains: one holder a role, and short ways to ask and vote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState, Vote, VoteDecision, body_of
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_gaps import roles_of
from vault_svc.domain.chains import Mode, RequestFacts
from vault_svc.domain.fixed_chains import FixedChain, FixedStep, Seat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault_svc.domain.policies import Policies

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)

PEOPLE: Mapping[str, frozenset[str]] = {
    "boss": frozenset({"general_manager", "department_head"}),
    "leader": frozenset({"leader_in_charge"}),
    "market": frozenset({"marketing_director", "department_head"}),
    "it": frozenset({"it_lead", "department_head"}),
    "sys": frozenset({"system_admin"}),
    "ops": frozenset({"operations_lead"}),
    "head": frozenset({"department_head"}),
    "plan": frozenset({"planner"}),
    "art": frozenset({"designer"}),
    "serve": frozenset({"customer_service"}),
    "section": frozenset({"section_maintainer"}),
    "people": frozenset({"hr"}),
    "audit": frozenset({"auditor"}),
}
ORDINARY: Mapping[str, Any] = {"sensitivity": Sensitivity.ORDINARY, "custodians": ("operations_lead", "it_lead")}
PAYMENT: Mapping[str, Any] = {"sensitivity": Sensitivity.PAYMENT, "custodians": ("leader_in_charge", "general_manager")}


@cache
def shipped() -> Policies:
    """The policies of the project."""
    return read_policies(shipped_files())


@cache
def shipped_files() -> Mapping[str, str]:
    """Their texts."""
    return load_dir(shipped_dir())


def holders(people: Mapping[str, frozenset[str]] = PEOPLE) -> dict[str, frozenset[str]]:
    """Turn people → roles round."""
    roles = {role for held in people.values() for role in held}
    return {role: frozenset(person for person, held in people.items() if role in held) for role in roles}


def without(*posts: str) -> dict[str, frozenset[str]]:
    """The same people with these posts vacant."""
    return {person: held - set(posts) for person, held in PEOPLE.items()}


def facts(kind: str, requester: str, people: Mapping[str, frozenset[str]] = PEOPLE, **more: Any) -> RequestFacts:
    """The facts of a request; accounts are ordinary unless said otherwise."""
    given = {**(ORDINARY if kind.startswith("account.") else {}), **more}
    made = RequestFacts(kind=RequestKind(kind), requester=requester, holders=holders(people), **given)
    about = roles_of(made.about, made.holders) if made.about else frozenset()
    return replace(made, asker_roles=people.get(requester, frozenset()), about_roles=about)


def fixed(kind: str, requester: str, people: Mapping[str, frozenset[str]] = PEOPLE, **more: Any) -> FixedChain:
    """The chain fixed to such a request, which must be possible."""
    made = shipped().fix(facts(kind, requester, people, **more))
    assert isinstance(made, FixedChain), made
    return made


def needs(chain: FixedChain) -> list[list[str]]:
    """The roles that each step names."""
    return [sorted({role for seat in step.seats for role in seat.roles}) for step in chain.steps]


def request(chain: FixedChain, requester: str, **more: Any) -> AccessRequest:
    """A submitted request with this chain."""
    made = AccessRequest(
        serial="SQ-2026-000001",
        kind=chain.kind,
        payload={},
        reason="换季活动",
        requester=requester,
        state=RequestState.SUBMITTED,
        digest="",
        chain=chain.to_json(),
        submitted_at=NOON,
        expires_at=NOON + timedelta(days=14),
        revision=chain.revision,
    )
    return replace(made, **more)


def vote(person: str, *roles: str, step: int = 0, after: int = 0, yes: bool = True, **more: Any) -> Vote:
    """A vote given ``after`` minutes."""
    made = Vote(
        id=f"VO-{after:04d}-{person}",
        serial="SQ-2026-000001",
        revision=1,
        step=step,
        person=person,
        roles=roles,
        decision=VoteDecision.APPROVE if yes else VoteDecision.REJECT,
        digest="",
        reason="",
        at=NOON + timedelta(minutes=after),
        body=b"",
        signature="",
    )
    changed = replace(made, **more)
    return replace(changed, body=body_of(changed))


def joint(carry_out: tuple[Seat, ...] = (Seat("service"),)) -> FixedChain:
    """A joint approval by the marketing director and the IT lead, as later kinds have it."""
    seats = (
        Seat("marketing_director", ("marketing_director",)),
        Seat("it_lead", ("it_lead",)),
    )
    step = FixedStep(Mode.ALL_OF, 2, seats, ("DB-3",), shipped().roles.names("it_lead"))
    return replace(fixed("account.change", "ops"), steps=(step,), carry_out=carry_out)
