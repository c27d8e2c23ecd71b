from __future__ import annotations

import tomllib

import pytest

from tests.unit.company_cases import policies
from tests.unit.export_cases import bitwarden, reading
from tests.unit.import_cases import mapping, planned
from vault_svc.adapters.passwordexports import read
from vault_svc.adapters.pinyin import slug
from vault_svc.domain.import_mapping import custodians_named, kind_in, kind_named, sensitivity_named
from vault_svc.domain.import_template import mapping_template


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('id = "a"', ("which", 2)),
        ('name = "a"', ("what", 2)),
        ('name = "a"\nskip = true\nid = "b"', ("what", 2)),
        ('name = "a"\nid = "a/b"', ("bad_id", 4)),
        ('name = "a"\nkind = "radio"', ("unknown_kind", 4)),
        ('name = "a"\nsensitivity = "grim"', ("unknown_word", 4)),
        ('name = "a"\ncustodians = ["planner"]', ("bad_custodian", 4)),
        ('name = "a"\npassword = "b"', ("unknown_key", 4)),
        ('where = 0\nid = "a"', ("wrong_type", 3)),
    ],
)
def test_fault_of_a_mapping_file(table: str, fault: tuple[str, int]) -> None:
    """A fault of the mapping file is found with its line."""
    assert fault in mapping(f"schema = 1\n[[entry]]\n{table}\n")[1]


def test_words_of_columns() -> None:
    """Kinds, sensitivities and custodians are understood by id and by what people call them, never guessed."""
    rules = policies()

    assert [kind_named(word, rules) for word in ("alipay", "支付宝", "天猫", "后台", "")] == [
        "alipay",
        "alipay",
        "shop_platform",
        None,
        None,
    ]
    assert [sensitivity_named(word) for word in ("payment", "支付", "普通", "级")] == [
        "payment",
        "payment",
        "ordinary",
        None,
    ]
    assert custodians_named("运营负责人/IT部、总经理", rules) == ("operations_lead", "it_lead", "general_manager")
    assert custodians_named("负责人", rules) == (None,)
    assert [kind_in(name, rules) for name in ("支付宝 登录", "支付宝和网银", "别的")] == ["alipay", None, None]


@pytest.mark.parametrize(
    "name", ["browser.csv", "sheet-gb18030.csv", "bitwarden.json", "keepass2.xml", "sheet-utf8.csv"]
)
def test_template(name: str) -> None:
    """The mapping file to fill in is TOML, has a table for each entry with what can be guessed, and no value."""
    export = reading(name)

    text = mapping_template(export, policies(), suggest=slug)

    tables = tomllib.loads(text)["entry"]
    assert [table["where"] for table in tables] == [entry.where for entry in export.entries]
    assert len({table["id"] for table in tables if "id" in table}) == sum("id" in table for table in tables)
    secrets = [secret for entry in export.entries for secret in (entry.password, entry.notes) if secret is not None]
    assert not any(secret.reveal() in text for secret in secrets if len(secret.reveal()) > 4)


def test_hostile_names_in_a_template() -> None:
    """Quotes, line breaks and DEL in a name can't add anything to the template."""
    hostile = 'a"\n[[entry]]\nid = "x\x7f\\'
    export = read(bitwarden({"type": 1, "name": hostile, "login": {"password": "p"}}))

    tables = tomllib.loads(mapping_template(export, policies(), suggest=slug))["entry"]

    assert [table["name"] for table in tables] == [hostile]


def test_filled_in_template_is_ready() -> None:
    """A template with its gaps filled in makes the plan ready."""
    text = mapping_template(reading("sheet-gb18030.csv"), policies(), suggest=slug)
    text = text.replace("# sensitivity = ", 'sensitivity = "ordinary"').replace("# kind = ", 'kind = "shop_platform"')

    found = planned(reading("sheet-gb18030.csv"), text)

    assert found.gaps == ()
    assert len(found.opens) == 7
