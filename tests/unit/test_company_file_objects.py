from __future__ import annotations

import pytest

from tests.unit.company_cases import Edit, changed, demo, document, found, line_of, read

BLOCK = '[[engagement]]\nid = "second"\nagency = "{agency}"\nname = "第二份合同"\nfrom = {first}\nuntil = {last}\n'
REST = (
    'contact = "a@b.example"\nrepresentative = "yunfan.du"\ndocument_sha256 = "' + "0" * 64 + '"\n'
    'people = { "yunfan.du" = ["operations"] }\n'
)
SERVER = 'kind = "server"\nsensitivity = "infrastructure"\nusername = "deploy"\ncustodians = ["it_lead"]'
DU = 'people = { "yunfan.du" = ["operations", "settlement"] }'

ACCOUNTS = {
    "unknown kind": Edit("unknown_kind", 'kind = "tenpay"', 'kind = "wechat"', 'kind = "wechat"'),
    "unknown sensitivity": Edit(
        "unknown_word", SERVER, SERVER.replace("infrastructure", "high"), 'sensitivity = "high"'
    ),
    "no kind": Edit("missing", 'kind = "tenpay"\n', "", '[[account]]\nid = "tenpay"'),
    "no sensitivity": Edit(
        "missing", SERVER, SERVER.replace('sensitivity = "infrastructure"\n', ""), '[[account]]\nid = "web-server"'
    ),
    "unknown key": Edit("unknown_key", 'kind = "tenpay"', 'kind = "tenpay"\nsecrets = "ask"', 'secrets = "ask"'),
    "account twice": Edit("duplicate", 'id = "tenpay"', 'id = "Bank-Basic"', 'id = "Bank-Basic"'),
    "bad id": Edit("bad_id", 'id = "tenpay"', 'id = "a//b"', 'id = "a//b"'),
    "escaped id": Edit("bad_id", 'id = "tenpay"', 'id = "%2e%2e"', 'id = "%2e%2e"'),
    "no custodians": Edit("no_custodians", SERVER, SERVER.replace('["it_lead"]', "[]"), "custodians = []"),
    "custodians not written": Edit(
        "no_custodians", SERVER, SERVER.replace('\ncustodians = ["it_lead"]', ""), '[[account]]\nid = "web-server"'
    ),
    "custodian outside ACC-2": Edit(
        "bad_custodian", SERVER, SERVER.replace('"it_lead"', '"it_lead", "planner"'), '"it_lead", "planner"'
    ),
    "administrator as custodian": Edit(
        "bad_custodian", SERVER, SERVER.replace('"it_lead"', '"it_lead", "system_admin"'), '"it_lead", "system_admin"'
    ),
    "unknown role as custodian": Edit(
        "unknown_role", SERVER, SERVER.replace('"it_lead"', '"it_lead", "boss"'), '"it_lead", "boss"'
    ),
    "custodian twice": Edit(
        "twice", SERVER, SERVER.replace('"it_lead"', '"it_lead", "it_lead"'), '"it_lead", "it_lead"'
    ),
    "server without IT": Edit(
        "it_lead_missing",
        SERVER,
        SERVER.replace('"it_lead"', '"general_manager"'),
        'custodians = ["general_manager"]\n',
    ),
    "secret written out": Edit(
        "unknown_word",
        'secret = "ask"\n\n[[account]]\nid = "tenpay"',
        'secret = "S3cret!"\n\n[[account]]\nid = "tenpay"',
        "S3cret!",
    ),
    "no secret source": Edit(
        "missing",
        'secret = "ask"\n\n[[account]]\nid = "tenpay"',
        '\n[[account]]\nid = "tenpay"',
        '[[account]]\nid = "bank-basic"',
    ),
    "address with a password": Edit("bad_url", "https://bank.example/", "https://a:b@bank.example/", "a:b@"),
    "address that runs code": Edit("bad_url", "https://bank.example/", "javascript:alert(1)", "javascript"),
    "user name over two lines": Edit("bad_username", 'username = "deploy"', 'username = "de\\nploy"', "de\\nploy"),
}

DATABASES = {
    "unknown engine": Edit("unknown_word", 'engine = "mariadb"', 'engine = "oracle"', "oracle"),
    "embedded mariadb": Edit(
        "not_embeddable", '"127.0.0.1:3306"', '"embedded"', 'address = "embedded"\ndatabase = "members"'
    ),
    "no port": Edit("bad_address", "127.0.0.1:3306", "127.0.0.1", "127.0.0.1"),
    "port too high": Edit("bad_address", "127.0.0.1:3306", "127.0.0.1:70000", "70000"),
    "no TLS elsewhere": Edit("tls_off", "127.0.0.1:3306", "10.0.0.7:3306", "10.0.0.7"),
    "TLS off elsewhere": Edit("tls_off", '"127.0.0.1:3306"', '"db.example:3306"\ntls = false', "tls = false"),
    "TLS without CA": Edit(
        "missing", '"127.0.0.1:3306"', '"db.example:3306"\ntls = true', '[[database]]\nid = "members"'
    ),
    "TLS as a word": Edit("wrong_type", '"127.0.0.1:3306"', '"127.0.0.1:3306"\ntls = "yes"', 'tls = "yes"'),
    "same database twice": Edit(
        "same_database",
        'engine = "mariadb"\naddress = "127.0.0.1:3306"\ndatabase = "members"',
        'engine = "postgresql"\naddress = "embedded"\ndatabase = "teashop"',
        'address = "embedded"\ndatabase = "teashop"\nadmin_secret = "ask"\n[database.normal]\nread = ["member',
    ),
    "database twice": Edit(
        "duplicate", 'id = "members"\nname', 'id = "shop"\nname = "会员数据库"\n#', 'id = "shop"\nname = "会员'
    ),
    "password of the administrator": Edit(
        "unknown_word",
        'admin_secret = "ask"\n[database.normal]\nread = ["member',
        'admin_secret = "pw"\n[database.normal]\nread = ["member',
        '"pw"',
    ),
    "bad name of a database": Edit("bad_identifier", 'database = "teashop"', 'database = "tea;shop"', "tea;shop"),
    "normal may write": Edit(
        "unknown_key",
        'read = ["member_levels"]',
        'read = ["member_levels"]\nupdate = ["member_levels"]',
        'update = ["member_levels"]',
    ),
    "backend may delete": Edit(
        "unknown_key", 'update = ["member_profiles"]', 'delete = ["member_profiles"]', "delete ="
    ),
    "unknown level": Edit(
        "unknown_key", '[database.normal]\nread = ["member', '[database.owner]\nread = ["member', "[database.owner]"
    ),
    "table with quotes": Edit(
        "bad_identifier", 'read = ["member_levels"]', "read = ['member\"levels']", 'member"levels'
    ),
    "order table updated": Edit(
        "order_written",
        'update = ["goods", "members"]',
        'update = ["goods", "sales_orders"]',
        '["goods", "sales_orders"]',
    ),
    "order table entered": Edit(
        "order_written", 'insert = ["goods"]', 'insert = ["sales_order_lines"]', 'insert = ["sales_order_lines"]'
    ),
    "order table in another spelling": Edit(
        "order_written", 'insert = ["goods"]', 'insert = ["public.Sales_Orders"]', "public.Sales_Orders"
    ),
    "order without tables": Edit(
        "empty", 'tables = ["sales_orders", "sales_order_lines"]', "tables = []", "tables = []"
    ),
    "order table without key": Edit(
        "missing", ', sales_order_lines = ["order_no", "line_no"]', "", 'key = { sales_orders = ["order_no"] }'
    ),
    "key of another table": Edit(
        "unknown_table",
        'sales_order_lines = ["order_no", "line_no"]',
        'sales_order_lines = ["order_no"], goods = ["id"]',
        'goods = ["id"]',
    ),
    "parent of another table": Edit("unknown_table", '"sales_orders.order_no"', '"goods.order_no"', '"goods.order_no"'),
    "placed at no column": Edit("bad_identifier", '"sales_orders.placed_at"', '"placed_at"', 'placed_at = "placed_at"'),
    "state of another table": Edit("unknown_table", '"sales_orders.paid_at"', '"goods.paid_at"', "goods.paid_at"),
    "key as state": Edit(
        "order_key_changes", '"sales_orders.paid_at"', '"sales_orders.order_no"', 'state = ["sales_orders.order_no"'
    ),
    "time as state": Edit(
        "order_key_changes", '"sales_orders.paid_at"', '"sales_orders.placed_at"', 'state = ["sales_orders.placed_at"'
    ),
    "orders as a word": Edit(
        "wrong_type",
        'update = ["member_profiles"]',
        'update = ["member_profiles"]\n[[database.orders]]\ntables = ["x"]',
        "[[database.orders]]",
    ),
}

ENGAGEMENTS = {
    "term that ends first": Edit("empty_span", "until = 2027-02-28", "until = 2026-02-28", "until = 2026-02-28"),
    "day in quotes": Edit("wrong_type", "from = 2026-03-01", 'from = "2026-03-01"', 'from = "'),
    "moment for a day": Edit("wrong_type", "from = 2026-03-01", "from = 2026-03-01T00:00:00Z", "T00:00:00Z"),
    "no end": Edit("missing", "until = 2027-02-28\n", "", "[[engagement]]"),
    "no representative": Edit("missing", 'representative = "yunfan.du"', "", "[[engagement]]"),
    "unknown representative": Edit(
        "unknown_person", 'representative = "yunfan.du"', 'representative = "du"', 'representative = "du"'
    ),
    "representative of the company": Edit(
        "not_of_agency", 'representative = "yunfan.du"', 'representative = "lin.wan"', 'representative = "lin.wan"'
    ),
    "unknown person": Edit("unknown_person", DU, 'people = { "who" = ["operations"] }', '"who"'),
    "person of the company": Edit(
        "not_of_agency", DU, 'people = { "song.yu" = ["operations"] }', 'people = { "song.yu"'
    ),
    "no people": Edit("empty", DU, "people = { }", "people = {"),
    "unknown purpose": Edit("unknown_purpose", DU, 'people = { "yunfan.du" = ["fun"] }', '"fun"'),
    "purpose of employees": Edit("unknown_purpose", DU, 'people = { "yunfan.du" = ["maintenance"] }', '"maintenance"'),
    "bad digest": Edit(
        "bad_sha256", "5f1c8a2e9b7d4036a1e5c8f20b94d7635f1c8a2e9b7d4036a1e5c8f20b94d763", "5F1C", "5F1C"
    ),
    "bad contact": Edit("bad_mail", "service@yunfan.example", "yunfan", 'contact = "yunfan"'),
    "day 0": Edit("day_out_of_range", "commission_due_day = 10", "commission_due_day = 0", "commission_due_day"),
    "day 29": Edit("day_out_of_range", "figures_due_day = 15", "figures_due_day = 29", "figures_due_day"),
    "day as truth": Edit("wrong_type", "figures_due_day = 15", "figures_due_day = true", "figures_due_day"),
    "unknown account": Edit(
        "unknown_account", 'id = "alipay-login"\npurposes', 'id = "alipay"\npurposes', 'id = "alipay"'
    ),
    "account twice": Edit(
        "duplicate", 'id = "alipay-login"\npurposes', 'id = "tmall-teaware"\n#\npurposes', 'id = "tmall-teaware"\n#'
    ),
    "purpose that opens nothing": Edit(
        "not_opened",
        'id = "alipay-login"\npurposes = ["settlement"]',
        'id = "alipay-login"\npurposes = ["operations"]',
        'purposes = ["operations"]\n',
    ),
    "server for the agency": Edit(
        "not_opened",
        'id = "alipay-login"\npurposes',
        'id = "web-server"\npurposes',
        'purposes = ["settlement"]\n[[engagement.dataset]]',
    ),
    "unknown database": Edit("unknown_database", 'database = "shop"', 'database = "warehouse"', "warehouse"),
    "unknown key": Edit("unknown_key", "commission_due_day = 10", "commission = 10", "commission = 10"),
    "same agency at once": Edit(
        "overlap",
        "# ---- the agency's",
        BLOCK.format(agency="yunfan", first="2027-02-28", last="2028-01-01") + REST + "# ---- the",
        "from = 2026-03-01",
    ),
}

FOLLOWS = {
    "empty": {"unknown_table"},
    "no_custodians": {"it_lead_missing"},
    "duplicate": {"unknown_key", "missing"},
}


@pytest.mark.parametrize("edit", ACCOUNTS.values(), ids=ACCOUNTS.keys())
def test_fault_of_an_account(edit: Edit) -> None:
    """A fault of an account is reported with its line, and nothing else that does not follow from it."""
    _assert_found(edit)


@pytest.mark.parametrize("edit", DATABASES.values(), ids=DATABASES.keys())
def test_fault_of_a_database(edit: Edit) -> None:
    """A fault of a database is reported with its line, and nothing else that does not follow from it."""
    _assert_found(edit)


@pytest.mark.parametrize("edit", ENGAGEMENTS.values(), ids=ENGAGEMENTS.keys())
def test_fault_of_an_engagement(edit: Edit) -> None:
    """A fault of an engagement is reported with its line, and nothing else that does not follow from it."""
    _assert_found(edit)


def _assert_found(edit: Edit) -> None:
    text = changed(edit.old, edit.new)

    faults = found(text)

    assert (edit.code, line_of(text, edit.at)) in faults
    assert {code for code, _ in faults} - {edit.code} <= FOLLOWS.get(edit.code, set())


def test_two_agencies_share_no_account_at_once() -> None:
    """Two contracts of different agencies overlap where they open the same account."""
    text = changed(
        'agency = "yunfan"\n\n',
        'agency = "yunfan"\n\n[[person]]\nname = "other.wu"\ndisplay = "吴"\nagency = "other"\n\n',
    )
    second = BLOCK.format(agency="other", first="2026-05-01", last="2026-06-01") + REST.replace("yunfan.du", "other.wu")
    text += "\n" + second + '[[engagement.account]]\nid = "tmall-teaware"\npurposes = ["operations"]\n'

    assert found(text) == [("overlap", line_of(text, "from = 2026-05-01"))]


def test_contracts_that_follow_each_other() -> None:
    """A second contract of the same agency may begin on the day after the first ends."""
    text = demo() + "\n" + BLOCK.format(agency="yunfan", first="2027-03-01", last="2028-02-28") + REST

    assert [engagement.id for engagement in document(text).engagements] == ["yunfan-2026", "second"]


@pytest.mark.parametrize(("first", "last"), [("2025-01-01", "2026-03-01"), ("2027-02-28", "2028-02-28")])
def test_contracts_that_share_a_day(first: str, last: str) -> None:
    """Both days of a term belong to it: one shared day, at either end, is an overlap."""
    text = demo() + "\n" + BLOCK.format(agency="yunfan", first=first, last=last) + REST

    assert [code for code, _ in found(text)] == ["overlap"]


@pytest.mark.parametrize("address", ["127.0.0.1:3306", "localhost:3306", "[::1]:3306", "127.9.9.9:3306"])
def test_loopback_needs_no_tls(address: str) -> None:
    """On this machine itself a database may be reached without TLS."""
    assert found(changed("127.0.0.1:3306", address)) == []


def test_database_elsewhere() -> None:
    """With TLS and a CA a database may be anywhere."""
    assert found(changed('"127.0.0.1:3306"', '"db.example:3306"\ntls = true\nca = "/etc/shop/ca.pem"')) == []


def test_custody_that_nobody_holds() -> None:
    """An account whose only custodian role is vacant can't be changed by anybody: a fault at that account alone."""
    text = demo().replace('posts = ["operations_lead"]', 'posts = ["planner"]')
    text = text.replace('custodians = ["operations_lead", "it_lead"]', 'custodians = ["operations_lead"]')

    faults = read(text)[1]

    assert [(fault.code, fault.line) for fault in faults] == [
        ("chain_incomplete", line_of(text, 'custodians = ["operations_lead"]'))
    ]
    assert "account.change" in faults[0].text.en


def test_empty_lists_close_a_level() -> None:
    """A level with nothing in it is closed, which is no fault."""
    assert found(changed('insert = ["goods"]', "insert = []")) == []
