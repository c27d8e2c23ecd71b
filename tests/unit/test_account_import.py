from __future__ import annotations

import json

import pytest

from tests.unit.export_cases import SENTINEL, bitwarden, csv, reading, shown
from tests.unit.import_cases import COLUMNS, MAPPING, ROW, gaps, planned, sheet
from vault_svc.adapters.passwordexports import read
from vault_svc.domain.import_report import report
from vault_svc.services.kinds import spec

GAPS = {
    "no kind": ("博客,,u,p,,ordinary,operations_lead", [(2, "no_kind")]),
    "kind that nobody knows": ("博客,,u,p,radio,ordinary,operations_lead", [(2, "unknown_kind")]),
    "no sensitivity": ("博客,,u,p,blog,,operations_lead", [(2, "no_sensitivity")]),
    "sensitivity that nobody knows": ("博客,,u,p,blog,grim,operations_lead", [(2, "unknown_sensitivity")]),
    "no custodians": ("博客,,u,p,blog,ordinary,", [(2, "no_custodians")]),
    "custodian that nobody knows": ("博客,,u,p,blog,ordinary,operations_lead/老王", [(2, "unknown_custodians")]),
    "custodian outside ACC-2": ("博客,,u,p,blog,ordinary,planner", [(2, "unknown_custodians")]),
    "server without IT": ("主机,,u,p,server,ordinary,operations_lead", [(2, "bad_custodians")]),
    "no password": (f"博客,,u,,{ROW}", [(2, "no_password")]),
    "no name": (f",,u,p,{ROW}", [(2, "bad_display")]),
    "name that can't be shown": (f"博\u202e客,,u,p,{ROW}", [(2, "bad_display")]),
}


@pytest.mark.parametrize(("row", "expected"), GAPS.values(), ids=GAPS.keys())
def test_gap(row: str, expected: list[tuple[int, str]]) -> None:
    """What is not said, not known or not allowed is a gap with its place, and nothing of the entry is opened."""
    found = planned(sheet(row))

    assert gaps(found) == expected
    assert found.opens == ()
    assert not found.ready


def test_one_gap_stops_the_whole_import() -> None:
    """A good entry beside one with a gap does not make the plan ready: all or nothing."""
    found = planned(sheet(f"博客,,u,p,{ROW}", "微店,,u,p,,,"))

    assert [account.where for account in found.opens] == [2]
    assert not found.ready


@pytest.mark.parametrize("written", ["..", "a/b", "账户", "a" * 65])
def test_id_that_is_no_id(written: str) -> None:
    """An id out of a column is checked like any other."""
    found = planned(sheet(f"博客,,u,p,{ROW},{written}", columns=f"{COLUMNS},id"))

    assert gaps(found) == [(2, "bad_id")]


def test_id_of_another_account() -> None:
    """An id that an account has already, or that two entries are given, is a gap; its case does not matter."""
    columns = f"{COLUMNS},id"

    exists = planned(sheet(f"博客,,u,p,{ROW},Blog", columns=columns), taken={"blog"})
    twice = planned(sheet(f"博客,,u,p,{ROW},x1", f"社区,,u,p,{ROW},X1", columns=columns))

    assert gaps(exists) == [(2, "id_taken")]
    assert gaps(twice) == [(3, "id_taken")]


def test_duplicates_wait_for_a_decision() -> None:
    """Of an account that stands twice none is opened until the mapping says which."""
    found = planned(sheet(f"博客,,u,p1,{ROW}", f"博客,,u,p2,{ROW}"))

    assert gaps(found) == [(2, "duplicate"), (3, "duplicate")]
    assert found.duplicates == ((2, 3),)


def test_duplicate_that_is_skipped() -> None:
    """With all others of a group skipped, the one that is left is opened."""
    text = "schema = 1\n[[entry]]\nwhere = 3\nskip = true\n"

    found = planned(sheet(f"博客,,u,p1,{ROW}", f"博客,,u,p2,{ROW}"), text)

    assert [shown(account.values["password"]) for account in found.opens] == ["p1"]
    assert found.skipped == (3,)
    assert found.ready


def test_rule_that_fits_nothing() -> None:
    """A misspelled rule of the mapping is a gap: it was meant for something."""
    found = planned(sheet(f"博客,,u,p,{ROW}"), 'schema = 1\n[[entry]]\nname = "愽客"\nskip = true\n')

    assert gaps(found) == [(0, "unused_rule")]


def test_rules_that_contradict_each_other() -> None:
    """Two rules for one entry are a gap."""
    text = 'schema = 1\n[[entry]]\nname = "博客"\nid = "a"\n[[entry]]\nusername = "u"\nid = "b"\n'

    assert (2, "two_rules") in gaps(planned(sheet(f"博客,,u,p,{ROW}"), text))


@pytest.mark.parametrize("name", ["browser.csv", "sheet-gb18030.csv", "bitwarden.json", "keepass2.xml"])
def test_no_value_is_shown(name: str) -> None:
    """Neither the report nor the representation of a plan holds a password, a note or a seed."""
    text = MAPPING if name in {"bitwarden.json", "keepass2.xml"} else MAPPING.replace("where = 6", "where = 8")
    export = reading(name)
    found = planned(export, text)

    told = json.dumps(report(found), ensure_ascii=False) + repr(found)

    secrets = [s for e in export.entries for s in (e.password, e.notes, e.totp, *e.extra.values()) if s is not None]
    assert len(secrets) > 7
    assert not any(secret.reveal() in told for secret in secrets if len(secret.reveal()) > 4)


@pytest.mark.parametrize("name", ["browser.csv", "sheet-gb18030.csv", "bitwarden.json", "keepass2.xml"])
def test_a_whole_export(name: str) -> None:
    """With its mapping each of the four exports opens the same six accounts, as valid requests."""
    text = MAPPING if name in {"bitwarden.json", "keepass2.xml"} else MAPPING.replace("where = 6", "where = 8")

    found = planned(reading(name), text)

    assert found.gaps == ()
    assert found.ready
    assert [account.id for account in found.opens] == [
        "tea-shop",
        "alipay-login",
        "ji-ben-hu-wang-yin",
        "yu-ming-bei-an",
        "qi-ye-you-xiang-guan-li-yuan",
        "yuan-dai-ma-tuo-guan",
    ]
    for account in found.opens:
        spec("account.open").validate({"account": dict(account.account)})


def test_fields_of_the_secret() -> None:
    """User name, password, notes, seed and fields of other names are kept under the names of the vault."""
    found = planned(reading("bitwarden.json"), MAPPING)

    login, bank = found.opens[1].values, found.opens[2].values
    assert sorted(login) == ["notes", "password", "recovery", "totp_seed", "username"]
    assert shown(login["password"]) == "=Zf\u3000B!8 "
    assert shown(bank["recovery"]) == "U盾: 第3柜\nU盾 2: 备用\n启用: true"
    assert "username" not in bank
    assert ("merged", 3) in [(loss.code, loss.where) for loss in found.losses]


def test_what_the_record_can_not_show() -> None:
    """An address that is none and a user name with edges go into the secret, named, and not into the record."""
    found = planned(sheet(f'博客,alipays://login,"u ",p,{ROW}'))

    account = found.opens[0]
    assert not {"url", "username"} & account.account.keys()
    assert shown(account.values["username"]) == "u "
    assert shown(account.values["recovery"]) == "url: alipays://login"
    assert [loss.code for loss in found.losses] == ["merged", "username"]


def test_note_without_a_login_is_named() -> None:
    """A note is no account; that it stays behind is named."""
    found = planned(read(bitwarden({"type": 2, "name": "便签", "notes": SENTINEL})))

    assert [(loss.where, loss.code) for loss in found.losses] == [(1, "no_login")]
    assert (found.opens, found.gaps, found.skipped) == ((), (), (1,))


def test_mapping_comes_before_columns() -> None:
    """What the mapping says of an entry counts more than what its columns say."""
    text = 'schema = 1\n[[entry]]\nname = "博客"\nkind = "company_mail"\nsensitivity = "payment"\n'

    account = planned(sheet(f"博客,,u,p,{ROW}"), text).opens[0].account

    assert (account["kind"], account["sensitivity"], account["custodians"]) == (
        "company_mail",
        "payment",
        ["operations_lead"],
    )


def test_ids_out_of_names() -> None:
    """An id is made of the name's pinyin, free of what is taken; a name without letters gets a number."""
    export = sheet(f"博客,,u,p,{ROW}", f"博客,,v,p,{ROW}", f"🍵,,u,p,{ROW}")

    found = planned(export, taken={"bo-ke"})

    assert [account.id for account in found.opens] == ["bo-ke-2", "bo-ke-3", "account-4"]


def test_name_out_of_the_address() -> None:
    """Where an export has no names, the host of the address is the name."""
    assert planned(sheet(f",https://blog.example/x,u,p,{ROW}")).opens[0].account["name"] == "blog.example"


def test_many_entries_and_rules() -> None:
    """A thousand entries with a rule each are planned without comparing each with each."""
    export = read(csv(*[f"n{at},,u,p" for at in range(1000)]))
    tables = [
        f'[[entry]]\nname = "n{at}"\nkind = "blog"\nsensitivity = "ordinary"\ncustodians = ["it_lead"]\n'
        for at in range(1000)
    ]

    found = planned(export, "schema = 1\n" + "".join(tables))

    assert found.ready
    assert len(found.opens) == 1000
