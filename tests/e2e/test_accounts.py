"""An account's life on a real vault: opened by consent, first value, custody, use, closing; and the gates agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.running import Person, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "new-blog"
VALUE = {"username": "编辑 ", "password": " 首行\n第二行 😀 ", "totp_seed": "JBSWY3DPEHPK3PXP"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service."""
    running = Service(tmp_path_factory.mktemp("accounts") / "data").start()
    yield running
    running.stop()


def _agreed(service: Service, asker: Person, manager: Person, kind: str, payload: dict[str, Any]) -> str:
    """Ask, let the general manager agree, and wait until the service has carried it out."""
    asked = asker.must("/access-requests", {"kind": kind, "payload": payload, "reason": "新开博客"})
    manager.must(f"/access-requests/{asked['serial']}/votes", {"decision": "approve", "digest": asked["digest"]})
    path = f"/access-requests/{asked['serial']}"
    service.until(lambda: asker.get(path).body["state"], lambda state: state == "closed", what=kind)
    return str(asked["serial"])


def test_an_account_lives_by_consent(service: Service) -> None:
    """The steward prepares the vault, a custodian hands in the first value once, custody moves, closing ends it."""
    operations, manager, it_lead = (service.sign_in(name) for name in ("pan.lei", "lin.wan", "xu.tao"))
    wanted = {
        "id": ACCOUNT,
        "name": "新博客",
        "kind": "blog",
        "sensitivity": "ordinary",
        "custodians": ["operations_lead"],
    }

    _agreed(service, operations, manager, "account.open", {"account": wanted})
    given = operations.must(f"/accounts/{ACCOUNT}/secret", {"fields": VALUE})
    assert given["version"] == 1
    again = operations.post(f"/accounts/{ACCOUNT}/secret", {"fields": VALUE})
    assert (again.status, again.body["rule"]) == (409, "ACC-3")

    promised = operations.must(f"/accounts/{ACCOUNT}/reveal", {"purpose": "maintenance", "reason": "核对"})
    seen = operations.must(f"/deliveries/{promised['delivery']}/open", status=200)["fields"]
    assert seen["username"] == VALUE["username"]
    assert seen["password"] == VALUE["password"]
    assert seen["totp_code"].isdigit()
    assert VALUE["totp_seed"] not in seen.values()

    assert it_lead.post(f"/accounts/{ACCOUNT}/reveal", {"purpose": "maintenance", "reason": "看"}).status == 403
    _agreed(service, operations, manager, "account.custody", {"account": ACCOUNT, "add": ["it_lead"], "remove": []})
    held = it_lead.must(f"/accounts/{ACCOUNT}/reveal", {"purpose": "maintenance", "reason": "看"})
    opened = it_lead.must(f"/deliveries/{held['delivery']}/open", status=200)
    assert opened["fields"]["password"] == VALUE["password"]

    drift = it_lead.must("/policy/drift", status=200)
    assert drift["differences"] == []

    _agreed(service, operations, manager, "account.close", {"account": ACCOUNT})
    after = operations.post(f"/accounts/{ACCOUNT}/reveal", {"purpose": "maintenance", "reason": "看"})
    assert after.status in {404, 409}
