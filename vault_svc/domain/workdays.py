"""Working days of China with make-up days: what a year is known for, and counting in such days.

A year is confirmed once the State Council's notice for it is in ``policies/workdays.toml``; before that the library's
answer is provisional, and a year that neither knows is unknown: whatever asks for certainty is refused there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vault_svc.domain.errors import WrongState
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)
FRIDAY = 4
A_MONTH = 31


class YearState(StrEnum):
    """How well a year is known."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WorkYear:
    """One year: days off that would be weekdays, and weekend days that are worked to make up for them."""

    year: int
    state: YearState
    source: str
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Workdays:
    """The years that are known; any other is unknown."""

    years: Mapping[int, WorkYear]

    def state(self, year: int) -> YearState:
        """Return how well a year is known."""
        found = self.years.get(year)
        return YearState.UNKNOWN if found is None else found.state

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked. ``WrongState`` in an unknown year: nothing is guessed."""
        year = self.years.get(day.year)
        if year is None:
            raise WrongState(
                Text(f"{day.year} 年的工作日安排尚未录入", f"the working days of {day.year} are not known"),
                next_step=Text("请先录入该年安排(policy.change)", "have that year entered first (policy.change)"),
            )
        return day in year.worked or (weekday(day) and day not in year.off)

    def next_working_day(self, day: date) -> date:
        """Return the day itself where it is worked, or the next one that is. ``WrongState`` in an unknown year."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after a day. ``WrongState`` where that leads into an unknown year."""
        _counted(count)
        for _ in range(count):
            day = self.next_working_day(day + DAY)
        return day

    def due_on(self, day: date, count: int) -> date:
        """Return when something is due that counts in working days; in an unknown year plain weekdays count.

        A debt always has a date, and without holidays to skip it comes rather early than late.
        """
        _counted(count)
        for _ in range(count):
            day += DAY
            while not self._counts(day):
                day += DAY
        return day

    def unconfirmed_ahead(self, today: date, *, days: int = A_MONTH) -> int | None:
        """Return the first year that begins within so many days, or has begun, and is not confirmed; None is well."""
        years = range(today.year, (today + days * DAY).year + 1)
        return next((year for year in years if self.state(year) is not YearState.CONFIRMED), None)

    def _counts(self, day: date) -> bool:
        return self.is_working_day(day) if day.year in self.years else weekday(day)


def _counted(count: int) -> None:
    if count < 0:
        raise ValueError(count)


def weekday(day: date) -> bool:
    """Whether it is Monday to Friday."""
    return day.weekday() <= FRIDAY
