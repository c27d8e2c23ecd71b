"""Working days with make-up days: the hard dates, years that are not known, counting."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.adapters.calendar import WORKDAYS, workdays_of
from vault_svc.adapters.policyfiles import load_dir, shipped_dir
from vault_svc.domain.errors import PolicyFileInvalid, WrongState
from vault_svc.domain.workdays import Workdays, WorkYear, YearState, weekday

SHIPPED = workdays_of(load_dir(shipped_dir()))


def test_an_unknown_year_is_not_guessed() -> None:
    """Whoever asks for a day of it is refused with the next step."""
    with pytest.raises(WrongState, match="2031") as refused:
        SHIPPED.is_working_day(date(2031, 3, 3))

    assert refused.value.next_step is not None
    assert SHIPPED.state(2031) is YearState.UNKNOWN


@pytest.mark.parametrize(
    ("tenth", "settles"),
    [
        ("2025-05-10", "2025-05-12"),
        ("2025-08-10", "2025-08-11"),
        ("2026-01-10", "2026-01-12"),
        ("2026-05-10", "2026-05-11"),
        ("2026-10-10", "2026-10-10"),
        ("2027-01-10", "2027-01-11"),
        ("2027-02-10", "2027-02-11"),
        ("2027-04-10", "2027-04-12"),
        ("2027-07-10", "2027-07-12"),
        ("2027-10-10", "2027-10-11"),
    ],
)
def test_the_hard_dates_are_right(tenth: str, settles: str) -> None:
    """2026-10-10 is a worked Saturday, which a rule of weekdays would move."""
    assert SHIPPED.next_working_day(date.fromisoformat(tenth)) == date.fromisoformat(settles)


def test_a_year_without_its_notice_is_provisional() -> None:
    """2027 answers, and says how well."""
    assert SHIPPED.state(2026) is YearState.CONFIRMED
    assert SHIPPED.state(2027) is YearState.PROVISIONAL


def test_a_debt_has_a_date_in_any_year() -> None:
    """Five working days over the national holiday of 2026, and plain weekdays where nothing is known."""
    assert SHIPPED.due_on(date(2026, 9, 30), 5) == date(2026, 10, 13)
    assert SHIPPED.due_on(date(2031, 1, 1), 5) == date(2031, 1, 8)


@pytest.mark.parametrize(
    "text",
    [
        "schema = 1\n[year.2026]\nstate = 'maybe'\nsource = 'x'",
        "schema = 1\n[year.abc]\nstate = 'confirmed'\nsource = 'x'",
        "schema = 1\n[year.2026]\nstate = 'confirmed'\nsource = ''",
        "schema = 1\n[year.2026]\nstate = 'confirmed'\nsource = 'x'\noff = [2025-01-01]",
    ],
)
def test_a_bad_year_names_its_line(text: str) -> None:
    """An unusable table is refused as a whole."""
    with pytest.raises(PolicyFileInvalid) as invalid:
        workdays_of({WORKDAYS: text})

    assert all(fault.line > 1 for fault in invalid.value.faults)


DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 1))


@given(start=DAYS, count=st.integers(1, 15), off=st.sets(DAYS, max_size=30), worked=st.sets(DAYS, max_size=30))
def test_a_due_day_is_worked_and_counts_the_days_between(
    start: date, count: int, off: set[date], worked: set[date]
) -> None:
    """Whatever the holidays are."""
    calendar = Workdays(
        {
            year: WorkYear(year, YearState.CONFIRMED, "test", frozenset(off), frozenset(worked - off))
            for year in range(2023, 2029)
        }
    )

    due = calendar.due_on(start, count)

    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert calendar.is_working_day(due)
    assert sum(calendar.is_working_day(day) for day in between) == count
    assert due == calendar.add_working_days(start, count)


def test_a_weekday_is_monday_to_friday() -> None:
    """The plain rule, for what is unknown."""
    assert [weekday(date(2026, 11, 23) + timedelta(days=n)) for n in range(7)] == [True] * 5 + [False] * 2
