"""Lines of tables and keys in a TOML file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.adapters.tomlfile import _Scan, parse_toml

if TYPE_CHECKING:
    from vault_svc.domain.errors import Fault
    from vault_svc.domain.reading import Path, Source

TEXT = '''# a comment = 1
a = 1
b = """
x = 2 # [not.a.table]
"""   # "quoted
[one."two.three"]
c = ["]", '#', [
  2,
  { k = 1, "l m" = [
    3 ] },
]]
d.e = {f = 1, g = { h = "}" }}

[[many]]
i = 1
  [[many.inner]]
  j = 1
[[many]]
i = 2
[many.sub]
k = \'\'\'
y
\'\'\'
"quoted \\u4e2d" = 1979-05-27T07:32:00Z
'''


def parsed(text: str) -> Source:
    """A text that must be TOML."""
    faults: list[Fault] = []
    source = parse_toml("x.toml", text, faults)
    assert source is not None, faults
    return source


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("b",), 3),
        (("one", "two.three"), 6),
        (("one", "two.three", "c"), 7),
        (("one", "two.three", "c", 2), 7),
        (("one", "two.three", "c", 2, 0), 8),
        (("one", "two.three", "c", 2, 1, "k"), 9),
        (("one", "two.three", "c", 2, 1, "l m", 0), 10),
        (("one", "two.three", "d", "e", "g", "h"), 12),
        (("many",), 14),
        (("many", 0), 14),
        (("many", 0, "i"), 15),
        (("many", 0, "inner", 0, "j"), 17),
        (("many", 1), 18),
        (("many", 1, "i"), 19),
        (("many", 1, "sub", "k"), 21),
        (("many", 1, "sub", "quoted 中"), 24),
        (("many", 1, "sub", "not written"), 20),
        (("nowhere", "at", "all"), 0),
    ],
)
def test_each_key_has_its_line(path: Path, line: int) -> None:
    """Strings, comments, inline tables and arrays of tables don't confuse it."""
    assert parsed(TEXT).line_of(path) == line


def test_windows_line_ends_count_once() -> None:
    """The same lines as with plain ones."""
    assert parsed(TEXT.replace("\n", "\r\n")).lines == parsed(TEXT).lines


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a = 1\nb = null\n", "not_toml", 2),
        ("a = 1\na = 2", "written_twice", 2),
        ("a = 1\n[b\n", "not_toml", 2),
        ("a = 1\nb =", "not_toml", 2),
        ("a = '", "not_toml", 1),
    ],
)
def test_what_is_no_toml_names_its_line(text: str, code: str, line: int) -> None:
    """Duplicate keys, nulls and cut files."""
    faults: list[Fault] = []

    assert parse_toml("x.toml", text, faults) is None
    assert [(fault.code, fault.line) for fault in faults] == [(code, line)]


def test_depth_is_no_crash() -> None:
    """A file that is nested beyond sense is a fault."""
    faults: list[Fault] = []

    assert parse_toml("x.toml", "a = " + "[" * 10_000, faults) is None
    assert faults


leaves = st.one_of(st.integers(0, 9), st.booleans(), st.text(max_size=5), st.dates())
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=15,
)


def written(value: Any) -> str:
    """One value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A key or string in which every character is escaped."""
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'


@given(data=st.dictionaries(st.text(max_size=5), trees, max_size=6))
def test_every_key_of_any_file_is_on_its_own_line(data: dict[str, Any]) -> None:
    """Whatever is written, one statement a line: each key and all inside it is found there."""
    text = "".join(f"{quoted(key)} = {written(value)}\n" for key, value in data.items())

    source = parsed(text)

    assert source.data == tomllib.loads(text) == data
    for line, key in enumerate(data, start=1):
        assert {at for path, at in source.lines.items() if path[0] == key} == {line}


def test_what_the_scan_does_not_understand_has_no_line() -> None:
    """The scan decides nothing and fails on nothing; the data is tomllib's."""
    assert _Scan("stray\n= 1\n[open\n").lines() == {("open",): 3}
