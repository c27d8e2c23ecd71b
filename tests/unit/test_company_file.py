from __future__ import annotations

import pytest

from tests.unit.company_cases import Edit, changed, demo, document, found, line_of, read

LIN = 'name = "lin.wan"\ndisplay'
TANG = 'name = "tang.min"\ndisplay'

ONE_FAULT = {
    "unknown key of the file": Edit("unknown_key", "schema = 1", "schema = 1\nsurprise = 2", "surprise"),
    "unknown table": Edit("unknown_key", "[company]", "[[room]]\nid = 'a'\n[company]", "[[room]]"),
    "unknown key of a person": Edit("unknown_key", TANG, f'password = "x"\n{TANG}', "password"),
    "other schema": Edit("schema", "schema = 1", "schema = 2", "schema = 2"),
    "schema as truth": Edit("schema", "schema = 1", "schema = true", "schema = true"),
    "no name": Edit("missing", 'name = "青禾茶具商城"\n', "", "[company]"),
    "no partner for incidents": Edit("missing", 'incident_partner = "护航网络安全服务"', "", "[company]"),
    "other timezone": Edit("unknown_timezone", "Asia/Shanghai", "Europe/Berlin", "timezone"),
    "hidden character in a name": Edit("bad_display", "青禾茶具商城", "青禾\u202e茶具商城", "青禾\u202e"),
    "wrong type": Edit("wrong_type", 'display = "唐敏"', "display = 7", "display = 7"),
    "list where a text is wanted": Edit("wrong_type", 'display = "唐敏"', 'display = ["唐敏"]', 'display = ["'),
    "text where a list is wanted": Edit("wrong_type", 'posts = ["hr"]', 'posts = "hr"', 'posts = "hr"'),
    "empty text": Edit("wrong_type", 'display = "唐敏"', 'display = " "', 'display = " "'),
    "person without name": Edit("missing", TANG, "display", '[[person]]\ndisplay = "唐敏"'),
    "person without display": Edit("missing", 'display = "唐敏"\n', "", '[[person]]\nname = "tang.min"'),
    "name with a slash": Edit("bad_name", TANG, 'name = "../tang"\ndisplay', '"../tang"'),
    "name in Chinese": Edit("bad_name", TANG, 'name = "唐敏"\ndisplay', 'name = "唐敏"'),
    "name of 65 characters": Edit("bad_name", TANG, f'name = "{"t" * 65}"\ndisplay', "t" * 65),
    "name twice": Edit("duplicate", TANG, 'name = "pan.lei"\ndisplay', 'name = "pan.lei"\ndisplay = "唐敏"'),
    "name twice in another case": Edit("duplicate", TANG, 'name = "Pan.Lei"\ndisplay', "Pan.Lei"),
    "same skeleton": Edit("name_looks_taken", TANG, 'name = "pan.1ei"\ndisplay', "pan.1ei"),
    "same skeleton, two letters for one": Edit(
        "name_looks_taken", 'name = "lu.chen"\ndisplay', 'name = "tang.rnin"\ndisplay', "tang.rnin"
    ),
    "name is a role": Edit("name_is_role", TANG, 'name = "planner"\ndisplay', 'name = "planner"'),
    "name looks like a role": Edit("name_is_role", TANG, 'name = "p1anner"\ndisplay', "p1anner"),
    "name is a role in another writing": Edit("name_is_role", TANG, 'name = "it-lead"\ndisplay', "it-lead"),
    "name is a word for relations": Edit("name_is_role", TANG, 'name = "requester"\ndisplay', '"requester"'),
    "display looks like another": Edit("display_looks_taken", '"唐敏"', '"\u2fbc远"', '"\u2fbc远"'),
    "bad mail": Edit("bad_mail", "tang.min@qinghe.example", "tang.min@qinghe", "tang.min@qinghe"),
    "mail that ends a header": Edit("bad_mail", "tang.min@qinghe.example", "a@b.cn\\nBcc: x@y.cn", "Bcc"),
    "mail of somebody else": Edit("duplicate", "tang.min@qinghe.example", "Pan.Lei@qinghe.example", "Pan.Lei@"),
    "unknown department": Edit(
        "unknown_department",
        'department = "office"\nposts = ["hr"]',
        'department = "sales"\nposts = ["hr"]',
        'department = "sales"',
    ),
    "department and agency": Edit(
        "two_places",
        'mail = "du@yunfan.example"',
        'mail = "du@yunfan.example"\ndepartment = "office"',
        'agency = "yunfan"\n\n',
    ),
    "neither department nor agency": Edit(
        "no_place", 'department = "office"\nposts = ["auditor"]', 'posts = ["auditor"]', '[[person]]\nname = "mo.heng"'
    ),
    "agency person with a post": Edit(
        "outside_posts",
        'mail = "du@yunfan.example"',
        'mail = "du@yunfan.example"\nposts = ["designer"]',
        'posts = ["designer"]\nagency',
    ),
    "unknown post": Edit("unknown_role", '["planner"]', '["planner", "chef"]', '"chef"'),
    "outside role as a post": Edit("unknown_role", '["planner"]', '["planner", "agency"]', '["planner", "agency"]'),
    "machine role as a post": Edit("unknown_role", '["planner"]', '["planner", "service"]', '"service"]'),
    "post twice": Edit("twice", '["planner"]', '["planner", "planner"]', '"planner", "planner"'),
    "system and audit in one hand": Edit(
        "duties_not_separated",
        'posts = ["auditor"]',
        'posts = ["auditor", "system_admin"]',
        '["auditor", "system_admin"]',
    ),
    "security and audit in one hand": Edit(
        "duties_not_separated", 'posts = ["auditor"]', 'posts = ["auditor", "it_lead"]', '["auditor", "it_lead"]'
    ),
    "system and security in one hand": Edit(
        "duties_not_separated",
        'posts = ["system_admin"]',
        'posts = ["system_admin", "it_lead"]',
        '["system_admin", "it_lead"]',
    ),
    "unknown head": Edit(
        "unknown_head",
        'name = "总经理办公室"\nhead = "lin.wan"',
        'name = "总经理办公室"\nhead = "nobody"',
        'head = "nobody"',
    ),
    "head without the post": Edit(
        "head_without_post",
        'name = "总经理办公室"\nhead = "lin.wan"',
        'name = "总经理办公室"\nhead = "he.jing"',
        'head = "he.jing"',
    ),
    "the post without a department": Edit(
        "post_without_department", '["planner"]', '["planner", "department_head"]', '["planner", "department_head"]'
    ),
    "department twice": Edit("duplicate", 'id = "it"\n', 'id = "ecommerce"\n', 'id = "ecommerce"\nname = "信息技术部"'),
    "bad id of a department": Edit("bad_id", 'id = "it"\n', 'id = ".."\n', 'id = ".."'),
}

ALSO = {
    "no_place": set[str](),
    "name_is_role": {"post_without_department"},
    "head_without_post": {"post_without_department"},
    "unknown_head": {"post_without_department"},
    "duplicate": {"unknown_department"},
    "bad_id": {"unknown_department"},
}
"""What else a change brings, where one wrong word leaves others without what they refer to."""


@pytest.mark.parametrize("edit", ONE_FAULT.values(), ids=ONE_FAULT.keys())
def test_fault_with_its_line(edit: Edit) -> None:
    """A fault is reported with its line, and nothing else that does not follow from it."""
    text = changed(edit.old, edit.new)

    faults = found(text)

    expected = line_of(text, edit.at)
    if edit.at.startswith("[[person]]\n"):
        assert text.splitlines()[expected - 1] == "[[person]]"
    assert (edit.code, expected) in faults
    assert {code for code, _ in faults} - {edit.code} <= ALSO.get(edit.code, set())


@pytest.mark.parametrize(
    ("role", "chain"),
    [
        ("general_manager", "account.change"),
        ("leader_in_charge", "person.reset"),
        ("it_lead", "policy.change"),
        ("system_admin", "person.join"),
    ],
)
def test_vacant_post(role: str, chain: str) -> None:
    """A post without which a chain can't be completed is a fault that names the chain."""
    text = demo().replace(f'"{role}"', '"designer"', 1)
    assert text != demo()

    faults = [fault for fault in read(text)[1] if fault.code == "chain_incomplete"]

    assert any(chain in fault.text.en for fault in faults)
    assert all(fault.line > 0 for fault in faults)


def test_only_the_requester_could_agree() -> None:
    """A chain where the one who may ask is the only one who could agree is never completed."""
    text = demo().replace('posts = ["leader_in_charge"]', 'posts = ["designer"]')
    text = text.replace(
        'posts = ["general_manager", "department_head"]', 'posts = ["general_manager", "it_lead", "department_head"]'
    )
    text = text.replace('posts = ["it_lead", "department_head"]', 'posts = ["department_head"]')

    faults = [fault for fault in read(text)[1] if fault.code == "chain_incomplete"]

    assert any("policy.change" in fault.text.en for fault in faults)


def test_all_faults_in_one_run() -> None:
    """Faults in every part of the file are found together, in the order of the lines."""
    text = demo()
    for old, new in (
        ("Asia/Shanghai", "UTC"),
        ('["planner"]', '["cook"]'),
        ('kind = "blog"', 'kind = "blog"'),
        ('custodians = ["it_lead", "operations_lead"]', "custodians = []"),
        ('engine = "mariadb"', 'engine = "oracle"'),
        ("until = 2027-02-28", "until = 2025-02-28"),
    ):
        text = text.replace(old, new)

    faults = found(text)

    codes = [code for code, _ in faults]
    assert {"unknown_timezone", "unknown_role", "no_custodians", "unknown_word", "empty_span"} <= set(codes)
    assert [line for _, line in faults] == sorted(line for _, line in faults)
    assert all(line > 0 for _, line in faults)


def test_empty_file() -> None:
    """An empty file lacks everything that a company needs."""
    codes = {code for code, _ in found("")}

    assert {"schema", "missing", "chain_incomplete"} <= codes
    assert read("")[0] is None


@pytest.mark.parametrize("key", ["company", "department", "person", "account", "database", "engagement"])
def test_wrong_type_of_a_whole_table(key: str) -> None:
    """A number where tables are wanted is a fault at its line, not a crash."""
    assert ("wrong_type", 2) in found(f"schema = 1\n{key} = 7\n")


def test_no_echo_of_what_may_be_a_secret() -> None:
    """A password written in the file by mistake is not repeated by any fault."""
    wrong = 'secret = "Geheim#2026"\npassword = "Geheim#2026"\nnotes = ["Geheim#2026"]\n\n[[account]]\nid = "tenpay"'
    text = changed('secret = "ask"\n\n[[account]]\nid = "tenpay"', wrong)

    faults = read(text)[1]

    assert [fault.code for fault in faults] == ["unknown_word", "unknown_key", "unknown_key"]
    assert not any("Geheim" in words for fault in faults for words in fault.text)


def test_demo_company() -> None:
    """The demo company has no fault, all posts are filled and every kind of thing is in it."""
    company = document(demo())

    assert company.name == "青禾茶具商城"
    assert len(company.people) == 13
    assert len(company.accounts) == 10
    assert len(company.databases) == 2
    assert [(e.id, e.people, e.accounts) for e in company.engagements] == [
        ("yunfan-2026", ("yunfan.du",), ("tmall-teaware", "alipay-login"))
    ]
    assert company.holders()["general_manager"] == ("lin.wan",)


def test_names_are_read_in_their_one_spelling() -> None:
    """A head written in another case is the same person, and an id is kept in small letters."""
    text = changed('name = "总经理办公室"\nhead = "lin.wan"', 'name = "总经理办公室"\nhead = "Lin.Wan"')
    text = text.replace('id = "tenpay"', 'id = "TenPay"')

    company = document(text)

    assert company.departments[0].head == "lin.wan"
    assert "tenpay" in {account.id for account in company.accounts}


def test_body_is_plain_json() -> None:
    """What is kept of an engagement can be written as JSON, its days too."""
    body = document(demo()).engagements[0].body

    assert (body["from"], body["until"]) == ("2026-03-01", "2027-02-28")
