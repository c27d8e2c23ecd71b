"""The one-time code of a stored TOTP seed (RFC 6238), so that the seed itself is never delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp

from vault_svc.domain.errors import Invalid
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from datetime import datetime


def one_time_code(seed: Secret, at: datetime) -> Secret:
    """Return the code of that moment. The seed is a base32 word or a whole ``otpauth://`` address; ``Invalid`` else."""
    kept = seed.reveal().strip()
    try:
        made = pyotp.parse_uri(kept) if kept.startswith("otpauth://") else pyotp.TOTP(kept.replace(" ", ""))
        code = made.at(at) if isinstance(made, pyotp.TOTP) else None
    except (ValueError, TypeError):
        code = None
    if code is None:
        raise Invalid(Text("保存的动态码种子无效", "the stored seed of one-time codes can't be used"))
    return Secret(code)
