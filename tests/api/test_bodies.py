"""Bodies are plain JSON objects of a sane size, or they are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.api.bodies import DEEPEST, read_object
from vault_svc.domain.errors import Malformed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 200_000,
        b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_refused(body: bytes) -> None:
    """What the standard library would let pass, or choke on, is malformed here."""
    with pytest.raises(Malformed):
        read_object(body)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_plain_objects_are_read_as_written(value: dict[str, object]) -> None:
    """Every plain object comes through unchanged."""
    body = json.dumps(value, ensure_ascii=False).encode()

    assert read_object(body) == value


@given(st.binary(max_size=300))
def test_never_fails_otherwise(body: bytes) -> None:
    """Any bytes are an object or malformed, and nothing else."""
    try:
        found = read_object(body)
    except Malformed:
        return

    assert isinstance(found, dict)
