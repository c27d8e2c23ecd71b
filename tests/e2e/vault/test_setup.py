"""Set-up: killed anywhere it finishes when called again, and what it was made with is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.realvault import TEMPLATES, RealVault, root_token, set_up_vault
from vault_svc.adapters.openbao import setup
from vault_svc.adapters.openbao.approle import AppRoleCredential, AppRoleSession, TokenSession, VaultAddress
from vault_svc.adapters.openbao.child import Child
from vault_svc.adapters.openbao.facts import VaultFacts
from vault_svc.adapters.openbao.jwtsigner import make_key
from vault_svc.adapters.openbao.layout import Layout
from vault_svc.adapters.openbao.recovery import issue_recovery
from vault_svc.adapters.openbao.setup_steps import APPROLES, MOST_VERSIONS, root_tokens
from vault_svc.domain.errors import Broken, NotPermitted, PolicyFileInvalid, VaultUnreachable, WrongState
from vault_svc.domain.secrets import Secret
from vault_svc.domain.vaultpolicies import MACHINE_POLICIES, PERSON_POLICIES

if TYPE_CHECKING:
    from vault_svc.adapters.openbao.server import EmbeddedVault

ROOT = Path(__file__).resolve().parents[3]
STRIDE = 14
STANDING = {*MACHINE_POLICIES, *PERSON_POLICIES}


def test_killed_at_any_call_it_finishes_when_called_again(started: EmbeddedVault, tmp_path: Path) -> None:
    """Killed at call after call, each time further on, it gets through; the result is whole and nothing is left."""
    credential = AppRoleCredential.read(started.bootstrap_file)
    kills = 0
    for call in range(1, 10_000, STRIDE):
        code = _set_up(tmp_path, "before" if kills % 2 else "after", str(call))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1

    vault = set_up_vault(started, tmp_path)
    assert kills > 5
    _assert_whole(vault, credential)


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("after", "delete /v1/auth/approle/role/bootstrap"),
        ("after", "delete /v1/sys/policies/acl/bootstrap"),
    ],
)
def test_killed_while_it_destroys_its_own_credential_it_finishes(
    started: EmbeddedVault, tmp_path: Path, when: str, what: str
) -> None:
    """The last steps take the right to go on away: the steward finishes them."""
    credential = AppRoleCredential.read(started.bootstrap_file)
    killed = _set_up(tmp_path, when, what)

    vault = set_up_vault(started, tmp_path)

    assert killed == -signal.SIGKILL
    _assert_whole(vault, credential)


def test_done_before_it_changes_nothing(vault: RealVault) -> None:
    """A second call reads the facts; no credential is made anew."""
    before = {file.name: file.read_bytes() for file in setup.approles_dir(vault.data_dir).iterdir()}

    again = set_up_vault(vault.embedded, vault.data_dir)

    assert again.facts == vault.facts == VaultFacts.read(vault.data_dir)
    assert {file.name: file.read_bytes() for file in setup.approles_dir(vault.data_dir).iterdir()} == before
    assert set(before) == {f"{name}.json" for name in APPROLES}


def test_the_bootstrap_secret_is_nowhere(vault: RealVault) -> None:
    """No file that is left holds the word that the AppRole of set-up was made with."""
    home = vault.data_dir / "vault"

    assert not vault.embedded.bootstrap_file.exists()
    assert vault.call("post", "auth/approle/login", body={"role_id": "bootstrap", "secret_id": "x"}).status == 400
    assert b"bootstrap" not in b"".join(path.read_bytes() for path in home.glob("*.json"))


def test_a_long_history_is_kept(vault: RealVault) -> None:
    """Twelve versions and more stay readable; the vault's own habit would be ten."""
    account = vault.new_account(value="0")
    changer = vault.new_person(f"change:{account}", f"custody:{account}")
    body = {"data": {"fields": {}, "change": "x"}}
    for _ in range(11):
        vault.as_person(changer, "post", f"kv/data/acct/{account}/value", body=body, wrap="30s")

    kept = vault.session("worker").read(f"kv/metadata/acct/{account}/value")["versions"]

    assert len(kept) == 12
    assert MOST_VERSIONS >= 1000


def test_faulty_templates_are_found_before_anything_is_written(started: EmbeddedVault, tmp_path: Path) -> None:
    """A placeholder that nobody knows ends set-up with file and line, and nothing was mounted."""
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    templates = {**TEMPLATES, "use.hcl": TEMPLATES["use.hcl"].replace("@{account}", "@{acount}")}

    with pytest.raises(PolicyFileInvalid, match=r"use\.hcl:\d+ unknown placeholder acount"):
        setup.set_up(started.address, admin=admin, data_dir=tmp_path, templates=templates, signing_keys=[])

    assert set(admin.read("sys/mounts")) == {"cubbyhole/", "identity/", "sys/"}


def test_an_outside_vault_is_set_up_with_a_credential_of_its_owner(started: EmbeddedVault, tmp_path: Path) -> None:
    """The same set-up, done twice, on a vault that somebody else runs; the owner's credential is the owner's."""
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    home, signer = tmp_path / "ours", make_key(tmp_path / "ours" / "signing.pem")

    facts = [
        setup.set_up_outside(
            started.address, admin=admin, data_dir=home, templates=TEMPLATES, signing_keys=[signer.public_key()]
        )
        for _ in range(2)
    ]

    ours = RealVault(started, home, signer, facts[0])
    assert facts[0] == facts[1]
    assert facts[0].policies_expire
    assert set(ours.worker.policy_texts()) == {*STANDING, "bootstrap"}
    assert len(admin.list("auth/approle/role/worker/secret-id")) == 1
    assert ours.entity(ours.new_person())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sys/mounts/kv", {"type": "kv", "options": {"version": "1"}}),
        ("sys/mounts/transit", {"type": "kv"}),
        ("sys/auth/jwt", {"type": "approle"}),
    ],
)
def test_what_somebody_else_mounted_is_left_alone(
    started: EmbeddedVault, tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    """An engine of another kind under our name ends set-up, and stays as it was."""
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    admin.write(path, body)

    with pytest.raises(WrongState, match="something else"):
        setup.set_up(started.address, admin=admin, data_dir=tmp_path, templates=TEMPLATES, signing_keys=[])

    parent, name = path.rsplit("/", 1)
    assert admin.read(parent)[f"{name}/"]["type"] == body["type"]


def test_somebody_elses_sign_in_is_left_alone(started: EmbeddedVault, tmp_path: Path) -> None:
    """A JWT mount with another issuer is not configured over."""
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    key = make_key(tmp_path / "theirs.pem").public_key()
    admin.write("sys/auth/jwt", {"type": "jwt"})
    admin.write("auth/jwt/config", {"jwt_validation_pubkeys": [key], "bound_issuer": "theirs"})

    with pytest.raises(WrongState, match="something else"):
        setup.set_up(started.address, admin=admin, data_dir=tmp_path, templates=TEMPLATES, signing_keys=[])

    assert admin.read("auth/jwt/config")["bound_issuer"] == "theirs"


def test_a_root_token_that_is_left_is_found(started: EmbeddedVault, tmp_path: Path) -> None:
    """Set-up does not say that it is through while anybody holds root; with the token gone it goes on."""
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    root = TokenSession(started.address, _root(started))

    with pytest.raises(Broken, match="root token"):
        set_up_vault(started, tmp_path)
    still_there = started.bootstrap_file.exists() and root_tokens(admin)
    root.write("auth/token/revoke-self", {})
    set_up_vault(started, tmp_path)

    assert still_there == 1
    assert not started.bootstrap_file.exists()


def test_an_outside_vault_is_set_up_with_a_token_too(started: EmbeddedVault, tmp_path: Path) -> None:
    """For the set-up alone, and never kept: no file of ours holds it."""
    token, home = _root(started), tmp_path / "ours"
    signer = make_key(home / "signing.pem")

    setup.set_up_outside(
        started.address,
        admin=TokenSession(started.address, token),
        data_dir=home,
        templates=TEMPLATES,
        signing_keys=[signer.public_key()],
    )

    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert token.reveal().encode() not in kept


def test_a_token_that_is_over_sets_nothing_up(started: EmbeddedVault, tmp_path: Path) -> None:
    """The vault's refusal is ours."""
    admin = TokenSession(started.address, Secret("s.over"))

    with pytest.raises(NotPermitted):
        setup.set_up(started.address, admin=admin, data_dir=tmp_path, templates=TEMPLATES, signing_keys=[])


def test_a_vault_that_forgets_is_refused(tmp_path: Path) -> None:
    """Memory storage is what dev mode has: it is not set up."""
    layout = Layout(tmp_path)
    layout.certificates.ensure()
    ports = layout.prepare()
    written = layout.config_file.read_text()
    start, end = written.index('storage "raft"'), written.index('listener "tcp"')
    layout.config_file.write_text(written[:start] + 'storage "inmem" {}\n' + written[end:])
    child = Child(layout, extra={"BOOTSTRAP_SECRET_ID": "x" * 32})
    address = VaultAddress(f"https://127.0.0.1:{ports.api}", layout.certificates.ca_file)
    try:
        while not isinstance(address.transport().request("get", "/v1/sys/health", raise_exception=False), dict):
            assert not child.ended()

        with pytest.raises(VaultUnreachable, match="in memory"):
            setup.check_outside(address)
    finally:
        child.stop()


def _root(started: EmbeddedVault) -> Secret:
    admin = AppRoleSession(started.address, AppRoleCredential.read(started.bootstrap_file))
    shares: list[str] = []

    def keep(_holder: str, share: Secret) -> Secret:
        shares.append(share.reveal())
        return share

    issue_recovery(started.address, admin, holders=("a", "b", "c"), hand_over=keep)
    token = admin._signed_in(None).token
    assert token is not None
    return Secret(root_token(started.address, token, shares[:2]))


def _set_up(data: Path, when: str, what: str) -> int:
    module = "tests.e2e.vault.setup_process"
    return subprocess.run(
        [sys.executable, "-m", module, str(data), when, what], cwd=ROOT, check=False, capture_output=True
    ).returncode


def _assert_whole(vault: RealVault, bootstrap: AppRoleCredential) -> None:
    with pytest.raises(NotPermitted):
        AppRoleSession(vault.address, bootstrap).read("sys/mounts")
    assert not vault.embedded.bootstrap_file.exists()
    assert set(vault.worker.policy_texts()) == STANDING
    account = vault.new_account(value="v")
    person = vault.new_person(f"use:{account}", "post:keeper")
    assert vault.as_person(person, "get", f"kv/data/acct/{account}/value", wrap="30s").status == 200
    vault.service.canary()
    assert vault.service.verify_checkpoint(b"x", vault.service.sign_checkpoint(b"x"))
    assert vault.call("get", "sys/storage/raft/snapshot", token=vault.token("backup")).status == 200
