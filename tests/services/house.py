"""The example company at work: real store, gate and policies, the vault's ports in memory, a clock set by hand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.services.fakevault import FakeVault
from vault_svc.adapters.companyfile import demo_path, parse, read_bytes
from vault_svc.adapters.ids import Ids
from vault_svc.adapters.policyfiles import load_dir, read_policies, shipped_dir
from vault_svc.adapters.store import SqlStore, upgrade
from vault_svc.adapters.strength import PasswordLore
from vault_svc.bootstrap.rules import LiveRules, seed
from vault_svc.domain.access_requests import AccessRequest, RequestState, VoteDecision
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import Event
from vault_svc.domain.grants import Grant
from vault_svc.domain.operations import Message
from vault_svc.domain.people import Password, PasswordState, Person, Post
from vault_svc.domain.permissions import Caller
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import Session
from vault_svc.services import memberships, requests, votes
from vault_svc.services.company import import_on_opening_day, read_file
from vault_svc.services.context import Context, WorkerContext
from vault_svc.worker.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vault_svc.domain.company_document import CompanyDocument
    from vault_svc.services.ports import Reader, Tx
    from vault_svc.services.request_views import RequestView

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
MANAGER, LEADER, OPERATIONS, IT, ADMIN = "lin.wan", "he.jing", "pan.lei", "xu.tao", "gao.yuan"
PLANNER, DESIGNER, AUDITOR = "song.yu", "bai.lu", "mo.heng"
SHOP = "tmall-teaware"


@cache
def company() -> CompanyDocument:
    """The example company."""
    source = parse(read_bytes(demo_path()), file="company.toml", faults=[])
    return read_file(source, [], read_policies(load_dir(shipped_dir())))


@cache
def lore() -> PasswordLore:
    """What is known about common passwords, without a list of our own."""
    return PasswordLore(())


@dataclass
class House:
    """The company after opening day: everybody has a password and has just proved who they are."""

    store: SqlStore
    at: datetime = MONDAY
    vault: FakeVault = field(default_factory=FakeVault)
    rules: LiveRules = field(default_factory=LiveRules)

    def clock(self) -> datetime:
        """The time that the test has set."""
        return self.at

    def __post_init__(self) -> None:
        absent: Any = None
        new_id = Ids(self.clock)
        self.context = Context(
            store=self.store,
            clock=self.clock,
            rules=self.rules,
            hasher=absent,
            lore=lore(),
            person_vault=self.vault.person,
            service_vault=absent,
            mailer=absent,
            new_id=new_id,
            new_bearer=lambda: secrets.token_urlsafe(32),
            generate=lambda: Secret(secrets.token_urlsafe(18)),
            one_time_code=absent,
            checkpoints=absent,
            free_bytes=lambda: 1 << 40,
            exports={},
        )
        self.worker = WorkerContext(
            name="worker-1",
            store=self.store,
            clock=self.clock,
            rules=self.rules,
            vault=self.vault.worker,
            accessors={},
            steward=lambda _: None,
            issue_password=lambda *_: None,
            new_id=new_id,
        )

    def caller(self, person: str) -> Caller:
        """Somebody, signed in."""
        return Caller(person, source="10.0.0.7", session=f"SE-{person}")

    def prove_again(self) -> None:
        """Everybody has just given the password again."""
        for session in self.all(Session):
            to = {"proved_at": self.at, "seen_at": self.at, "expires_at": self.at + timedelta(hours=12)}
            self.store.write(lambda tx, key=session.id, to=to: tx.change(Session, key, expect={}, to=to))  # type: ignore[misc]

    def all(self, kind: type[Any], /, **where: Any) -> list[Any]:
        """What is kept of a kind."""
        return self.store.read(lambda reader: reader.find(kind, **where))

    def request(self, serial: str) -> AccessRequest:
        """The request as it is kept."""
        found = self.store.read(lambda reader: reader.get(AccessRequest, serial))
        assert found is not None
        return found

    def state(self, serial: str) -> RequestState:
        """Where the request stands."""
        return self.request(serial).state

    def actions(self, serial: str) -> list[str]:
        """What stands on record about a request, in order."""
        events: list[Event] = self.all(Event, serial=serial, order=("at", "id"))
        return [event.action for event in events]

    def ask_use(self, person: str = PLANNER, *, account: str = SHOP, hours: int = 24) -> AccessRequest:
        """Ask for the use of an account."""
        payload = {"account": account, "purpose": "operations"}
        return self.ask(person, "account.use", payload, ends_at=self.at + timedelta(hours=hours))

    def ask(self, person: str, kind: str, payload: Mapping[str, Any], **span: datetime) -> AccessRequest:
        """Submit a request."""
        made = requests.submit(self.context, self.caller(person), kind=kind, payload=payload, reason="上新", **span)
        return made.request

    def agree(self, person: str, serial: str) -> RequestView:
        """Vote for what is asked as it stands now."""
        return votes.vote(
            self.context,
            self.caller(person),
            serial,
            decision=VoteDecision.APPROVE,
            digest=self.request(serial).digest,
        )

    def work(self) -> None:
        """Have the worker do what is due now, until nothing is."""
        loop = Loop(self.worker)
        while loop.round():
            pass

    def owed(self, topic: str, **payload: str) -> list[Message]:
        """The messages of a topic about something."""
        return [message for message in self.all(Message, topic=topic) if message.payload.items() >= payload.items()]

    def grants(self, serial: str) -> list[Grant]:
        """What a request opened."""
        return self.all(Grant, serial=serial)

    def users(self, account: str) -> set[str]:
        """The people in the vault's ``use`` group of an account."""
        return {entity.removeprefix("entity-") for entity in self.vault.groups[f"use:{account}"]}

    def hire(self, *people: str, role: str) -> None:
        """More holders of a role, of the electronic commerce department."""
        self.store.write(lambda tx: [_join(tx, self, name, role) for name in people])


def open_house(folder: Path) -> House:
    """Open the example company on a new store in a folder."""
    url = f"sqlite:///{folder / 'store.db'}"
    upgrade(url)
    times: list[Callable[[], datetime]] = []
    house = House(SqlStore(url, stream="tests", clock=lambda: times[0]()))  # noqa: PLW0108  # filled below: the house needs the store first
    times.append(house.clock)
    seed(house.store, None, at=house.at)
    import_on_opening_day(house.store, company(), digest="0" * 64, clock=house.clock, new_id=Ids(house.clock))
    people: list[Person] = house.all(Person)
    house.store.write(lambda tx: [_let_in(tx, house, person.name) for person in people])
    accounts: list[OfficialAccount] = house.all(OfficialAccount)
    house.store.write(lambda tx: [_fill(tx, house, account) for account in accounts])
    memberships.apply_everywhere(house.worker)
    return house


def _join(tx: Tx, house: House, name: str, role: str) -> None:
    like = tx.get(Person, OPERATIONS)
    assert like is not None
    tx.add(Person(name, name, like.department, None, None, like.state, house.at))
    tx.add(Post(f"PO-{name}", name, role, house.at))
    _let_in(tx, house, name)


def _let_in(tx: Tx, house: House, name: str) -> None:
    at = house.at
    tx.add(Password(name, "", PasswordState.IN_ORDER, at, at + timedelta(days=90)))
    end = at + timedelta(hours=12)
    tx.add(Session(f"SE-{name}", f"hash-{name}", name, at, at, at, "password", end, "10.0.0.7", "test"))
    house.vault.person.appear(name, sn="EV-APPEAR")
    house.vault.worker.add_vote_key(name)


def _fill(tx: Tx, house: House, account: OfficialAccount) -> None:
    house.vault.open_account(account.id, value=f"first of {account.id}" if account.stand_in else None)
    to = {"state": AccountState.IN_ORDER, "version": 1} if account.stand_in else {"state": AccountState.WAITING}
    tx.change(OfficialAccount, account.id, expect={}, to=to)


def demote(house: House, person: str) -> None:
    """Take every post from a person."""

    def work(tx: Tx) -> None:
        for post in _posts(tx, person):
            tx.change(Post, post.id, expect={}, to={"until": house.at})

    house.store.write(work)


def _posts(reader: Reader, person: str) -> list[Post]:
    return reader.find(Post, person=person)
