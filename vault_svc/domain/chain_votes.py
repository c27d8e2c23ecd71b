"""Counting votes on a fixed chain, and asking who may vote and carry out.

Votes count in the order in which they were given. One counts only if it belongs to the present revision, to the step
that is open, to a person with no vote before and no part in the matter, by a role that the step names, and if it fills
a place that is still free. Whatever else lies in the store moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.access_requests import AccessRequest, RequestState, Vote, VoteDecision
from vault_svc.domain.permissions import Allow, Decision, Deny
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from vault_svc.domain.fixed_chains import FixedChain, FixedStep


class Outcome(StrEnum):
    """What the votes say so far."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who wants to vote, with the roles and relations in force at this moment."""

    person: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes that count, step by step; ``open`` is the step that waits, None where nothing does."""

    counted: tuple[tuple[Vote, ...], ...]
    open: int | None
    rejected: Vote | None = None

    @property
    def outcome(self) -> Outcome:
        """What they say together."""
        if self.rejected is not None:
            return Outcome.REJECTED
        return Outcome.APPROVED if self.open is None else Outcome.PENDING


def tally(fixed: FixedChain, votes: Sequence[Vote], roles_now: Mapping[str, Collection[str]] | None = None) -> Tally:
    """Count the votes; with ``roles_now`` (person → roles held) only what the voters still hold counts."""
    counted: list[list[Vote]] = [[] for _ in fixed.steps]
    spoken = set(fixed.excluded)
    at = 0
    for vote in sorted(votes, key=lambda vote: (vote.at, vote.id)):
        if at == len(fixed.steps):
            break
        step, before = fixed.steps[at], counted[at]
        if vote.revision != fixed.revision or vote.step != at or vote.person in spoken:
            continue
        if not step.held_by(vote.person, _held(vote, roles_now)):
            continue
        if vote.decision is VoteDecision.REJECT:
            return Tally(tuple(map(tuple, counted)), None, rejected=vote)
        if _reached(step, [*before, vote], roles_now) > _reached(step, before, roles_now):
            before.append(vote)
            spoken.add(vote.person)
        if _reached(step, before, roles_now) >= step.quorum:
            at += 1
    return Tally(tuple(map(tuple, counted)), at if at < len(fixed.steps) else None)


def open_step(fixed: FixedChain, votes: Sequence[Vote]) -> int | None:
    """Return the step that waits for votes (from 0), None where all are filled or one was a rejection."""
    return tally(fixed, votes).open


def outcome(fixed: FixedChain, votes: Sequence[Vote], roles_now: Mapping[str, Collection[str]]) -> Outcome:
    """Return what the votes say, counting only what the voters still hold (person → roles)."""
    return tally(fixed, votes, roles_now).outcome


def may_vote(fixed: FixedChain, votes: Sequence[Vote], voter: Voter, request: AccessRequest) -> Decision:
    """Whether this person may vote on the request now. The caller looks at the time, the password and the step-up."""
    # 1 own request, 2 about oneself, 3 state, 4 voted before, 5 a seat of the open step, 6 a free place.
    if voter.person == request.requester:
        return Deny(_OWN, fixed.rule, _WAIT, code="own_request")
    if voter.person in fixed.excluded or voter.person == request.about:
        return Deny(_ABOUT, fixed.rule, _WAIT, code="own_request")
    if request.state is not RequestState.SUBMITTED or request.revision != fixed.revision:
        return Deny(_NOT_OPEN, fixed.rule, code="wrong_state")
    if any(vote.person == voter.person and vote.revision == fixed.revision for vote in votes):
        return Deny(_VOTED, fixed.rule, code="already_voted")
    now = tally(fixed, votes)
    if now.open is None:
        return Deny(_NOT_OPEN, fixed.rule, code="wrong_state")
    step, given = fixed.steps[now.open], now.counted[now.open]
    rule = step.rules[0] if step.rules else fixed.rule
    if not step.held_by(voter.person, voter.roles):
        return Deny(_NOT_YOURS, rule, Text(f"等待: {step.words.zh}", f"waiting until {step.words.en}"))
    voters = {vote.person: vote.roles for vote in given}
    if step.reached({**voters, voter.person: voter.roles}) <= step.reached(voters):
        return Deny(_TAKEN, rule, Text(f"仍需: {step.words.zh}", f"still needed: {step.words.en}"))
    return Allow(rule, step.words)


def still_stands(fixed: FixedChain, votes: Sequence[Vote], roles_now: Mapping[str, Collection[str]]) -> Decision:
    """Whether the approval holds at this moment: asked again before anything is carried out.

    A Deny with the code ``void`` means that an approver lost the post by which the vote counted.
    """
    if tally(fixed, votes, roles_now).outcome is Outcome.APPROVED:
        return Allow(fixed.rule, Text("审批仍然有效", "the approval stands"))
    if tally(fixed, votes).outcome is not Outcome.APPROVED:
        return Deny(Text("审批尚未完成", "not everybody has agreed"), fixed.rule, code="approval_required")
    return Deny(
        Text("审批人已不在其岗位,审批失效", "somebody who agreed no longer holds the post, so the approval is void"),
        fixed.rule,
        Text("请重新提出申请", "ask again"),
        code="void",
    )


def may_carry_out(
    fixed: FixedChain, votes: Sequence[Vote], person: str, roles_now: Mapping[str, Collection[str]]
) -> Decision:
    """Whether this person may carry it out; the caller asks ``still_stands`` as well."""
    if fixed.by_service:
        return Deny(
            Text("批准后由系统自动执行", "the service carries this out by itself once it is approved"), fixed.rule
        )
    if not any(seat.held_by(person, roles_now.get(person, ())) for seat in fixed.carry_out):
        words = fixed.carry_out_words
        return Deny(Text("您不能执行此申请", "you may not carry this out"), fixed.rule, Text(*words))
    counted = zip(fixed.steps, tally(fixed, votes, roles_now).counted, strict=True)
    if any(step.wants_two and vote.person == person for step, given in counted for vote in given):
        return Deny(
            Text("会签的审批人不得自己执行", "whoever gave one of the joint approvals does not carry it out"),
            fixed.rule,
            Text("请由其他人执行", "let somebody else carry it out"),
            code="duties_not_separated",
        )
    return Allow(fixed.rule, fixed.carry_out_words)


def vote_roles(fixed: FixedChain, step: int, voter: Voter) -> tuple[str, ...]:
    """Return the roles and relations to write into a vote: those by which the voter has a say in the step."""
    return fixed.steps[step].seats_of(voter.person, voter.roles)


def _held(vote: Vote, roles_now: Mapping[str, Collection[str]] | None) -> Collection[str]:
    if roles_now is None:
        return vote.roles
    return set(vote.roles) & set(roles_now.get(vote.person, ()))


def _reached(step: FixedStep, votes: Sequence[Vote], roles_now: Mapping[str, Collection[str]] | None) -> int:
    return step.reached({vote.person: _held(vote, roles_now) for vote in votes})


_OWN = Text("不得审批自己的申请", "nobody agrees to a request of their own")
_ABOUT = Text("不得审批与自己有关的申请", "nobody agrees to a request about themselves")
_WAIT = Text("请等待其他审批人", "wait for the others who have to agree")
_NOT_OPEN = Text("申请已不在审批中", "the request is not open for votes")
_VOTED = Text("您已经审批过此申请", "you have voted on this already")
_NOT_YOURS = Text("当前步骤不由您审批", "the open step is not yours to decide")
_TAKEN = Text("您所在岗位的意见已经给出", "your post has agreed already")
