from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.export_cases import SENTINEL, bitwarden, content, csv, keepass, string
from vault_svc.adapters.passwordexports import read
from vault_svc.domain.errors import Invalid
from vault_svc.domain.password_exports import ExportFormat


def refused(data: bytes, *, fmt: str | None = None) -> tuple[str, str]:
    """The code and the place of the refusal; nothing that it says repeats the sentinel."""
    with pytest.raises(Invalid) as caught:
        read(data, format=fmt)
    error = caught.value
    told = [error.detail, error.next_step, *(violation.text for violation in error.violations)]
    assert not any(SENTINEL in words for text in told if text for words in text)
    assert SENTINEL not in repr(error)
    assert error.__cause__ is None
    return error.violations[0].code, error.violations[0].field


HOSTILE = {
    "empty": (b"", ("no_password_column", "file:1")),
    "NUL in a table": (csv("a,b,c,d", f"a,b,c,{SENTINEL}\0"), ("nul", "file:3")),
    "unknown columns": (b"a,b\n1,2\n", ("no_password_column", "file:1")),
    "two passwords": (f"name,密码,口令\na,{SENTINEL},b\n".encode(), ("two_passwords", "file:1")),
    "a comma too many": (csv("a,b,c,d", f"a,b,c,{SENTINEL},x"), ("columns", "file:3")),
    "a comma too few": (csv(f"a,b,{SENTINEL}"), ("columns", "file:2")),
    "open quote": (csv("a,b,c,d", f'a,b,c,"{SENTINEL}'), ("not_csv", "file:3")),
    "text behind a quote": (csv(f'a,b,c,"{SENTINEL}"x'), ("not_csv", "file:2")),
    "no encoding fits": (csv("a,b,c,d") + b"\r\na,b,c,\xff\xff\xff", ("encoding", "file:3")),
    "half UTF-16": (b"\xff\xfea", ("encoding", "file:1")),
    "too long": (csv("a,b,c," + "x" * (64 * 1024 + 1)), ("too_long", "file:2")),
    "too long for a table": (csv("a,b,c," + "x" * 200_000), ("not_csv", "file:2")),
    "many columns": (b"password" + b",a" * 200 + b"\n", ("columns", "file:1")),
    "database of KeePass": (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", ("encrypted", "file:0")),
    "workbook": (b"PK\x03\x04rest", ("not_text", "file:0")),
    "cut JSON": (b'{"encrypted": false, "items": [', ("not_json", "file:0")),
    "other JSON": (b'{"a": 1}', ("not_bitwarden", "file:0")),
    "key twice": (b'{"encrypted": true, "encrypted": false, "items": []}', ("not_json", "file:0")),
    "no number": (b'{"encrypted": false, "items": [NaN]}', ("not_json", "file:0")),
    "long number": (b'{"encrypted": false, "items": [' + b"9" * 5000 + b"]}", ("not_json", "file:0")),
    "deep JSON": (b'{"items":' + b"[" * 200_000, ("too_deep", "file:0")),
    "JSON in another encoding": ('{"encrypted": false, "账户": 1}'.encode("gb18030"), ("encoding", "file:0")),
    "encrypted Bitwarden": (content("bitwarden-encrypted.json"), ("encrypted", "file:0")),
    "item that is a list": (bitwarden([SENTINEL]), ("not_bitwarden", "file:1")),
    "password that is a number": (
        bitwarden({"type": 1, "name": "a"}, {"type": 1, "name": SENTINEL, "login": {"password": 7}}),
        ("not_bitwarden", "file:2"),
    ),
    "login that is a list": (bitwarden({"type": 1, "login": [1]}), ("not_bitwarden", "file:1")),
    "addresses that are texts": (bitwarden({"type": 1, "login": {"uris": ["x"]}}), ("not_bitwarden", "file:1")),
    "no type": (bitwarden({"name": SENTINEL}), ("not_bitwarden", "file:1")),
    "lone surrogate": (
        b'{"encrypted": false, "items": [{"type": 1, "login": {"password": "\\ud800"}}]}',
        ("surrogate", "file:1"),
    ),
    "NUL in JSON": (bitwarden({"type": 1, "login": {"password": f"{SENTINEL}\0"}}), ("nul", "file:1")),
    "cut XML": (b"<KeePassFile><Root>", ("not_xml", "file:0")),
    "other XML": (b"<html/>", ("not_keepass", "file:0")),
    "entities": (
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><KeePassFile>&b;</KeePassFile>',
        ("entities", "file:0"),
    ),
    "file of this machine": (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><KeePassFile>&a;</KeePassFile>',
        ("entities", "file:0"),
    ),
    "document type": (b'<!DOCTYPE KeePassFile SYSTEM "x.dtd"><KeePassFile/>', ("entities", "file:0")),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><KeePassFile/>', ("not_xml", "file:0")),
    "NUL in XML": (b"<KeePassFile>\0</KeePassFile>", ("not_xml", "file:0")),
    "deep XML": (b"<KeePassFile>" + b"<Group>" * 50_000, ("too_deep", "file:0")),
    "very many elements": (b"<KeePassFile>" + b"<a/>" * 600_000, ("too_many", "file:0")),
    "encrypted value": (keepass(string("Password", SENTINEL, ' Protected="True"')), ("encrypted", "file:1")),
    "field twice": (keepass(string("Title", "a"), string("Title", "a") * 2), ("not_keepass", "file:2")),
    "field without a value": (keepass("<String><Key>Title</Key></String>"), ("not_keepass", "file:1")),
    "elements in a value": (keepass(string("Title", "<b>x</b>")), ("not_keepass", "file:1")),
}


@pytest.mark.parametrize(("data", "refusal"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_export(data: bytes, refusal: tuple[str, str]) -> None:
    """What can't be read whole is refused with its place, without a crash and without repeating anything."""
    assert refused(data) == refusal


def test_too_big() -> None:
    """More than 10 MiB is refused before it is looked at."""
    assert refused(b"{" + b" " * (10 * 1024 * 1024)) == ("too_big", "file:0")


@pytest.mark.parametrize(
    "data",
    [csv(*["a,b,c,d"] * 10_001), bitwarden(*[{"type": 1}] * 10_001), keepass(*[string("Title", "a")] * 10_001)],
    ids=["csv", "bitwarden", "keepass2"],
)
def test_too_many(data: bytes) -> None:
    """More than 10,000 entries are no company's accounts."""
    assert refused(data)[0] == "too_many"


def test_unknown_format() -> None:
    """A format that nobody reads is refused with the list of those that are read."""
    assert refused(b"", fmt="lastpass") == ("unknown_format", "file:0")


@pytest.mark.parametrize(("name", "fmt"), [("browser.csv", "bitwarden"), ("bitwarden.json", "keepass2")])
def test_another_format_than_was_said(name: str, fmt: str) -> None:
    """A file that is not what the caller says is refused, not guessed at."""
    refused(content(name), fmt=fmt)


def test_browser_export_in_another_encoding() -> None:
    """Said to be a browser's, a table in GB18030 is refused: browsers write UTF-8."""
    assert refused(content("sheet-gb18030.csv"), fmt="browser")[0] == "encoding"


@given(st.binary(max_size=200), st.sampled_from([None, *ExportFormat]))
def test_any_bytes_are_read_or_refused(data: bytes, fmt: str | None) -> None:
    """Whatever the bytes are, reading ends with entries or with a refusal."""
    for start in (b"", b"name,password\n", b'{"encrypted":false,"items":[', b"<KeePassFile>"):
        with contextlib.suppress(Invalid):
            assert read(start + data, format=fmt).entries is not None
