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
        "schema = 1\n[year.2026]\nstate = 'confirmed'\nsource = 'x'\noff = ['2026-01-05']",
        "schema = 1\n[year.2026]\nstate = 'confirmed'\nsource = 'x'\noff = [2026-01-05]\nworked = [2026-01-05]",
        "schema = 1\n[year.2028]\nstate = 'unknown'\nsource = 'x'",
        "schema = 1\n[year.2028]\nstate = 'confirmed'\nsource = 'x'",
        "schema = 1\n[year.2026\nstate = 'confirmed'",
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


def calendar_of(years: str) -> Workdays:
    """A calendar of the library's days with the company's own over them."""
    return workdays_of({WORKDAYS: f"schema = 1\n{years}"})


DECADE = calendar_of("".join(f"[year.{year}]\nstate = 'provisional'\nsource = 'x'\n" for year in range(2020, 2031)))
DECADE_DAYS = st.dates(date(2020, 1, 1), date(2030, 11, 1))


@given(day=DECADE_DAYS)
def test_the_next_working_day_is_the_first_one_from_the_day_on(day: date) -> None:
    """2020 to 2030: worked itself, and nothing between is; ten days of rest at most."""
    found = DECADE.next_working_day(day)

    passed = [day + timedelta(days=n) for n in range((found - day).days)]
    assert DECADE.is_working_day(found)
    assert not any(DECADE.is_working_day(skipped) for skipped in passed)
    assert len(passed) <= 10
    assert DECADE.next_working_day(found) == found


@given(day=DECADE_DAYS, one=st.integers(0, 10), more=st.integers(0, 10))
def test_counting_in_two_goes_is_counting_in_one(day: date, one: int, more: int) -> None:
    """And more days never end earlier."""
    in_one = DECADE.add_working_days(day, one + more)

    assert DECADE.add_working_days(DECADE.add_working_days(day, one), more) == in_one
    assert DECADE.add_working_days(day, one) <= in_one


@pytest.mark.parametrize("year", range(2020, 2031))
def test_a_year_has_a_plausible_number_of_working_days(year: int) -> None:
    """The notices of these years leave 247 to 252; where make-up days are not known there are fewer."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))

    worked = sum(DECADE.is_working_day(day) for day in days if day.year == year)

    assert (247 if year <= 2026 else 240) <= worked <= 253


@pytest.mark.parametrize("count", [-1, -20])
def test_days_are_not_counted_backwards(count: int) -> None:
    """A negative number is a mistake of the caller."""
    with pytest.raises(ValueError, match=str(count)):
        SHIPPED.add_working_days(date(2026, 3, 3), count)
    with pytest.raises(ValueError, match=str(count)):
        SHIPPED.due_on(date(2026, 3, 3), count)


def test_the_companys_own_days_stand_over_the_librarys() -> None:
    """A day off on a make-up Saturday, and work on a holiday."""
    own = calendar_of("[year.2026]\nstate='confirmed'\nsource='x'\noff=[2026-10-10, 2026-12-24]\nworked=[2026-10-01]\n")

    told = [
        own.is_working_day(date(2026, month, day)) for month, day in ((10, 10), (12, 24), (10, 1), (10, 2), (2, 14))
    ]

    assert told == [False, False, True, False, True]
    assert own.years[2026].off.isdisjoint(own.years[2026].worked)


def test_a_year_that_is_not_confirmed_is_told_a_month_ahead() -> None:
    """In December, not in November; an unknown year as well as a provisional one."""
    assert SHIPPED.unconfirmed_ahead(date(2026, 11, 25)) is None
    assert SHIPPED.unconfirmed_ahead(date(2026, 12, 5)) == 2027
    assert SHIPPED.unconfirmed_ahead(date(2027, 3, 1)) == 2027
    assert SHIPPED.unconfirmed_ahead(date(2030, 3, 1)) == 2030


def test_the_file_must_be_there() -> None:
    """No table, no calendar."""
    with pytest.raises(PolicyFileInvalid) as invalid:
        workdays_of({})

    assert [fault.code for fault in invalid.value.faults] == ["missing_file"]


def test_a_weekday_is_monday_to_friday() -> None:
    """The plain rule, for what is unknown."""
    assert [weekday(date(2026, 11, 23) + timedelta(days=n)) for n in range(7)] == [True] * 5 + [False] * 2
