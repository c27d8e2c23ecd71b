"""The one-time code of a stored TOTP seed (RFC 6238), so that the seed itself is never delivered."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pyotp

from vault_svc.domain.errors import Invalid
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from datetime import datetime


class _AsIssued(pyotp.TOTP):
    """A seed as the platform issued it: many have 80 bits, and it is not ours to refuse them."""

    min_secret_length_bits = 40


def one_time_code(seed: Secret, at: datetime) -> Secret:
    """Return the code of that moment. The seed is a base32 word or a whole ``otpauth://`` address; ``Invalid`` else."""
    kept = seed.reveal().strip()
    try:
        code = _made(kept).at(at)
    except (ValueError, TypeError, KeyError):
        code = None
    if code is None:
        raise Invalid(Text("保存的动态码种子无效", "the stored seed of one-time codes can't be used"))
    return Secret(code)


def _made(kept: str) -> pyotp.TOTP:
    if not kept.startswith("otpauth://totp/"):
        return _AsIssued(kept.replace(" ", ""))
    told = dict(parse_qsl(urlsplit(kept).query))
    digest = _DIGESTS[told.get("algorithm", "SHA1").upper()]
    return _AsIssued(
        told["secret"], digits=int(told.get("digits", 6)), digest=digest, interval=int(told.get("period", 30))
    )


_DIGESTS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
