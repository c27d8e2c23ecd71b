"""Every kept dataclass comes back as it was given, whatever is in it."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_svc.adapters.tables import APPEND_ONLY, TABLES
from vault_svc.domain.audit import Event
from vault_svc.domain.operations import Heartbeat

if TYPE_CHECKING:
    from tests.ports.conftest import OpenStore

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
MOMENTS = st.integers(0, 2**51).map(lambda ticks: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(microseconds=ticks))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
SIMPLE: dict[object, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(0, 2**63 - 1),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    datetime: MOMENTS,
    date: st.dates(),
}


def values(hint: object) -> st.SearchStrategy[Any]:
    """What a field of this type may hold."""
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of(*(st.none() if part is types.NoneType else values(part) for part in get_args(hint)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if get_origin(hint) is tuple:
        return st.lists(WORDS, max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(WORDS, PLAIN, max_size=3)
    return SIMPLE[hint]


REFERRING = {
    kind: {key.parent.name for rule in table.foreign_key_constraints for key in rule.elements}
    for kind, table in TABLES.items()
}
NAMES = {"Any": Any, "Mapping": Mapping, "date": date, "datetime": datetime}


def fits(item: Any) -> bool:
    """Whether no rule of the tables forbids the made-up values."""
    return (
        getattr(item, "applied", 0) <= getattr(item, "wanted", 0)
        if hasattr(item, "applied")
        else item.starts_at < item.ends_at
        if hasattr(item, "reveals_left")
        else True
    )


def things(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Made-up objects of a kept dataclass; what must refer to another row can't be made up."""
    hints = get_type_hints(kind, localns=NAMES)
    fields = {field.name: values(hints[field.name]) for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields).filter(fits)


FREE = sorted((kind for kind in TABLES if not REFERRING[kind] and kind is not Event), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", FREE, ids=lambda kind: str(kind.__name__))
def test_what_is_kept_comes_back_equal(open_store: OpenStore, kind: type[Any]) -> None:
    """Any values a field may hold: Chinese, emoji, line breaks, microseconds, nested JSON, bytes."""
    store = open_store()
    keys = tuple(column.name for column in TABLES[kind].primary_key)

    @given(item=things(kind))
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    def comes_back(item: Any) -> None:
        key = [getattr(item, name) for name in keys]
        if store.read(lambda reader: reader.get(kind, *key)) is not None:
            return
        if (
            kind not in APPEND_ONLY
            and hasattr(item, "key")
            and store.read(lambda reader: reader.count(kind, key=item.key))
        ):
            return
        store.write(lambda tx: tx.add(item))
        assert store.read(lambda reader: reader.get(kind, *key)) == item

    comes_back()


def test_another_zone_is_the_same_moment(open_store: OpenStore) -> None:
    """A moment is given back in UTC, however it was written."""
    store = open_store()
    beat = Heartbeat("worker-1", datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=8))), {})

    store.write(lambda tx: tx.add(beat))

    kept = store.read(lambda reader: reader.get(Heartbeat, "worker-1"))
    assert kept == beat
    assert kept is not None
    assert kept.at.tzinfo is UTC
