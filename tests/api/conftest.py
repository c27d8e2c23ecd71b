"""The application over a real store and the shipped policies, with a vault that does not answer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest
import structlog
from starlette.testclient import TestClient

from vault_svc.adapters.hashing import Argon2Hasher
from vault_svc.adapters.ids import Ids
from vault_svc.adapters.store import SqlStore, upgrade
from vault_svc.api.app import create_app
from vault_svc.bootstrap.rules import LiveRules, seed
from vault_svc.domain.accounts import AccountState, OfficialAccount, Sensitivity
from vault_svc.domain.errors import VaultUnreachable
from vault_svc.domain.people import Password, PasswordState, Person, PersonState, Post
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import LONGEST, STEP_UP, Session
from vault_svc.services.context import Context
from vault_svc.services.sign_in import hash_bearer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault_svc.services.ports import Tx

PASSWORD = "Bamboo-forest-in-fog"
PEOPLE = {
    "gm": ("general_manager",),
    "ops": ("operations_lead",),
    "plan": ("planner",),
    "audit": ("auditor",),
}


class Unreachable:
    """A vault that is not there, whatever it is asked for."""

    def __getattr__(self, name: str) -> object:
        def refuse(*_: object, **__: object) -> NoReturn:
            raise VaultUnreachable

        return refuse


@dataclass(frozen=True)
class Api:
    """The application and its people; ``of`` speaks as one of them."""

    client: TestClient
    context: Context

    def of(self, person: str) -> dict[str, str]:
        """Return the headers of a signed-in person, freshly proved."""
        return {"Authorization": f"Bearer {bearer(person)}"}


def bearer(person: str) -> str:
    """Return the bearer of a person's session in these tests."""
    return f"{person}-{'b' * 40}"


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Return the application with a small company in it."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # not between the answers of the command line
    url = f"sqlite:///{tmp_path_factory.mktemp('api') / 'store.db'}"
    upgrade(url)
    store = SqlStore(url, stream="api-tests", clock=now)
    seed(store, None, at=now())
    context = _context(store)
    store.write(lambda tx: _company(tx, context))
    with TestClient(create_app(context, docs=True), raise_server_exceptions=True) as client:
        yield Api(client, context)
    store.close()
    structlog.reset_defaults()


def _context(store: SqlStore) -> Context:
    down: Any = Unreachable()
    return Context(
        store=store,
        clock=now,
        rules=LiveRules(),
        hasher=Argon2Hasher(),
        lore=down,
        person_vault=down,
        service_vault=down,
        mailer=down,
        new_id=Ids(now),
        new_bearer=lambda: secrets.token_urlsafe(32),
        generate=lambda: Secret("generated"),
        one_time_code=lambda *_: Secret("123456"),
        checkpoints=cast("Any", down),
        free_bytes=lambda: 2**40,
        exports={},
    )


def _session(context: Context, person: str, *, token: str, proved_at: datetime) -> Session:
    return Session(
        id=context.new_id("SE"),
        token_hash=hash_bearer(bearer(token)),
        person=person,
        created_at=now(),
        seen_at=now(),
        proved_at=proved_at,
        proved_how="password",
        expires_at=now() + LONGEST,
        source="testclient",
        client="api",
    )


def _company(tx: Tx, context: Context) -> None:
    at = now() - timedelta(minutes=1)
    hashed = context.hasher.hash(Secret(PASSWORD))
    for name, posts in PEOPLE.items():
        tx.add(Person(name, name, None, None, None, PersonState.ACTIVE, at, known_to_vault=True))
        tx.add(Password(name, hashed, PasswordState.IN_ORDER, at, at + timedelta(days=90)))
        for role in posts:
            tx.add(Post(context.new_id("PO"), name, role, at))
        tx.add(_session(context, name, token=name, proved_at=now()))
    tx.add(_session(context, "gm", token="gm-stale", proved_at=at - STEP_UP))
    tx.add(
        OfficialAccount(
            id="shop",
            name="店铺",
            kind="shop_platform",
            sensitivity=Sensitivity.ORDINARY,
            custodians=("operations_lead",),
            state=AccountState.IN_ORDER,
            opened_at=at,
            version=1,
            applied=1,
        )
    )
