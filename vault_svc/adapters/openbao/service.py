"""The vault as the API process itself reaches it: a canary and the record's checkpoints."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from vault_svc.adapters.openbao.paths import CANARY
from vault_svc.adapters.openbao.votes import verified

if TYPE_CHECKING:
    from vault_svc.adapters.openbao.approle import AppRoleSession

CHECKPOINT_KEY: Final = "checkpoint"


class OpenBaoServiceVault:
    """Keeps ``services.ports.ServiceVault``."""

    def __init__(self, session: AppRoleSession) -> None:
        self._session = session

    def canary(self) -> None:
        """Do an audited read: the vault's own health answers 200 even while its audit disk is full."""
        self._session.read(CANARY)

    def sign_checkpoint(self, body: bytes) -> str:
        """Sign with the checkpoint key."""
        document = {"input": base64.b64encode(body).decode("ascii")}
        return str(self._session.write(f"transit/sign/{CHECKPOINT_KEY}", document)["signature"])

    def verify_checkpoint(self, body: bytes, signature: str) -> bool:
        """Whether the checkpoint key made this signature over these bytes."""
        return verified(self._session, CHECKPOINT_KEY, body=body, signature=signature)
