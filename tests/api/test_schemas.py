"""What the API takes: times with their offset, ids that can't walk, nothing that was not asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from vault_svc.api import schemas
from vault_svc.api.validation import violations_of

ID: TypeAdapter[str] = TypeAdapter(schemas.Id)
MOMENT: TypeAdapter[datetime] = TypeAdapter(schemas.Moment)


def _bodies(kind: type[schemas.Body] = schemas.Body) -> list[type[schemas.Body]]:
    return [found for below in kind.__subclasses__() for found in (below, *_bodies(below))]


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-05T18:00:00",
        "2026-12-05",
        "2026-02-31T18:00:00+08:00",
        "0001-01-01T00:00:00+23:59",
        "2026-12-05T18:00:00+08",
        "tomorrow",
        "",
        1733392800,
        None,
    ],
)
def test_a_time_without_offset_is_refused(written: object) -> None:
    """Only an RFC 3339 time with its offset is a time."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(written)


def test_a_time_keeps_its_moment() -> None:
    """The offset counts."""
    assert MOMENT.validate_python("2026-12-05T18:00:00+08:00") == datetime(2026, 12, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a//b", "a\x00", "a\n", "%2e%2e", "用户", "a" * 65, "a b"])
def test_hostile_ids_are_refused(name: str) -> None:
    """An id has nothing that a path could walk by."""
    with pytest.raises(ValidationError):
        ID.validate_python(name)


@pytest.mark.parametrize("kind", _bodies(), ids=lambda kind: kind.__name__)
def test_unknown_fields_are_refused(kind: type[BaseModel]) -> None:
    """No body takes a field that is not its own."""
    with pytest.raises(ValidationError) as found:
        kind.model_validate({"no_such_field": 1})

    assert any(error["type"] == "extra_forbidden" for error in found.value.errors())


@pytest.mark.parametrize("given_", [{}, {"generate": True, "value": {"password": "x"}}, {"generate": False}])
def test_a_change_has_one_value(given_: dict[str, object]) -> None:
    """A candidate is made by us or handed in, not both and not neither."""
    with pytest.raises(ValidationError):
        schemas.NewChange.model_validate({"request": "AR-1", **given_})


@given(st.text(min_size=12, max_size=40), st.sampled_from(_bodies()))
def test_faults_never_repeat_what_was_sent(sentinel: str, kind: type[BaseModel]) -> None:
    """Neither a value nor an unknown name comes back in a violation."""
    sentinel = f"zz{sentinel}"
    sent = {field.alias or name: {sentinel: [sentinel]} for name, field in kind.model_fields.items()}

    with pytest.raises(ValidationError) as found:
        kind.model_validate({**sent, sentinel: sentinel})
    faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in found.value.errors()]
    told = [(v.code, v.field, v.rule, *v.text) for v in violations_of(faults)]

    assert sentinel not in repr(told)
    assert sentinel not in str(told)
