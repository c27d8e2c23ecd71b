"""One-time codes out of stored seeds: RFC 6238's own values, addresses, and seeds as platforms issue them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from vault_svc.adapters.onetimecodes import one_time_code
from vault_svc.domain.errors import Invalid
from vault_svc.domain.secrets import Secret

RFC_SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize("seed", ["", "not base32!", "otpauth://totp/x?digits=6", "otpauth://hotp/x?secret=AAAA"])
def test_a_seed_that_is_none_is_refused_without_an_echo(seed: str) -> None:
    """The error says what is wrong, not what was stored."""
    with pytest.raises(Invalid) as refused:
        one_time_code(Secret(seed), datetime(2026, 1, 1, tzinfo=UTC))

    assert not seed or seed not in str(refused.value)


@pytest.mark.parametrize(("second", "code"), [(59, "94287082"), (1111111109, "07081804"), (20000000000, "65353130")])
def test_the_codes_are_those_of_the_standard(second: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1 with eight digits."""
    seed = f"otpauth://totp/shop?secret={RFC_SEED}&digits=8"

    assert one_time_code(Secret(seed), datetime.fromtimestamp(second, UTC)).reveal() == code


def test_a_short_seed_with_spaces_works() -> None:
    """Platforms issue 80 bits in groups of four."""
    at = datetime(2026, 1, 1, tzinfo=UTC)

    plain = one_time_code(Secret("JBSWY3DPEHPK3PXP"), at).reveal()

    assert plain == one_time_code(Secret("JBSW Y3DP EHPK 3PXP"), at).reveal()
    assert len(plain) == 6
