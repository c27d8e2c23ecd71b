"""What the running vault made up itself and all need to know: accessors, the id of the second factor's method."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from vault_svc.adapters.openbao.files import read_private, write_private
from vault_svc.domain.errors import VaultUnreachable
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class VaultFacts:
    """Nothing here is secret. ``policies_expire``: whether the vault ends a policy by itself (OpenBao only)."""

    accessors: Mapping[str, str]
    totp_method: str
    policies_expire: bool

    @staticmethod
    def file(data_dir: Path) -> Path:
        """Where they are kept."""
        return data_dir / "vault-facts.json"

    @classmethod
    def read(cls, data_dir: Path) -> VaultFacts:
        """Read them; ``VaultUnreachable`` where the vault was not set up yet."""
        try:
            document = json.loads(read_private(cls.file(data_dir)))
            return cls(dict(document["accessors"]), str(document["totp_method"]), bool(document["policies_expire"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise VaultUnreachable(
                Text("密码库尚未初始化", "the vault is not set up yet"),
                next_step=Text("请先运行 scripts/up", "run scripts/up first"),
            ) from None

    def write(self, data_dir: Path) -> None:
        """Keep them."""
        write_private(self.file(data_dir), json.dumps(asdict(self), indent=1).encode())
