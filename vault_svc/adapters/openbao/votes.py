"""Verifying signatures with the vault's transit keys; making one is another credential's right."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Malformed, NotFound

if TYPE_CHECKING:
    from vault_svc.adapters.openbao.approle import AppRoleSession

_SIGNATURE: Final = re.compile(r"vault:v[1-9][0-9]{0,5}:[A-Za-z0-9+/]{1,200}={0,2}", re.ASCII)


def verified(session: AppRoleSession, key: str, *, body: bytes, signature: str) -> bool:
    """Whether the key made this signature over these bytes; False too where there is no such key or signature."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    document = {"input": base64.b64encode(body).decode("ascii"), "signature": signature}
    try:
        return session.write(f"transit/verify/{key}", document).get("valid") is True
    except (Malformed, NotFound):
        return False
