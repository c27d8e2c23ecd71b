"""Working days of China out of the ``holidays`` library, with the company's own years over it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import holidays

from vault_svc.adapters.tomlfile import parse_toml
from vault_svc.domain.errors import Fault, PolicyFileInvalid
from vault_svc.domain.reading import Node, in_order, schema_1
from vault_svc.domain.texts import Text
from vault_svc.domain.workdays import Workdays, WorkYear, YearState, weekday

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKDAYS = "workdays.toml"
FIRST, LAST = 2000, 2100
"""What the library has an answer for."""


def workdays_of(files: Mapping[str, str]) -> Workdays:
    """Return the working days of a set of policy files. ``PolicyFileInvalid`` with every fault."""
    faults: list[Fault] = []
    if WORKDAYS not in files:
        faults.append(Fault("missing_file", Text(f"缺少 {WORKDAYS}", f"{WORKDAYS} is missing"), file=WORKDAYS))
        raise PolicyFileInvalid(faults)
    source = parse_toml(WORKDAYS, files[WORKDAYS], faults)
    years: list[WorkYear] = []
    if source is not None:
        root = Node.root(source, faults)
        schema_1(root, "year")
        years = [_year(node) for node in root.named("year")]
    if faults:
        raise PolicyFileInvalid(in_order(faults))
    return Workdays({year.year: year for year in years})


def _year(node: Node) -> WorkYear:
    node.only("state", "source", "off", "worked")
    number = int(node.name) if node.name.isdecimal() else 0
    if not FIRST <= number <= LAST:
        node.fault("bad_year", Text("不是有效年份", "this is no year that the calendar knows"))
        number = FIRST
    known = holidays.country_holidays("CN", years=number)
    made_up = {day for day in known.weekend_workdays if day.year == number}
    off, worked = _days(node, "off", number), _days(node, "worked", number)
    if off & worked:
        node.fault("both", Text("同一天不能既休息又上班", "a day can't be off and worked"), "worked")
    return WorkYear(
        year=number,
        state=_state(node, made_up=bool(made_up)),
        source=node.string("source"),
        off=frozenset(day for day in (known.keys() | off) - worked if day.year == number and weekday(day)),
        worked=frozenset((made_up - off) | worked),
    )


def _state(node: Node, *, made_up: bool) -> YearState:
    """Return how well the year is known; the library's silence about make-up days confirms nothing."""
    state = node.choice("state", YearState)
    if state is YearState.UNKNOWN:
        zh, en = "未知的年份不列入", "a year that is not known is left out"
        node.fault("unknown_year", Text(zh, en), "state")
    if state is YearState.CONFIRMED and not made_up and not node.has("worked"):
        zh, en = (
            "已确认的年份须列明调休上班日",
            "a confirmed year says which weekend days are worked (worked = [] for none)",
        )
        node.fault("no_make_up_days", Text(zh, en), "state")
    return state or YearState.PROVISIONAL


def _days(node: Node, key: str, year: int) -> set[date]:
    listed = node.table.get(key, [])
    if isinstance(listed, list) and all(type(day) is date and day.year == year for day in listed):
        return set(listed)
    node.fault("bad_days", Text("须为该年的日期列表", "this must be a list of days of that year"), key)
    return set()
