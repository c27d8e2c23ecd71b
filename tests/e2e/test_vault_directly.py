"""Past the service, straight to its own vault with every token that there is: refused where they must be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.realvault import RealVault
from tests.running import Person, Service
from vault_svc.adapters.openbao.facts import VaultFacts
from vault_svc.adapters.openbao.jwtsigner import JwtSigner
from vault_svc.adapters.openbao.server import EmbeddedVault

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(240)

GM, OPERATIONS, PLANNER, IT = "lin.wan", "pan.lei", "song.yu", "xu.tao"
SHOP, COMMUNITY, SERVER = "tmall-teaware", "tea-community", "git-hosting"
MACHINES = ("api", "worker", "registrar", "backup", "steward")
WRAP = "30s"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service."""
    running = Service(tmp_path_factory.mktemp("directly") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def people(service: Service) -> dict[str, Person]:
    """Those who act, signed in; the vault knows them from then on."""
    return {name: service.sign_in(name) for name in (GM, OPERATIONS, PLANNER, IT)}


@pytest.fixture(scope="module")
def vault(service: Service, people: dict[str, Person]) -> RealVault:
    """The service's own vault, with the service's own key to sign people in."""
    data = service.data
    opened = RealVault(
        EmbeddedVault(data), data, JwtSigner.read(data / "keys" / "signing.pem"), VaultFacts.read(data), {}
    )
    for account, keeper in ((SHOP, OPERATIONS), (COMMUNITY, OPERATIONS), (SERVER, IT)):
        service.until(
            lambda account=account, keeper=keeper: read(opened, keeper, account),
            lambda status: status == 200,
            what=f"the custody of {account}",
        )
    return opened


def value_of(account: str) -> str:
    """Where an account's value lies."""
    return f"kv/data/acct/{account}/value"


def read(vault: RealVault, person: str, account: str) -> int:
    """How the vault answers a person who asks for a value as it has to be asked for: wrapped."""
    return vault.as_person(person, "get", value_of(account), wrap=WRAP).status


def overwrite(vault: RealVault, person: str, account: str, *, cas: int) -> int:
    """How the vault answers a person who writes over a value."""
    body = {"data": {"fields": {"password": "mine"}, "change": "CH-MINE"}, "options": {"cas": cas}}
    return vault.as_person(person, "post", value_of(account), body=body, wrap=WRAP).status


def ask(person: Person, kind: str, payload: dict[str, str], **more: str) -> Any:
    """Submit a request."""
    return person.must("/access-requests", {"kind": kind, "payload": payload, "reason": "测试", **more})


def agree(person: Person, asked: Any) -> None:
    """Vote for it."""
    person.must(f"/access-requests/{asked['serial']}/votes", {"decision": "approve", "digest": asked["digest"]})


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("account", [SHOP, SERVER])
def test_no_machine_of_the_service_reads_a_value(vault: RealVault, machine: str, account: str) -> None:
    """Neither plain nor wrapped, neither the current one nor the candidate nor an old version."""
    token = vault.token(machine)

    for path in (value_of(account), value_of(account).replace("value", "staged")):
        for wrap in (None, WRAP):
            assert vault.call("get", path, token=token, wrap=wrap).status == 403
        assert vault.call("get", path, token=token, params={"version": 1}).status == 403


@pytest.mark.parametrize("machine", ["api", "worker", "registrar", "backup"])
def test_no_machine_but_the_steward_makes_a_value(vault: RealVault, machine: str) -> None:
    """And the steward makes first ones only: it writes over nothing."""
    body = {"data": {"fields": {"password": "mine"}, "change": "CH-MINE"}}

    for account in (SHOP, "account-new"):
        assert vault.call("post", value_of(account), token=vault.token(machine), body=body).status == 403
    assert vault.call("post", value_of(SHOP), token=vault.token("steward"), body=body).status == 403


def test_a_call_without_a_token_reads_nothing(vault: RealVault) -> None:
    """The port is open to this machine, the vault is not."""
    assert vault.call("get", value_of(SHOP), wrap=WRAP).status == 403


def test_a_custodian_reads_wrapped_only(vault: RealVault) -> None:
    """A value that was not wrapped would stand in whatever lies between."""
    assert vault.as_person(OPERATIONS, "get", value_of(SHOP)).status >= 400
    assert read(vault, OPERATIONS, SHOP) == 200


def test_a_custodian_can_not_write_over_a_value_without_consent(
    service: Service, vault: RealVault, people: dict[str, Person]
) -> None:
    """ACC-3: refused before the general manager has agreed, possible while that stands, refused after it is over."""
    keeper = people[OPERATIONS]
    version = keeper.get(f"/accounts/{COMMUNITY}").body["version"]
    assert overwrite(vault, OPERATIONS, COMMUNITY, cas=version) == 403
    asked = ask(keeper, "account.change", {"account": COMMUNITY, "what": "password"})
    assert overwrite(vault, OPERATIONS, COMMUNITY, cas=version) == 403
    agree(people[GM], asked)

    service.until(
        lambda: overwrite(vault, OPERATIONS, COMMUNITY, cas=version), lambda status: status == 200, what="the change"
    )

    keeper.must(f"/access-requests/{asked['serial']}/withdraw", {"reason": "不换了"}, status=200)
    service.until(
        lambda: overwrite(vault, OPERATIONS, COMMUNITY, cas=version + 1), lambda found: found == 403, what="the end"
    )
    assert overwrite(vault, PLANNER, COMMUNITY, cas=version + 1) == 403


def test_a_planner_reads_between_the_grant_and_its_end(
    service: Service, vault: RealVault, people: dict[str, Person]
) -> None:
    """ACC-2: refused before, wrapped within, refused after; never another account."""
    until = datetime.now(UTC) + timedelta(seconds=15)
    assert read(vault, PLANNER, SHOP) == 403
    asked = ask(people[PLANNER], "account.use", {"account": SHOP, "purpose": "operations"}, until=until.isoformat())
    assert read(vault, PLANNER, SHOP) == 403
    agree(people[OPERATIONS], asked)

    service.until(lambda: read(vault, PLANNER, SHOP), lambda status: status == 200, what="the grant")

    reply = vault.as_person(PLANNER, "get", value_of(SHOP), wrap=WRAP)
    assert "data" not in reply.document or not reply.document["data"]
    assert reply.wrap_token
    assert vault.as_person(PLANNER, "get", value_of(SHOP)).status >= 400
    assert overwrite(vault, PLANNER, SHOP, cas=1) == 403
    assert read(vault, PLANNER, COMMUNITY) == 403
    service.until(lambda: read(vault, PLANNER, SHOP), lambda status: status == 403, what="the end")
    assert datetime.now(UTC) >= until


@pytest.mark.parametrize("person", [GM, OPERATIONS, PLANNER])
def test_what_acc_4_keeps_inside_is_refused_by_the_vault_too(vault: RealVault, person: str) -> None:
    """ACC-4: source code is IT's; nobody else gets it, whatever the post."""
    assert read(vault, person, SERVER) == 403
    assert read(vault, IT, SERVER) == 200


def test_a_person_signs_nobody_elses_vote(vault: RealVault) -> None:
    """One's own key, and no other."""
    body = {"input": "eWVz"}

    assert vault.as_person(PLANNER, "post", f"transit/sign/vote-{GM}", body=body).status == 403
    for machine in MACHINES:
        assert vault.call("post", f"transit/sign/vote-{GM}", token=vault.token(machine), body=body).status == 403
    assert vault.as_person(PLANNER, "post", f"transit/sign/vote-{PLANNER}", body=body).status == 200
