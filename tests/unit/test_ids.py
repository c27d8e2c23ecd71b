from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vault_svc.adapters.ids import Ids

START = datetime(2026, 1, 5, tzinfo=UTC)


@given(steps=st.lists(st.integers(-5000, 5000), min_size=2, max_size=50))
def test_ids_go_up_even_where_the_clock_goes_back(steps: list[int]) -> None:
    """Each id is greater than the one before, as text."""
    moments = iter([START + timedelta(milliseconds=sum(steps[: place + 1])) for place in range(len(steps))])
    ids = Ids(lambda: next(moments))

    made = [ids("EV") for _ in steps]

    assert made == sorted(set(made))


def test_more_ids_than_a_millisecond_holds_still_go_up() -> None:
    """A clock that stands does not make two ids alike."""
    ids = Ids(lambda: START)

    made = [ids("EV") for _ in range(70_000)]

    assert made == sorted(set(made))


def test_ids_are_plain_and_short() -> None:
    """They fit into paths: letters, digits and a hyphen, at most 64."""
    assert re.fullmatch(r"EV-[0-9A-V]{26}", Ids(lambda: START)("EV"))


def test_ids_made_at_once_differ() -> None:
    """Many threads, and two processes with the same clock."""
    ids, others = Ids(lambda: START), Ids(lambda: START)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ids("EV"), range(2000)))
    made += [others("EV") for _ in range(2000)]

    assert len(set(made)) == 4000


def test_the_time_can_be_read_off_an_id() -> None:
    """The first 48 bits are milliseconds, as RFC 9562 lays them."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
    made = Ids(lambda: START)("EV").removeprefix("EV-")

    value = 0
    for digit in made:
        value = value * 32 + digits.index(digit)

    assert value >> 80 == int(START.timestamp() * 1000)
