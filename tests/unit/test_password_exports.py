from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.export_cases import SENTINEL, bitwarden, content, csv, reading, shown
from vault_svc.adapters.passwordexports import read
from vault_svc.domain.password_exports import ExportFormat

if TYPE_CHECKING:
    from pathlib import Path

    from vault_svc.domain.password_exports import ExportedEntry

PASSWORDS = [
    'Cj,旗"舰"#9',
    "=Zf\u3000B!8 ",
    " -edge- ",
    "'); DROP TABLE--",
    "M🍵ail①-2026",
    "M🍵ail①-2025",
    "@start+\ttab",
]
NOTES = ["两行备注\r\n第二行, 带逗号", "@notes", "  edges  ", None, "now", "old", "+formula"]
ALL_SEVEN = ["browser.csv", "sheet-gb18030.csv", "bitwarden.json", "keepass2.xml"]


@pytest.mark.parametrize("name", ALL_SEVEN)
def test_values_byte_for_byte(name: str) -> None:
    """Commas, quotes, line breaks, wide and edge spaces, tabs, emoji and leading signs come out as they went in."""
    entries = reading(name).entries[:7]

    assert [shown(entry.password) for entry in entries] == PASSWORDS
    assert [shown(entry.notes) for entry in entries] == NOTES


@pytest.mark.parametrize("name", ALL_SEVEN)
def test_empty_user_name(name: str) -> None:
    """A login without a user name is read, with its password."""
    assert [entry.username for entry in reading(name).entries[2:4]] == ["", ""]


@pytest.mark.parametrize(
    ("name", "group"),
    [("browser.csv", (7, 8)), ("sheet-gb18030.csv", (7, 8)), ("bitwarden.json", (5, 6)), ("keepass2.xml", (5, 6))],
)
def test_duplicates_are_named(name: str, group: tuple[int, ...]) -> None:
    """An account that stands twice is named by its lines or numbers; both are kept."""
    assert reading(name).duplicates == (group,)


@pytest.mark.parametrize(
    ("name", "fmt", "encoding"),
    [
        ("browser.csv", ExportFormat.BROWSER, "utf-8"),
        ("firefox.csv", ExportFormat.BROWSER, "utf-8"),
        ("sheet-gb18030.csv", ExportFormat.SHEET, "gb18030"),
        ("sheet-utf8.csv", ExportFormat.SHEET, "utf-8"),
        ("bitwarden.json", ExportFormat.BITWARDEN, "utf-8"),
        ("keepass2.xml", ExportFormat.KEEPASS2, "xml"),
    ],
)
def test_format_is_found(name: str, fmt: ExportFormat, encoding: str) -> None:
    """The content tells the format and its encoding."""
    found = reading(name)

    assert (found.format, found.encoding) == (fmt, encoding)


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        ("browser.csv", []),
        ("firefox.csv", [(0, "columns")]),
        ("bitwarden.json", [(3, "history"), (5, "passkey"), (9, "type"), (10, "trash")]),
        ("keepass2.xml", [(3, "history"), (3, "attachments"), (8, "trash")]),
    ],
)
def test_losses_are_named(name: str, losses: list[tuple[int, str]]) -> None:
    """What is not taken is named with its place: history, attachments, passkeys, other items, the bin."""
    assert [(loss.where, loss.code) for loss in reading(name).losses] == losses


def test_damage_before_the_export_is_named() -> None:
    """A replacement character says that a value was lost already when it was exported."""
    found = read(csv("a,b,c,p\ufffdw"))

    assert [(loss.where, loss.code) for loss in found.losses] == [(2, "damaged")]


def test_nothing_of_history_or_bin_is_read() -> None:
    """Old passwords and what was thrown away are not among the entries."""
    for name in ("bitwarden.json", "keepass2.xml"):
        every = [shown(entry.password) for entry in reading(name).entries]
        assert "old-one" not in every
        assert "gone" not in every


def test_seeds() -> None:
    """The seed of a second factor is kept as it was written."""
    uri = "otpauth://totp/shop?secret=JBSWY3DPEHPK3PXP"

    assert shown(reading("bitwarden.json").entries[1].totp) == f"{uri}&digits=6&period=30"
    assert shown(reading("keepass2.xml").entries[1].totp) == uri


def test_fields_of_other_names() -> None:
    """Fields that we have no name for are kept, two of one name apart."""
    extra = {name: shown(value) for name, value in reading("bitwarden.json").entries[2].extra.items()}

    assert extra == {"U盾": "第3柜", "U盾 2": "备用", "启用": "true"}
    assert {key: shown(value) for key, value in reading("sheet-utf8.csv").entries[0].extra.items()} == {
        "密保手机": "1380000"
    }


def test_note_without_a_login() -> None:
    """A note is an entry without user name and password."""
    note = reading("bitwarden.json").entries[7]

    assert (note.username, note.password, shown(note.notes)) == ("", None, "口令在信封里")


def test_columns_that_tell_of_the_account() -> None:
    """Id, kind, sensitivity and custodians are read under their Chinese and English names."""
    assert dict(reading("sheet-utf8.csv").entries[0].hints) == {
        "id": "tea-shop",
        "kind": "shop_platform",
        "sensitivity": "普通",
        "custodians": "operations_lead/general_manager",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_separators(encoding: str, delimiter: str) -> None:
    """Whatever a spreadsheet saves as, the same is read."""
    text = "平台,账号,密码\r\n天猫,运营,密码①\r\n".replace(",", delimiter)

    (entry,) = read(text.encode(encoding)).entries

    assert (entry.name, entry.username, shown(entry.password)) == ("天猫", "运营", "密码①")


def test_empty_lines_are_no_entries() -> None:
    """Blank rows, as spreadsheets leave them behind, count for lines but are no entries."""
    assert [entry.where for entry in read(csv("a,b,c,d", ",,,", "", "e,f,g,h")).entries] == [2, 5]


def test_lines_of_rows_after_line_breaks() -> None:
    """The line of a row is where it begins, line breaks inside quotes counted."""
    assert [entry.where for entry in reading("browser.csv").entries] == [2, 4, 5, 6, 7, 8, 9]


def test_nothing_is_shown() -> None:
    """No representation of what was read shows a name, a user name or a value."""
    text = repr(read(csv(f"{SENTINEL},{SENTINEL},{SENTINEL},{SENTINEL}")))

    assert SENTINEL not in text


def test_shared_exports(shared: Path | None) -> None:
    """Where the founders' exports lie beside the project, all four are read without a difference."""
    folder = shared / "data" / "exports" if shared is not None else None

    every = {name: read((folder / name).read_bytes() if folder else content(name)).entries[:7] for name in ALL_SEVEN}

    assert _values(every["browser.csv"]) == _values(every["bitwarden.json"]) == _values(every["keepass2.xml"])
    assert {len(entries) for entries in every.values()} == {7}
    assert all(entry.hints["custodians"] for entry in every["sheet-gb18030.csv"])


def _values(entries: tuple[ExportedEntry, ...]) -> list[tuple[str, str, str, str | None, str | None]]:
    return [(e.name, e.url, e.username, shown(e.password), shown(e.notes)) for e in entries]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=5))
def test_any_value_survives_a_table(rows: list[tuple[str, str, str, str]]) -> None:
    """Whatever was written into a well-formed table is read again unchanged."""
    quoted = [",".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows]

    entries = read(csv(*quoted), format="sheet").entries

    kept = [row for row in rows if any(row)]
    assert [(e.name, e.url, e.username, shown(e.password) or "") for e in entries] == kept


@given(texts, texts)
def test_any_value_survives_json(password: str, notes: str) -> None:
    """Whatever Bitwarden wrote is read again unchanged."""
    (entry,) = read(bitwarden({"type": 1, "notes": notes, "login": {"password": password}})).entries

    assert (shown(entry.password) or "", shown(entry.notes) or "") == (password, notes)
