from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.company_cases import demo, document, policies
from vault_svc.adapters import companyfile
from vault_svc.domain.company_file import read_company
from vault_svc.domain.errors import Invalid
from vault_svc.services.company import check_file, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from vault_svc.domain.errors import Fault


def faults_of(data: bytes) -> list[tuple[str, int]]:
    """The codes and lines of what is wrong with bytes that can't be parsed."""
    faults: list[Fault] = []
    assert companyfile.parse(data, file="company.toml", faults=faults) is None
    return [(fault.code, fault.line) for fault in faults]


def test_too_big() -> None:
    """A file of more than 1 MiB is refused before it is parsed."""
    assert faults_of(b"#" * (companyfile.MOST_BYTES + 1)) == [("too_big", 0)]


def test_too_big_on_disk(tmp_path: Path) -> None:
    """Of a big file no more is read than shows that it is too big."""
    path = tmp_path / "company.toml"
    path.write_bytes(b"#" * (companyfile.MOST_BYTES * 2))

    assert len(companyfile.read_bytes(path)) == companyfile.MOST_BYTES + 1


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("schema = 1\nname = '示范'".encode("gb18030"), ("not_utf8", 2)),
        (b"schema = 1\nname = '\xed\xa0\x80'", ("not_utf8", 2)),
        (b"schema = 1\nschema = 1", ("written_twice", 2)),
        (b"[company]\nname = 'a'\n[company]\n", ("written_twice", 3)),
        (b"schema = 1\nname = ", ("not_toml", 2)),
        (b"schema = 1\nname = 'a\x00b'", ("not_toml", 2)),
        (b"schema = " + b"9" * 5000, ("not_toml", 1)),
        (b"[[[", ("not_toml", 1)),
        (b"a = " + b"[" * 100_000, ("not_toml", 0)),
        (b"day = 2026-02-30", ("not_toml", 1)),
    ],
    ids=["gb18030", "surrogate", "key twice", "table twice", "cut", "nul", "long number", "brackets", "deep", "no day"],
)
def test_unreadable(data: bytes, fault: tuple[str, int]) -> None:
    """What is no UTF-8 or no TOML is one fault with its line."""
    assert faults_of(data) == [fault]


def test_byte_order_mark_and_windows_lines() -> None:
    """An editor's byte order mark and line ends change neither what is read nor the lines of faults."""
    data = b"\xef\xbb\xbf" + demo().replace("\n", "\r\n").replace('"hr"', '"hrr"').encode()
    faults: list[Fault] = []

    source = companyfile.parse(data, file="company.toml", faults=faults)

    assert source is not None
    found = check_file(source, faults, policies())
    assert [fault.code for fault in found] == ["unknown_role"]
    assert demo().splitlines()[found[0].line - 1] == 'posts = ["hr"]'


def test_digest_is_of_the_bytes() -> None:
    """The digest on record is that of the file as it was given."""
    data = demo().encode()

    assert companyfile.file_digest(data) == hashlib.sha256(data).hexdigest()


def test_refused_file() -> None:
    """A file with faults is refused as a whole: a violation for each, naming file and line."""
    faults: list[Fault] = []
    data = demo().replace('"hr"', '"hrr"').replace("Asia/Shanghai", "UTC").encode()
    source = companyfile.parse(data, file="company.toml", faults=faults)

    with pytest.raises(Invalid) as caught:
        read_file(source, faults, policies())

    assert [violation.code for violation in caught.value.violations] == ["unknown_timezone", "unknown_role"]
    assert all(violation.field.startswith("company.toml:") for violation in caught.value.violations)


def test_unreadable_file_is_refused() -> None:
    """What could not be parsed is refused with the fault of parsing."""
    faults: list[Fault] = []
    source = companyfile.parse(b"=", file="company.toml", faults=faults)

    with pytest.raises(Invalid) as caught:
        read_file(source, faults, policies())

    assert [violation.field for violation in caught.value.violations] == ["company.toml:1"]


def test_good_file() -> None:
    """A file without faults is read to what it says."""
    faults: list[Fault] = []
    source = companyfile.parse(demo().encode(), file="company.toml", faults=faults)

    assert read_file(source, faults, policies()) == document(demo())
    assert check_file(source, faults, policies()) == ()


def test_the_shared_company(shared: Path | None) -> None:
    """Where the founders' company lies beside the project, it has no fault."""
    path = shared / "data" / "company.toml" if shared is not None else companyfile.demo_path()
    faults: list[Fault] = []

    source = companyfile.parse(companyfile.read_bytes(path), file=path.name, faults=faults)

    assert check_file(source, faults, policies()) == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_any_value_anywhere_is_a_fault_and_no_crash(data: st.DataObject) -> None:
    """Whatever stands in the place of whatever value, reading ends with a document or with faults."""
    faults: list[Fault] = []
    source = companyfile.parse(demo().encode(), file="company.toml", faults=faults)
    assert source is not None
    place = source.data
    while True:
        steps = list(place) if isinstance(place, dict) else list(range(len(place)))
        step = data.draw(st.sampled_from(steps))
        if isinstance(place[step], dict | list) and place[step] and data.draw(st.booleans()):
            place = place[step]
            continue
        place[step] = data.draw(values)  # type: ignore[index]  # the parsed file is plain dicts and lists
        break

    read, found = read_company(source, policies())

    assert (read is None) == bool(found)
