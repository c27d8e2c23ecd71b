from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.password_cases import rules
from vault_svc.domain.password_age import EXPIRED, notice_due, one_time_over, state_of
from vault_svc.domain.people import Password, PasswordState

SET_AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
ENDS = SET_AT + timedelta(days=90)
MOMENT = timedelta(microseconds=1)


def a_password(state: PasswordState = PasswordState.IN_ORDER) -> Password:
    """A password that ends after 90 days."""
    return Password("linxiao", "$argon2id$", state, SET_AT, ENDS)


def test_a_password_past_its_end_is_expired() -> None:
    """The end itself is outside."""
    assert state_of(a_password(), at=ENDS) == EXPIRED == "expired"
    assert state_of(a_password(), at=ENDS - MOMENT) is PasswordState.IN_ORDER


@pytest.mark.parametrize("state", [PasswordState.ONE_TIME, PasswordState.OWED])
def test_what_has_to_be_changed_anyway_says_why(state: PasswordState) -> None:
    """A one-time password and one that another person used stay what they are, however old."""
    assert state_of(a_password(state), at=SET_AT) is state
    assert state_of(a_password(state), at=ENDS) is state


def test_a_one_time_password_can_wait_too_long() -> None:
    """What lies about in a mailbox for weeks opens nothing."""
    assert one_time_over(a_password(PasswordState.ONE_TIME), at=ENDS)
    assert not one_time_over(a_password(PasswordState.ONE_TIME), at=ENDS - MOMENT)
    assert not one_time_over(a_password(), at=ENDS)


@pytest.mark.parametrize(
    ("before", "days"),
    [
        (timedelta(days=14) + MOMENT, None),
        (timedelta(days=14), 14),
        (timedelta(days=1), 1),
        (MOMENT, 0),
        (timedelta(0), None),
        (timedelta(days=-1), None),
    ],
)
def test_notice_is_given_in_the_last_fourteen_days(before: timedelta, days: int | None) -> None:
    """Not earlier, and not once it is too late."""
    assert notice_due(a_password(), rules=rules(), at=ENDS - before) == days


def test_no_notice_for_what_has_to_be_changed_now() -> None:
    """The gate says so at every step already."""
    assert notice_due(a_password(PasswordState.ONE_TIME), rules=rules(), at=ENDS - timedelta(days=1)) is None
