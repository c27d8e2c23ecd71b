"""Reading: conditions, order and pages mean the same on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.ports.conftest import POSTGRES, SQLITE, migrated
from tests.ports.samples import MONDAY, TickingClock, a_person, an_account, an_event, seed
from vault_svc.adapters.store import SqlStore
from vault_svc.domain.accounts import OfficialAccount
from vault_svc.domain.audit import Event
from vault_svc.domain.people import Person, PersonState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vault_svc.services.ports import Tx

PEOPLE = [
    replace(a_person("bai", display="白"), mail="b@example.cn"),
    replace(a_person("Zhao", display="赵"), mail=None),
    replace(a_person("an", display="安"), mail="a@example.cn", created_at=MONDAY + timedelta(microseconds=1)),
    replace(a_person("an_2", display="安二"), mail=None, state=PersonState.ENDED, ended_at=MONDAY),
    replace(a_person("a%b", display="💳"), mail="A@example.cn"),
    replace(a_person("林", display="林"), mail="b@example.cn", known_to_vault=True),
]


def add_people(tx: Tx) -> None:
    """Six people."""
    for person in PEOPLE:
        tx.add(person)


@pytest.fixture(scope="module", params=[SQLITE, POSTGRES])
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """A store with six people, for tests that only read."""
    with migrated(request.param, request, tmp_path_factory.mktemp("people")) as url:
        store = SqlStore(url, stream="api", clock=TickingClock())
        store.write(add_people)
        yield store
        store.close()


def names(store: SqlStore, *, order: Sequence[str] = (), **where: Any) -> list[str]:
    """The names of those who meet the conditions."""
    return [person.name for person in store.read(lambda reader: reader.find(Person, order=order, **where))]


@pytest.mark.parametrize(
    "where",
    [
        {"nam": "bai"},
        {"name__like": "b"},
        {"name__in": "bai"},
        {"mail__in": [None]},
        {"mail__null": 1},
        {"mail__lt": None},
        {"name__prefix": 1},
        {"state": "asleep"},
        {"created_at": MONDAY.replace(tzinfo=None)},
        {"name": 7},
    ],
)
def test_a_condition_that_can_not_be_read_is_an_error(people: SqlStore, where: dict[str, Any]) -> None:
    """An unknown field, comparison or word never means everything or nothing."""
    with pytest.raises(ValueError):  # noqa: PT011  # the words differ, the class is the promise
        names(people, **where)


def test_what_is_not_kept_can_not_be_asked_for(people: SqlStore) -> None:
    """Only the domain's kept dataclasses are known."""
    with pytest.raises(ValueError, match="not kept"):
        people.read(lambda reader: reader.find(dict))


@pytest.mark.parametrize("key", [(), ("a", "b"), (None,)])
def test_a_key_of_another_length_is_an_error(people: SqlStore, key: tuple[object, ...]) -> None:
    """A key names one row or none."""
    with pytest.raises(ValueError, match="key of Person is name"):
        people.read(lambda reader: reader.get(Person, *key))


@pytest.mark.parametrize(
    ("order", "after"),
    [
        (("created_at",), (MONDAY,)),
        (("name",), ("a", "b")),
        (("mail", "name"), ("a", "b")),
    ],
)
def test_a_page_needs_an_order_that_names_one_row(
    people: SqlStore, order: tuple[str, ...], after: tuple[object, ...]
) -> None:
    """Pages over an order with equals or empty fields would lose rows: refused."""
    with pytest.raises(ValueError, match="page"):
        people.read(lambda reader: reader.find(Person, order=order, after=after))


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"name": "bai"}, {"bai"}),
        ({"name": "nobody"}, set()),
        ({"mail": None}, {"Zhao", "an_2"}),
        ({"mail__null": True}, {"Zhao", "an_2"}),
        ({"mail__null": False}, {"bai", "an", "a%b", "林"}),
        ({"mail__ne": None}, {"bai", "an", "a%b", "林"}),
        ({"mail__ne": "b@example.cn"}, {"Zhao", "an_2", "an", "a%b"}),
        ({"name__in": []}, set()),
        ({"name__in": ["bai", "林", "x"]}, {"bai", "林"}),
        ({"name__in": frozenset({"bai"})}, {"bai"}),
        ({"name__prefix": "an"}, {"an", "an_2"}),
        ({"name__prefix": "A"}, set()),
        ({"name__prefix": "a%"}, {"a%b"}),
        ({"name__prefix": ""}, {"bai", "Zhao", "an", "an_2", "a%b", "林"}),
        ({"name__lt": "a"}, {"Zhao"}),
        ({"name__gte": "b"}, {"bai", "林"}),
        ({"created_at__gt": MONDAY}, {"an"}),
        ({"created_at__lte": MONDAY, "mail": None}, {"Zhao", "an_2"}),
        ({"state": PersonState.ENDED}, {"an_2"}),
        ({"state": "ended"}, {"an_2"}),
        ({"state__in": list(PersonState), "known_to_vault": True}, {"林"}),
        ({"known_to_vault__ne": False}, {"林"}),
    ],
)
def test_conditions_find_what_they_say(people: SqlStore, where: dict[str, Any], found: set[str]) -> None:
    """Each comparison, alone and together, counts and finds the same; empty fields are values, too."""
    assert set(names(people, **where)) == found
    assert people.read(lambda reader: reader.count(Person, **where)) == len(found)


def test_text_sorts_by_code_point(people: SqlStore) -> None:
    """Not by a language's collation, so that both engines and Python agree."""
    assert names(people) == sorted(person.name for person in PEOPLE)
    assert names(people, order=["-display"]) == [
        person.name for person in sorted(PEOPLE, key=lambda person: person.display, reverse=True)
    ]


def test_empty_fields_come_before_all_values(people: SqlStore) -> None:
    """Going up they are first, going down last; equals follow the primary key."""
    assert names(people, order=["mail"]) == ["Zhao", "an_2", "a%b", "an", "bai", "林"]
    assert names(people, order=["-mail"]) == ["bai", "林", "an", "a%b", "Zhao", "an_2"]


@pytest.mark.parametrize(
    "order", [("-created_at", "name"), ("created_at", "-name"), ("-created_at", "-name"), ("name",)]
)
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_go_through_everything_once(people: SqlStore, order: tuple[str, ...], size: int) -> None:
    """Page by page is the same as at once, whatever the directions."""
    whole = people.read(lambda reader: reader.find(Person, order=order))

    seen: list[Person] = []
    after = None
    while page := people.read(
        lambda reader, after=after: reader.find(Person, order=order, limit=size, after=after)  # type: ignore[misc]
    ):
        seen += page
        after = [getattr(page[-1], field.lstrip("-")) for field in order]

    assert seen == whole


def test_a_limit_cuts(people: SqlStore) -> None:
    """No more than asked for."""
    assert len(people.read(lambda reader: reader.find(Person, limit=2))) == 2
    assert people.read(lambda reader: reader.find(Person, limit=0)) == []


def test_a_read_sees_one_moment(store: SqlStore) -> None:
    """What another caller commits during a read is not seen by it."""
    store.write(add_people)

    def look(reader: Any) -> tuple[int, int]:
        before = reader.count(Person)
        store.write(lambda tx: tx.add(a_person("newcomer")))
        return before, reader.count(Person)

    assert store.read(look) == (6, 6)
    assert store.read(lambda reader: reader.count(Person)) == 7


def test_a_write_sees_its_own_changes(store: SqlStore) -> None:
    """Inside a write, reads see what it has done so far."""
    seed(store)

    def work(tx: Tx) -> tuple[OfficialAccount | None, int, int]:
        tx.change(OfficialAccount, "tmall", expect={}, to={"name": "新店"})
        tx.record(an_event())
        return tx.get(OfficialAccount, "tmall"), tx.count(Event, serial=None), len(tx.find(Event, rule=None))

    assert store.write(work) == (replace(an_account(), name="新店"), 1, 1)


def test_many_values_can_be_looked_for_at_once(people: SqlStore) -> None:
    """A list of some thousands is no trouble."""
    assert names(people, name__in=[f"n{number}" for number in range(5000)] + ["bai"]) == ["bai"]
