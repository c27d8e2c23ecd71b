from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.services.house import DESIGNER, LEADER, MANAGER, OPERATIONS, PLANNER, SHOP, demote, open_house
from vault_svc.domain.access_requests import TRANSITIONS, AccessRequest, RequestState, Vote, VoteDecision
from vault_svc.domain.accounts import AccountChange, ChangeState, Exposure, OfficialAccount, Slot
from vault_svc.domain.errors import VaultSvcError
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.people import Post
from vault_svc.services import changes, requests, reveals, votes
from vault_svc.services.request_views import votes_of

KEEPERS = (OPERATIONS, LEADER, MANAGER)
EVERYBODY = (*KEEPERS, PLANNER, DESIGNER)
LIVE = {ChangeState.BEGINNING, ChangeState.BEGUN, ChangeState.CONFIRMING}
STANDING = {RequestState.APPROVED, RequestState.CARRIED_OUT}

someone = st.sampled_from(EVERYBODY)
some = st.integers(0, 99)


def reachable(state: RequestState) -> set[RequestState]:
    """Every state that a request may come to from here, and this one."""
    found, more = {state}, [state]
    while more:
        new = TRANSITIONS.get(more.pop(), frozenset()) - found
        found |= new
        more += new
    return found


class Life(RuleBasedStateMachine):
    """One account, whoever wants something of it, in any order; a refusal is an answer like any other."""

    @initialize(ahead=st.integers(0, 4))
    def open(self, ahead: int) -> None:
        """Open the company, some of it under way already: what lies deep would be reached too seldom otherwise."""
        self.folder = tempfile.TemporaryDirectory()
        self.house = open_house(Path(self.folder.name))
        self.states: dict[str, RequestState] = {}
        self.version = 1
        self.demoted: set[str] = set()
        for step in (self._use_approved, self._change_approved, self.house.work, self._change_begun)[:ahead]:
            step()

    def _use_approved(self) -> None:
        self.house.agree(OPERATIONS, self.house.ask_use(hours=700).serial)

    def _change_approved(self) -> None:
        asked = self.house.ask(LEADER, "account.change", {"account": SHOP, "what": "password"})
        self.house.agree(MANAGER, asked.serial)

    def _change_begun(self) -> None:
        (asked,) = self.house.all(AccessRequest, kind="account.change")
        changes.begin(self.house.context, self.house.caller(LEADER), SHOP, serial=asked.serial, value=None)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.store.close()
            self.folder.cleanup()

    def asked(self) -> list[AccessRequest]:
        return list(self.house.all(AccessRequest, order=("serial",)))

    def one(self, number: int, *states: RequestState) -> AccessRequest:
        """One of the requests, of those in such a state where there are any."""
        found = self.asked()
        fitting = [asked for asked in found if asked.state in states] or found
        return fitting[number % len(fitting)]

    @rule(person=st.sampled_from((PLANNER, DESIGNER, MANAGER)), hours=st.integers(5, 700))
    def submit_use(self, person: str, hours: int) -> None:
        with suppress(VaultSvcError):
            self.house.ask_use(person, hours=hours)

    @rule(person=someone)
    def submit_change(self, person: str) -> None:
        with suppress(VaultSvcError):
            self.house.ask(person, "account.change", {"account": SHOP, "what": "password"})

    @precondition(lambda self: self.states)
    @rule(number=some, person=st.none() | someone)
    def edit(self, number: int, person: str | None) -> None:
        before = self.one(number, RequestState.SUBMITTED)
        span = {} if before.ends_at is None else {"ends_at": before.ends_at}
        person = person or before.requester
        try:
            edited = requests.edit(
                self.house.context,
                self.house.caller(person),
                before.serial,
                payload=before.payload,
                reason="另一个理由",
                **span,
            )
        except VaultSvcError:
            return
        assert person == before.requester
        assert before.state is edited.request.state is RequestState.SUBMITTED
        assert edited.request.revision == before.revision + 1
        assert not any(step.votes for step in edited.steps)

    @precondition(lambda self: self.states)
    @rule(number=some)
    def everybody_agrees(self, number: int) -> None:
        asked = self.one(number, RequestState.SUBMITTED)
        for person in EVERYBODY:
            with suppress(VaultSvcError):
                self.house.agree(person, asked.serial)

    @precondition(lambda self: self.states)
    @rule(number=some, person=someone, decision=st.sampled_from([*VoteDecision, VoteDecision.APPROVE]))
    def vote(self, number: int, person: str, decision: VoteDecision) -> None:
        asked = self.one(number, RequestState.SUBMITTED)
        me = self.house.caller(person)
        with suppress(VaultSvcError):
            votes.vote(self.house.context, me, asked.serial, decision=decision, digest=asked.digest, reason="看过")

    @precondition(lambda self: self.states)
    @rule(number=some, person=st.none() | someone)
    def withdraw(self, number: int, person: str | None) -> None:
        asked = self.one(number, RequestState.APPROVED)
        person = person or asked.requester
        with suppress(VaultSvcError):
            requests.withdraw(self.house.context, self.house.caller(person), asked.serial, reason="不需要")
            assert person == asked.requester

    @rule()
    def carry_out(self) -> None:
        before = {asked.serial for asked in self.asked() if asked.state is RequestState.CARRIED_OUT}
        self.house.work()
        for asked in self.asked():
            if asked.state is RequestState.CARRIED_OUT and asked.serial not in before:
                given = self.house.store.read(lambda reader, asked=asked: votes_of(reader, asked))  # type: ignore[misc]
                voters = {vote.person for vote in given if vote.decision is VoteDecision.APPROVE}
                assert voters - self.demoted, "carried out on the vote of who no longer holds the post"
        covered = {grant.person for grant in self.grants() if grant.covers(self.house.at)}
        assert self.house.users(SHOP) <= covered

    @rule(hours=st.integers(1, 60))
    def pass_time(self, hours: int) -> None:
        self.house.at += timedelta(hours=hours)
        self.house.work()
        self.house.prove_again()

    @precondition(lambda self: not self.demoted)
    @rule(person=st.sampled_from((OPERATIONS, LEADER)))
    def lose_the_post(self, person: str) -> None:
        demote(self.house, person)
        self.demoted.add(person)
        assert all(post.until is not None for post in self.house.all(Post, person=person))

    @rule(person=st.sampled_from((PLANNER, DESIGNER, OPERATIONS)), looks=st.integers(1, 4))
    def reveal(self, person: str, looks: int) -> None:
        me = self.house.caller(person)
        for _ in range(looks):
            with suppress(VaultSvcError):
                promised = reveals.reveal(self.house.context, me, SHOP, purpose="operations", reason="上新")
                seen = reveals.open_delivery(self.house.context, me, promised.id)
                entitled = {grant.person for grant in self.grants() if grant.covers(self.house.at)}
                assert person in entitled | (set(KEEPERS) - self.demoted)
                assert seen.version == self.version

    @precondition(lambda self: self.states)
    @rule(number=some, person=st.sampled_from(KEEPERS))
    def begin(self, number: int, person: str) -> None:
        changing = [a for a in self.asked() if a.kind == "account.change" and a.state is RequestState.APPROVED]
        serial = changing[number % len(changing)].serial if changing else self.one(number).serial
        with suppress(VaultSvcError):
            changes.begin(self.house.context, self.house.caller(person), SHOP, serial=serial, value=None)
            assert self.house.state(serial) is RequestState.APPROVED

    @precondition(lambda self: self.begun())
    @rule(number=some)
    def confirm(self, number: int) -> None:
        found = self.begun()
        change = found[number % len(found)]
        with suppress(VaultSvcError):
            changes.confirm(self.house.context, self.house.caller(change.person), SHOP, change.id)

    @precondition(lambda self: self.begun())
    @rule(number=some, person=someone, sure=st.booleans())
    def end_change(self, *, number: int, person: str, sure: bool) -> None:
        found = self.begun()
        change = found[number % len(found)]
        end = changes.confirm if sure else changes.abort
        with suppress(VaultSvcError):
            end(self.house.context, self.house.caller(person), SHOP, change.id)
            assert person == change.person

    def begun(self) -> list[AccountChange]:
        """Every change so far; those that are over are ended again in vain."""
        return list(self.house.all(AccountChange))

    def grants(self) -> list[Grant]:
        return [grant for grant in self.house.all(Grant) if grant.state is not GrantState.ENDED]

    @invariant()
    def states_move_along_the_transitions(self) -> None:
        """And only an approval that is on record stands."""
        for asked in self.asked():
            assert asked.state in reachable(self.states.get(asked.serial, RequestState.SUBMITTED))
            if asked.state in STANDING:
                assert "request.approved" in self.house.actions(asked.serial)
            self.states[asked.serial] = asked.state

    @invariant()
    def nobody_votes_on_their_own(self) -> None:
        """And nobody twice on one revision."""
        given: list[Vote] = self.house.all(Vote)
        requesters = {asked.serial: asked.requester for asked in self.asked()}
        assert all(vote.person != requesters[vote.serial] for vote in given)
        assert len({(vote.serial, vote.revision, vote.person) for vote in given}) == len(given)

    @invariant()
    def no_grant_without_an_approved_request(self) -> None:
        """Nor more looks than it allows."""
        for grant in self.house.all(Grant):
            asked = self.house.request(grant.serial)
            assert grant.state is GrantState.ENDED or asked.state in STANDING
            assert "request.approved" in self.house.actions(grant.serial)
            seen = self.house.all(Exposure, serial=grant.serial)
            assert grant.reveals_left == 3 - len(seen)
            assert grant.reveals_left >= 0

    @invariant()
    def versions_grow_with_confirmed_changes(self) -> None:
        """One by one, the store and the vault alike, one change at a time."""
        account = self.house.store.read(lambda reader: reader.get(OfficialAccount, SHOP))
        begun: list[AccountChange] = self.house.all(AccountChange)
        confirmed = [change for change in begun if change.state is ChangeState.CONFIRMED]
        assert account is not None
        assert account.version == len(self.house.vault.kept(SHOP, Slot.VALUE)) == 1 + len(confirmed)
        assert len({change.serial for change in confirmed}) == len(confirmed)
        assert sum(change.state in LIVE for change in begun) <= 1
        self.version = account.version


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
