"""A real store, gate and hasher with a clock that is set by hand, for tests of people's own passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.unit.gate_cases import shipped_enforcer, shipped_files, shipped_policies
from tests.unit.password_cases import lore, rules
from vault_svc.adapters.hashing import Argon2Hasher
from vault_svc.adapters.ids import Ids
from vault_svc.adapters.store import SqlStore, upgrade
from vault_svc.domain.audit import Event
from vault_svc.domain.company import Company
from vault_svc.domain.people import Password, PasswordState, PastPassword, Person, PersonState
from vault_svc.domain.permissions import Caller
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import LONGEST, Session
from vault_svc.services.context import Context
from vault_svc.services.one_time import PasswordDesk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from vault_svc.adapters.enforcer import CasbinEnforcer
    from vault_svc.domain.passwords import PasswordRules
    from vault_svc.domain.policies import Policies
    from vault_svc.domain.texts import Text
    from vault_svc.services.ports import Reader, Tx

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
NAME = "linxiao"
FIRST = "Kormoran-Leuchtturm-Watt"


class Letterbox:
    """Keeps the mails instead of sending them; ``open`` says whether it takes any."""

    def __init__(self, *, configured: bool = True) -> None:
        self.configured = configured
        self.mails: list[tuple[str, str]] = []

    def send(self, to: str, *, subject: Text, body: Text) -> None:
        """Keep it."""
        assert subject.zh
        self.mails.append((to, f"{body.zh}\n{body.en}"))


@dataclass(frozen=True)
class ShippedRules:
    """The shipped policies with one of the password profiles in force; working days are not asked for."""

    profile: str
    version: int = 1
    workdays: Any = None

    @property
    def files(self) -> Mapping[str, str]:
        """The files themselves."""
        return shipped_files()

    @property
    def policies(self) -> Policies:
        """Roles and chains."""
        return shipped_policies()

    @property
    def enforcer(self) -> CasbinEnforcer:
        """The first gate."""
        return shipped_enforcer()

    @property
    def passwords(self) -> PasswordRules:
        """The profile in force."""
        return rules(self.profile)

    def __call__(self, reader: Reader) -> ShippedRules:  # noqa: ARG002  # the port's
        """Return the same at every call."""
        return self

    def check(self, reader: Reader, files: Mapping[str, str]) -> None:
        """Nothing is changed here."""


@dataclass
class Desk:
    """One person with a password, and everything that a change of it touches."""

    store: SqlStore
    at: datetime = MONDAY
    profile: str = "default"
    mailer: Letterbox = field(default_factory=Letterbox)
    hasher: Argon2Hasher = field(default_factory=lambda: Argon2Hasher(memory_kib=64, rounds=1))
    caller: Caller = field(default_factory=lambda: Caller(NAME, source="10.0.0.7", session="SE-own"))

    def clock(self) -> datetime:
        """The time that the test has set."""
        return self.at

    @property
    def context(self) -> Context:
        """What the use cases are given; what passwords have nothing to do with is not there."""
        absent: Any = None
        return Context(
            store=self.store,
            clock=self.clock,
            rules=ShippedRules(self.profile),
            hasher=self.hasher,
            lore=lore(),
            person_vault=absent,
            service_vault=absent,
            mailer=self.mailer,
            new_id=Ids(self.clock),
            new_bearer=lambda: secrets.token_urlsafe(32),
            generate=absent,
            one_time_code=absent,
            checkpoints=absent,
            free_bytes=absent,
            exports={},
        )

    @property
    def issuing(self) -> PasswordDesk:
        """What issuing passwords needs."""
        own = self.context
        return PasswordDesk(own.store, own.clock, own.rules, own.hasher, own.lore, own.mailer, own.new_id)

    def kept(self, person: str = NAME) -> Password:
        """The password as it is kept."""
        found = self.store.read(lambda reader: reader.get(Password, person))
        assert found is not None
        return found

    def past(self) -> list[PastPassword]:
        """The hashes that may not come back, newest first."""
        return self.store.read(lambda reader: reader.find(PastPassword, person=NAME, order=("-set_at",)))

    def events(self, action: str) -> list[Event]:
        """What stands on record under a tag."""
        return self.store.read(lambda reader: reader.find(Event, action=action))

    def living_sessions(self) -> set[str]:
        """The sessions that still count."""
        found = self.store.read(lambda reader: reader.find(Session, person=NAME, ended_at__null=True))
        return {session.id for session in found}

    def fits(self, plain: str) -> bool:
        """Whether this is the password now."""
        return self.hasher.verify(Secret(plain), self.kept().hash)

    def set_state(self, state: PasswordState, *, expires_at: datetime | None = None) -> None:
        """Put the kept password into a state."""
        to = {"state": state, "expires_at": expires_at or self.kept().expires_at}
        self.store.write(lambda tx: tx.change(Password, NAME, expect={}, to=to))


def open_desk(folder: Path) -> Iterator[Desk]:
    """Make a store with the shipped policies, a company, and one person with a password and two sessions."""
    url = f"sqlite:///{folder / 'store.db'}"
    upgrade(url)
    store = SqlStore(url, stream="tests", clock=lambda: MONDAY)
    desk = Desk(store)
    hashed = desk.hasher.hash(Secret(FIRST))

    def work(tx: Tx) -> None:
        tx.add(Company("company", "示范商城", "Asia/Shanghai", "", "", MONDAY))
        tx.add(Person(NAME, "林晓", None, None, "linxiao@example.com", PersonState.ACTIVE, MONDAY))
        tx.add(Password(NAME, hashed, PasswordState.IN_ORDER, MONDAY, MONDAY + timedelta(days=90)))
        for session in ("SE-own", "SE-other"):
            tx.add(_session(session))

    store.write(work)
    yield desk
    store.close()


def _session(session: str) -> Session:
    return Session(
        id=session,
        token_hash=session,
        person=NAME,
        created_at=MONDAY,
        seen_at=MONDAY,
        proved_at=MONDAY,
        proved_how="password",
        expires_at=MONDAY + LONGEST,
        source="10.0.0.7",
        client="test",
    )
