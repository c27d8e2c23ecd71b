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
    source = parse_toml(WORKDAYS, files[WORKDAYS], faults) if WORKDAYS in files else None
    if source is None:
        faults.append(Fault("missing_file", Text(f"缺少 {WORKDAYS}", f"{WORKDAYS} is missing"), file=WORKDAYS))
        raise PolicyFileInvalid(in_order(faults))
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
    state = node.choice("state", YearState) or YearState.PROVISIONAL
    off = {day for day in known if day.year == number and weekday(day)} | _days(node, "off", number)
    worked = {day for day in known.weekend_workdays if day.year == number} | _days(node, "worked", number)
    both = off & _days(node, "worked", number)
    return WorkYear(number, state, node.string("source"), frozenset(off - both), frozenset(worked))


def _days(node: Node, key: str, year: int) -> set[date]:
    listed = node.table.get(key, [])
    if isinstance(listed, list) and all(type(day) is date and day.year == year for day in listed):
        return set(listed)
    node.fault("bad_days", Text("须为该年的日期列表", "this must be a list of days of that year"), key)
    return set()
