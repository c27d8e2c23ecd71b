"""Payloads of the kinds: strict, closed, and silent about what was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.errors import Invalid, UnknownKind
from vault_svc.services.kinds import KINDS, spec

GOOD: dict[str, dict[str, Any]] = {
    "account.open": {
        "account": {
            "id": "tmall-flagship",
            "name": "天猫旗舰店 后台",
            "kind": "shop_platform",
            "sensitivity": "ordinary",
            "url": "https://myseller.example.com/",
            "username": "flagship:运营",
            "custodians": ["operations_lead", "it_lead"],
        }
    },
    "account.use": {"account": "tmall-flagship", "purpose": "operations"},
    "account.change": {"account": "tmall-flagship", "what": "password", "note": "第一行\n第二行"},
    "account.custody": {"account": "blog", "add": ["it_lead"], "remove": ["operations_lead"]},
    "account.close": {"account": "blog"},
    "policy.change": {"files": {"chains.toml": "schema = 1\n", "levels/pg.sql": ""}},
    "post.assign": {"person": "cehua", "post": "planner", "end": True},
    "person.join": {
        "name": "xinren",
        "display": "新人",
        "department": "marketing",
        "mail": "xinren@example.com",
        "posts": ["planner"],
    },
    "person.reset": {"person": "cehua", "what": "password"},
}
CONCERNS = {
    "account.open": ("account:tmall-flagship", None),
    "account.use": ("account:tmall-flagship", None),
    "account.change": ("account:tmall-flagship", None),
    "account.custody": ("account:blog", None),
    "account.close": ("account:blog", None),
    "policy.change": ("policy:set", None),
    "post.assign": ("person:cehua", "cehua"),
    "person.join": ("person:xinren", "xinren"),
    "person.reset": ("person:cehua", "cehua"),
}
HOSTILE_IDS = [
    "",
    ".",
    "..",
    "a/../b",
    "a//b",
    "/a",
    "a\x00",
    "a\tb",
    "a b",
    " a",
    "a\n",
    "%2e%2e",
    "a:b",
    "a*",
    "账户",
    "ａ",
    "a\u202eb",
    "a\u200bb",
    "x" * 65,
]
HOSTILE_NAMES = [
    "",
    " a",
    "a ",
    "a\x00",
    "a\tb",
    "a\nb",
    "a\u202eb",
    "a\u200bb",
    "a\u2066b",
    "\ufeffa",
    "x" * 65,
    "\ue000",
]


def codes(kind: str, payload: object) -> set[str]:
    """The violations of a payload that must be refused."""
    with pytest.raises(Invalid) as refused:
        spec(kind).validate(payload)
    return {violation.code for violation in refused.value.violations}


def with_account(**change: Any) -> dict[str, Any]:
    """account.open with one field changed, or taken out by ``...``."""
    account = {**GOOD["account.open"]["account"], **change}
    return {"account": {key: value for key, value in account.items() if value is not ...}}


@pytest.mark.parametrize("kind", ["", "account", "database.level", "emergency.use", "ACCOUNT.USE"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    """Kinds that come later are unknown until they come."""
    with pytest.raises(UnknownKind):
        spec(kind)


@pytest.mark.parametrize("given_id", HOSTILE_IDS)
@pytest.mark.parametrize(
    ("kind", "field"), [("account.use", "account"), ("account.close", "account"), ("post.assign", "person")]
)
def test_a_hostile_id_is_refused(kind: str, field: str, given_id: str) -> None:
    """Nothing that could walk, hide or be taken for something else."""
    assert codes(kind, {**GOOD[kind], field: given_id}) == {"bad_id"}


@pytest.mark.parametrize("given_id", HOSTILE_IDS)
def test_a_hostile_role_is_refused(given_id: str) -> None:
    """Inside a list as well."""
    assert codes("account.custody", {"account": "blog", "add": [given_id]}) == {"bad_id"}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_refused(name: str) -> None:
    """Names are seen as they are: no control, direction, zero-width or private characters."""
    expected = {"string_too_short", "string_too_long", "hidden_character", "edge_space"}

    assert codes("account.open", with_account(name=name)) & expected
    assert codes("person.join", {**GOOD["person.join"], "display": name}) & expected


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        ("account.use", None, "model_type"),
        ("account.use", [], "model_type"),
        ("account.use", "x", "model_type"),
        ("account.use", {}, "missing"),
        ("account.use", {**GOOD["account.use"], "more": 1}, "extra_forbidden"),
        ("account.use", {**GOOD["account.use"], "account": 1}, "string_type"),
        ("account.use", {**GOOD["account.use"], "account": None}, "string_type"),
        ("account.use", {**GOOD["account.use"], "account": "\ud800"}, "json_invalid"),
        ("account.use", {**GOOD["account.use"], "account": float("nan")}, "not_json"),
        ("account.use", {**GOOD["account.use"], "account": {1, 2}}, "not_json"),
        ("account.change", {**GOOD["account.change"], "what": "name"}, "literal_error"),
        ("account.change", {**GOOD["account.change"], "note": ""}, "string_too_short"),
        ("account.change", {**GOOD["account.change"], "note": "x" * 1001}, "string_too_long"),
        ("account.change", {**GOOD["account.change"], "note": "a\x07"}, "hidden_character"),
        ("account.open", with_account(sensitivity="high"), "enum"),
        ("account.open", with_account(custodians=[]), "too_short"),
        ("account.open", with_account(custodians=...), "missing"),
        ("account.open", with_account(custodians="it_lead"), "list_type"),
        ("account.open", with_account(custodians=["it_lead", "IT_lead"]), "twice"),
        ("account.open", with_account(custodians=[f"r{n}" for n in range(33)]), "too_long"),
        ("account.open", with_account(url="javascript:alert(1)"), "bad_url"),
        ("account.open", with_account(url="https://user:pass@example.com/"), "bad_url"),
        ("account.open", with_account(url="https://"), "bad_url"),
        ("account.open", with_account(url="https://[::1"), "bad_url"),
        ("account.open", with_account(url="https://a b"), "bad_url"),
        ("account.open", with_account(password="x"), "extra_forbidden"),
        ("account.custody", {"account": "blog"}, "nothing_asked"),
        ("account.custody", {"account": "blog", "add": [], "remove": []}, "nothing_asked"),
        ("account.custody", {"account": "blog", "add": ["it_lead"], "remove": ["it_lead"]}, "contradiction"),
        ("policy.change", {"files": {}}, "too_short"),
        ("policy.change", {"files": []}, "dict_type"),
        ("policy.change", {"files": {"../x.toml": ""}}, "bad_file_name"),
        ("policy.change", {"files": {"other/x.toml": ""}}, "bad_file_name"),
        ("policy.change", {"files": {"x.exe": ""}}, "bad_file_name"),
        ("policy.change", {"files": {"x.toml": None}}, "string_type"),
        ("post.assign", {**GOOD["post.assign"], "end": 1}, "bool_type"),
        ("post.assign", {**GOOD["post.assign"], "end": "yes"}, "bool_type"),
        ("person.join", {**GOOD["person.join"], "mail": "nobody"}, "bad_mail"),
        ("person.join", {**GOOD["person.join"], "mail": "a@b\n.com"}, "bad_mail"),
        ("person.join", {**GOOD["person.join"], "posts": None}, "list_type"),
        ("person.reset", {**GOOD["person.reset"], "what": "second_factor"}, "literal_error"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, payload: object, code: str) -> None:
    """Strict types, no unknown fields, closed lists."""
    assert code in codes(kind, payload)


def test_depth_is_no_crash() -> None:
    """Nested beyond sense is not JSON of ours."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert codes("account.use", deep) <= {"not_json", "json_invalid"}


@given(value=st.text(min_size=1, max_size=80))
def test_a_violation_never_repeats_what_was_written(value: str) -> None:
    """A password typed into the wrong field stays where it was typed."""
    marked = f"hunter2-{value}/"

    for payload in ({"account": marked, "purpose": marked}, {marked: marked}, {"account": {"x": marked}}, marked):
        with pytest.raises(Invalid) as refused:
            spec("account.use").validate(payload)
        said = [f"{v.field}{v.code}{v.text.zh}{v.text.en}" for v in refused.value.violations]
        assert not any("hunter2" in line for line in [*said, str(refused.value), repr(refused.value.violations)])


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_payload_is_kept_as_plain_json(kind: str) -> None:
    """And reading what was kept changes nothing more."""
    kept = spec(kind).validate(GOOD[kind])

    assert kept == GOOD[kind]
    assert spec(kind).validate(kept) == kept


@pytest.mark.parametrize("kind", GOOD)
def test_it_says_what_and_whom_it_concerns(kind: str) -> None:
    """The object for searching, the person for the stand-in rule."""
    kept = spec(kind).validate(GOOD[kind])

    assert (spec(kind).obj(kept), spec(kind).about(kept)) == CONCERNS[kind]


def test_ids_are_kept_in_small_letters() -> None:
    """The vault lowers some of its names, so two spellings would meet."""
    assert spec("account.use").validate({"account": "Alipay", "purpose": "OPERATIONS"}) == {
        "account": "alipay",
        "purpose": "operations",
    }


def test_what_was_left_out_is_filled_or_absent() -> None:
    """Lists are there, optional texts are not."""
    assert spec("account.custody").validate({"account": "blog", "add": ["it_lead"]})["remove"] == []
    assert "note" not in spec("account.change").validate({"account": "blog", "what": "password"})


@pytest.mark.parametrize("kind", list(RequestKind))
def test_each_kind_has_a_schema_in_both_languages(kind: RequestKind) -> None:
    """A form can be made of it: Chinese titles, English descriptions, closed objects."""
    schema = KINDS[kind].schema()

    assert schema["additionalProperties"] is False
    assert KINDS[kind].names.zh
    assert KINDS[kind].names.en
    for field in schema["properties"].values():
        assert any("一" <= char <= "鿿" for char in field["title"])
        assert field["description"]


def test_what_can_be_narrowed_is_a_list_of_the_kind() -> None:
    """The names of shrinkable lists can't go stale."""
    for kind, known in KINDS.items():
        for name in known.shrinkable:
            assert isinstance(GOOD[kind].get(name), list)
