"""Fixing a chain into a request: which steps count, who stands in, and whether it can be completed at all.

Somebody who should agree but is the asker or the one it is about gives their place to the general manager; where that
is the general manager, or the general manager is needed in the same chain anyway, to the leader in charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vault_svc.domain.chain_words import agree, carry_out_words, seat_words
from vault_svc.domain.chains import (
    GENERAL_MANAGER,
    LEADER_IN_CHARGE,
    SERVICE,
    Chain,
    Mode,
    Relation,
    RequestFacts,
    Step,
    word_names,
)
from vault_svc.domain.fixed_chains import FixedChain, FixedStep, Seat
from vault_svc.domain.matching import most_filled
from vault_svc.domain.permissions import Deny
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.domain.roles import Roles

STAND_INS = (GENERAL_MANAGER, LEADER_IN_CHARGE)


def fix(chain: Chain, facts: RequestFacts, roles: Roles) -> FixedChain | Deny:
    """Return the chain fixed to this request, or why nobody could complete it (which post is vacant, what to do).

    ``ValueError`` where the chain asks for a fact that was not given.
    """
    drafts = [_draft(step, facts, roles) for step in chain.steps if step.counts(facts, roles)]
    if not drafts:
        return Deny(Text("没有审批流程,不能提出", "no step applies, so it can't be asked"), chain.rule)
    plan = _Plan(tuple(drafts), facts, roles)
    carriers = tuple(_seat(word, facts) for word in chain.carry_out)
    for look in (plan.fill, plan.gap, partial(_no_carrier, carriers, plan)):
        gap = look()
        if gap is not None:
            return gap
    return FixedChain(
        kind=facts.kind.value,
        revision=facts.revision,
        excluded=tuple(sorted(facts.excluded)),
        steps=tuple(draft.fixed(roles) for draft in drafts),
        carry_out=carriers,
        carry_out_words=carry_out_words([seat_words(seat, roles) for seat in carriers]),
        rules=chain.rules,
        custodians=facts.custodians,
        sensitivity=facts.sensitivity.value if facts.sensitivity else None,
    )


def matches(fixed: FixedChain, chain: Chain, facts: RequestFacts, roles: Roles) -> bool:
    """Whether a chain as it lies in the store is what the rules make of these facts, whoever holds the posts now.

    Asked before acting, since a chain forged in the store could name anybody. A seat may be given to a stand-in only
    where a party to the request holds the post.
    """
    plan = _Plan(tuple(_draft(step, facts, roles) for step in chain.steps if step.counts(facts, roles)), facts, roles)
    head = (fixed.kind, fixed.revision, frozenset(fixed.excluded), fixed.rules, fixed.carry_out)
    carriers = tuple(_seat(word, facts) for word in chain.carry_out)
    if head != (facts.kind.value, facts.revision, facts.excluded, chain.rules, carriers):
        return False
    if not fixed.same_object(custodians=facts.custodians, sensitivity=facts.sensitivity):
        return False
    return len(fixed.steps) == len(plan.drafts) > 0 and all(map(plan.permits, plan.drafts, fixed.steps))


@dataclass(slots=True)
class _Draft:
    """A step whose seats may still be given to somebody who stands in."""

    mode: Mode
    quorum: int
    seats: list[Seat]
    rules: tuple[str, ...]

    def fixed(self, roles: Roles) -> FixedStep:
        words = agree([seat_words(seat, roles) for seat in self.seats], mode=self.mode, quorum=self.quorum)
        return FixedStep(self.mode, self.quorum, tuple(self.seats), self.rules, words)


@dataclass(frozen=True, slots=True)
class _Plan:
    """All steps of one request together, since one person has one vote in the whole chain."""

    drafts: tuple[_Draft, ...]
    facts: RequestFacts
    roles: Roles

    def holders(self, seat: Seat) -> set[str]:
        """Everybody who holds the seat, able to vote or not."""
        return set(seat.people).union(*(self.facts.holders.get(role, ()) for role in seat.roles))

    def able(self, seats: Sequence[Seat]) -> set[str]:
        """Those who hold one of the seats and may vote."""
        return set[str]().union(*map(self.holders, seats)) - self.facts.excluded

    def places(self) -> list[set[str]]:
        """For each vote that is needed, the people who could give it."""
        found: list[set[str]] = []
        for draft in self.drafts:
            if draft.mode is Mode.ALL_OF:
                found.extend(self.able([seat]) for seat in draft.seats)
            else:
                found.extend([self.able(draft.seats)] * draft.quorum)
        return found

    def feasible(self) -> bool:
        """Whether different people can give all votes for which anybody is there at all."""
        filled = [place for place in self.places() if place]
        return most_filled(filled) == len(filled)

    def fill(self) -> Deny | None:
        """Give each place whose holders are all excluded to a stand-in."""
        for draft in self.drafts:
            gap = self._fill_each(draft) if draft.mode is Mode.ALL_OF else self._fill_short(draft)
            if gap is not None:
                return gap
        return None

    def gap(self) -> Deny | None:
        """Return the first vote that nobody could give, None where the chain can be completed."""
        for draft in self.drafts:
            for seats in [[seat] for seat in draft.seats] if draft.mode is Mode.ALL_OF else [draft.seats]:
                if not self.able(seats):
                    return vacant(seats[0].word, self.roles, seats[0].roles)
        return None if most_filled(self.places()) == len(self.places()) else _too_few(self.drafts, self.roles)

    def permits(self, draft: _Draft, step: FixedStep) -> bool:
        """Whether a fixed step is this one, some of its seats given to stand-ins."""
        if (step.mode, step.quorum, step.rules) != (draft.mode, draft.quorum, draft.rules):
            return False
        own = [seat for seat in step.seats if seat.in_place_of is None]
        given = [seat for seat in step.seats if seat.in_place_of is not None]
        if not step.seats or len(set(step.seats)) != len(step.seats) or not set(own) <= set(draft.seats):
            return False
        if draft.mode is Mode.ALL_OF and len(step.seats) != len(draft.seats):
            return False
        parties = {seat.word for seat in draft.seats if self.holders(seat) & self.facts.excluded}
        left = {seat.word for seat in draft.seats} - {seat.word for seat in own}
        return all(
            seat == Seat(seat.word, (seat.word,), in_place_of=seat.in_place_of)
            and seat.word in self.stand_ins()
            and seat.in_place_of in (parties & left if draft.mode is Mode.ALL_OF else parties)
            for seat in given
        )

    def stand_ins(self) -> tuple[str, ...]:
        """Who may be asked in a party's place; the leader in charge only where the general manager can't be."""
        named = {seat.word for draft in self.drafts for seat in draft.seats}
        busy = GENERAL_MANAGER in named or not self.facts.excluded.isdisjoint(
            self.facts.holders.get(GENERAL_MANAGER, ())
        )
        return STAND_INS if busy else (GENERAL_MANAGER,)

    def _fill_each(self, draft: _Draft) -> Deny | None:
        for at, seat in enumerate(draft.seats):
            if self.holders(seat) and not self.able([seat]):
                gap = self._stand_in(draft, seat.word, [*draft.seats[:at]], [*draft.seats[at + 1 :]])
                if gap is not None:
                    return gap
        return None

    def _fill_short(self, draft: _Draft) -> Deny | None:
        everybody = set[str]().union(*map(self.holders, draft.seats))
        short = draft.quorum - len(everybody - self.facts.excluded)
        if short < 1 or len(everybody & self.facts.excluded) < short:
            return None
        word = next(seat.word for seat in draft.seats if self.holders(seat) & self.facts.excluded)
        for _ in range(short):
            keep = draft.seats if self.able(draft.seats) else []
            gap = self._stand_in(draft, word, [*keep], [])
            if gap is not None:
                return gap
        return None

    def _stand_in(self, draft: _Draft, word: str, before: list[Seat], after: list[Seat]) -> Deny | None:
        kept = draft.seats
        for role in STAND_INS:
            seat = Seat(role, (role,), in_place_of=word)
            if not self.holders(seat):
                return vacant(role, self.roles, (role,))
            draft.seats = [*before, seat, *after]
            if self.able([seat]) and self.feasible() and seat not in before:
                return None
        draft.seats = kept
        names = word_names(word, self.roles)
        return Deny(
            Text(
                f"{names.zh}与申请有关,且无人可以代为同意",
                f"{names.en} is a party, and nobody can agree in their place",
            ),
            next_step=Text("请由其他人提出申请", "let somebody else ask"),
            code="approval_required",
        )


def vacant(word: str, roles: Roles, held: Sequence[str] = ()) -> Deny:
    """Return the refusal for a post (or for custodians' posts) that nobody holds, with the way to fill it."""
    names = word_names(word, roles)
    if word == Relation.CUSTODIAN_OF and held:
        listed = roles.listed(held)
        names = Text(f"{names.zh}({listed.zh})", f"{names.en} ({listed.en})")
    step = Text(
        "请先为该岗位安排人员或临时代理(post.assign)",
        "first give the post to somebody, or to an acting holder (post.assign)",
    )
    if word == GENERAL_MANAGER:
        step = Text(
            "请分管领导和IT部负责人共同指定临时代理(最长30天)",
            "the leader in charge and the IT lead together appoint an acting holder for at most 30 days",
        )
    reason = Text(f"{names.zh}一职空缺,无人可以同意或执行", f"nobody can act as {names.en}: the post is vacant")
    return Deny(reason, "HR-2", step, code="approval_required")


def _too_few(drafts: Sequence[_Draft], roles: Roles) -> Deny:
    words = dict.fromkeys(seat.word for draft in drafts for seat in draft.seats)
    names = [word_names(word, roles) for word in words]
    zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
    return Deny(
        Text(
            f"需要不同的人分别同意({zh}),目前人数不足", f"different people have to agree ({en}), and there are too few"
        ),
        next_step=Text("请为其中一个岗位安排其他人员或临时代理", "give one of these posts to somebody else"),
        code="approval_required",
    )


def _no_carrier(carriers: Sequence[Seat], plan: _Plan) -> Deny | None:
    if any(seat.word == SERVICE or plan.holders(seat) for seat in carriers):
        return None
    return vacant(carriers[0].word, plan.roles, carriers[0].roles)


def _draft(step: Step, facts: RequestFacts, roles: Roles) -> _Draft:
    need = step.need_for(facts, roles)
    return _Draft(need.mode, need.quorum, [_seat(word, facts) for word in need.words], step.rules)


def _seat(word: str, facts: RequestFacts) -> Seat:
    if word == Relation.CUSTODIAN_OF:
        return Seat(word, roles=facts.custodians)
    if word in set(Relation):
        return Seat(word, people=tuple(sorted(facts.related.get(word, ()))))
    return Seat(word) if word == SERVICE else Seat(word, roles=(word,))
