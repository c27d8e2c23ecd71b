"""Set-up: everything that nobody may make afterwards, ending with the destruction of what it was made with.

Killed at any step and started again, it goes on and finishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.adapters.openbao import setup_steps as steps
from vault_svc.adapters.openbao.approle import AppRoleCredential, AppRoleSession, VaultAddress, VaultSession
from vault_svc.adapters.openbao.facts import VaultFacts
from vault_svc.adapters.openbao.files import sync_dir
from vault_svc.adapters.openbao.layout import BOOTSTRAP
from vault_svc.domain.errors import Broken, NotPermitted, VaultSealed, VaultUnreachable
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import compile_account_policies, compile_service_policies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from vault_svc.adapters.openbao.server import EmbeddedVault


def set_up(
    address: VaultAddress,
    *,
    admin: VaultSession,
    data_dir: Path,
    templates: Mapping[str, str],
    signing_keys: Sequence[str],
) -> VaultFacts:
    """Make mounts, sign-in, policies and AppRoles with an administrator's session; all of it may be there already.

    ``templates``: ``policies/vault`` as file name → text; ``signing_keys``: public keys (PEM) of those who sign people
    in. Leaves ``<data>/approles/<name>.json`` and the facts.
    """
    _prove(templates)
    steps.mounts(admin)
    accessors = steps.sign_in_mounts(admin)
    method = steps.second_factor(admin, accessors[steps.SECOND_FACTOR_MOUNT])
    steps.sign_in(admin, signing_keys)
    steps.contents(admin)
    steps.policies(admin, compile_service_policies(templates, accessors=accessors, totp_method=method))
    for name, policy in steps.APPROLES.items():
        credential = steps.approle(admin, name, policy=policy, folder=approles_dir(data_dir))
        steps.prove(address, name, policy=policy, credential=credential)
    facts = VaultFacts(accessors, method, steps.policies_expire(admin))
    facts.write(data_dir)
    return facts


def set_up_embedded(
    vault: EmbeddedVault, *, data_dir: Path, templates: Mapping[str, str], signing_keys: Sequence[str]
) -> VaultFacts:
    """Set up a started embedded vault and destroy its bootstrap credential; done before, it only reads the facts.

    ``Broken`` where a root token or the bootstrap credential would be left.
    """
    if not vault.bootstrap_file.exists():
        return VaultFacts.read(data_dir)
    admin = AppRoleSession(vault.address, AppRoleCredential.read(vault.bootstrap_file))
    if _alive(admin):
        set_up(vault.address, admin=admin, data_dir=data_dir, templates=templates, signing_keys=signing_keys)
        if steps.root_tokens(admin):
            raise Broken(Text("密码库中仍有 root 令牌", "a root token is left in the vault"))
        admin.delete(f"auth/approle/role/{BOOTSTRAP}")
        admin.delete(f"sys/policies/acl/{BOOTSTRAP}")  # its tokens hold nothing from here on
    else:  # killed between the two deletions or after them
        session(vault.address, data_dir, "steward").delete(f"sys/policies/acl/{BOOTSTRAP}")
    _prove_dead(vault)
    vault.bootstrap_file.unlink()
    sync_dir(vault.bootstrap_file.parent)
    return VaultFacts.read(data_dir)


def set_up_outside(
    address: VaultAddress,
    *,
    admin: VaultSession,
    data_dir: Path,
    templates: Mapping[str, str],
    signing_keys: Sequence[str],
) -> VaultFacts:
    """Set up a vault that somebody else runs; what ``admin`` works with is its owner's to take away afterwards."""
    check_outside(address)
    devices = admin.read("sys/audit").values()
    if not any(str(device["options"].get("hmac_accessor")) == "false" for device in devices):
        raise VaultUnreachable(
            Text("该密码库没有可用的审计设备", "the vault has no audit device that can be matched"),
            next_step=Text(
                "请在其配置中声明 file 审计设备, hmac_accessor=false",
                "declare a file audit device with hmac_accessor=false in its configuration",
            ),
        )
    return set_up(address, admin=admin, data_dir=data_dir, templates=templates, signing_keys=signing_keys)


def check_outside(address: VaultAddress) -> None:
    """Refuse a vault that forgets (dev mode, memory storage) or is sealed; ``http://`` is refused by the transport."""
    status = address.transport().get("/v1/sys/seal-status")
    if status.get("sealed") or not status.get("initialized"):
        raise VaultSealed
    if str(status.get("storage_type", "")).startswith("inmem"):
        raise VaultUnreachable(
            Text("该密码库运行于开发模式(内存存储)", "the vault runs in dev mode (in memory)"),
            next_step=Text("请使用 raft 存储的密码库", "use one with raft storage"),
        )


def approles_dir(data_dir: Path) -> Path:
    """Where the AppRoles' credentials are kept."""
    return data_dir / "approles"


def session(address: VaultAddress, data_dir: Path, name: str) -> AppRoleSession:
    """Return a session of one of the service's own AppRoles; ``setup_steps.APPROLES`` names them."""
    return AppRoleSession(address, AppRoleCredential.read(approles_dir(data_dir) / f"{name}.json"))


def _prove(templates: Mapping[str, str]) -> None:
    # A faulty template has to be found before anything is written; any words do for that.
    accessors = dict.fromkeys(steps.JWT_MOUNTS, "accessor")
    compile_service_policies(templates, accessors=accessors, totp_method="method")
    compile_account_policies(templates, "account", accessors)


def _alive(admin: AppRoleSession) -> bool:
    try:
        admin.read("auth/token/lookup-self")
    except NotPermitted:
        return False
    return True


def _prove_dead(vault: EmbeddedVault) -> None:
    credential = AppRoleCredential.read(vault.bootstrap_file)
    if _alive(AppRoleSession(vault.address, credential)):
        raise Broken(Text("引导凭据仍然有效", "the bootstrap credential is still alive"))
