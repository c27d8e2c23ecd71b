"""The vault's policies as texts: compiled strictly, proved before they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.domain.errors import Malformed, PolicyFileInvalid
from vault_svc.domain.hcl import read_policy
from vault_svc.domain.vaultpolicies import (
    account_word,
    compile_account_policies,
    compile_service_policies,
    person_word,
)
from vault_svc.domain.vaultproof import vault_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    path.name: path.read_text(encoding="utf-8")
    for path in (Path(__file__).resolve().parents[2] / "policies" / "vault").glob("*.hcl")
}
ACCESSORS = {"jwt": "auth_jwt_1", "jwt2f": "auth_jwt_2"}
WRAPPED = 'min_wrapping_ttl = "10s"\n  max_wrapping_ttl = "60s"'


def planted(file: str, old: str, new: str) -> dict[str, str]:
    """The project's templates with one of them changed."""
    assert old in TEMPLATES[file]
    return {**TEMPLATES, file: TEMPLATES[file].replace(old, new, 1)}


def added(file: str, rule: str) -> dict[str, str]:
    """The project's templates with one rule more."""
    return {**TEMPLATES, file: TEMPLATES[file] + "\n" + rule + "\n"}


def codes(templates: Mapping[str, str]) -> set[str]:
    """What is found wrong."""
    return {fault.code for fault in vault_faults(templates)}


def test_the_shipped_templates_are_sound() -> None:
    """No fault in what the project ships."""
    assert vault_faults(TEMPLATES) == []


@pytest.mark.parametrize(
    ("file", "rule", "code"),
    [
        ("worker.hcl", 'path "kv/data/acct/+/value" { capabilities = ["read"] }', "reads_secrets"),
        ("worker.hcl", 'path "kv/data/*" { capabilities = ["read"] }', "reads_secrets"),
        ("worker.hcl", 'path "k*" { capabilities = ["read"] }', "too_wide"),
        ("worker.hcl", 'path "+/data/acct/x/value" { capabilities = ["read"] }', "too_wide"),
        ("worker.hcl", 'path "kv/+/acct/x/value" { capabilities = ["read"] }', "too_wide"),
        ("worker.hcl", 'path "transit/sign/vote-a" { capabilities = ["update"] }', "signs_votes"),
        ("worker.hcl", 'path "transit/s*" { capabilities = ["update"] }', "too_wide"),
        ("worker.hcl", 'path "sys/policies/acl/worker" { capabilities = ["update"] }', "writes_policies"),
        ("worker.hcl", 'path "identity/group/name/more:*" { capabilities = ["update"] }', "more_than_members"),
        ("service.hcl", 'path "kv/data/acct/alipay/value" { capabilities = ["read"] }', "reads_secrets"),
        ("service.hcl", 'path "kv/subkeys/acct/alipay/value" { capabilities = ["read"] }', "reads_secrets"),
        ("backup.hcl", 'path "*" { capabilities = ["read"] }', "too_wide"),
        ("registrar.hcl", 'path "identity/entity-alias" { capabilities = ["update"] }', "makes_people"),
        ("registrar.hcl", 'path "identity/entity" { capabilities = ["update"] }', "makes_people"),
        ("registrar.hcl", 'path "identity/entity/name/+" { capabilities = ["update"] }', "makes_people"),
        ("steward.hcl", 'path "kv/data/acct/+/staged" { capabilities = ["create"] }', "reads_secrets"),
        ("steward.hcl", 'path "auth/token/create" { capabilities = ["sudo"] }', "unknown_word"),
        ("steward.hcl", 'path "auth/token/create" { capability = ["read"] }', "unknown_word"),
        ("steward.hcl", 'path "transit/keys/+" { capabilities = ["read"] }', "twice"),
        ("person.hcl", 'path "transit/sign/checkpoint" { capabilities = ["update"] }', "too_much"),
        ("person.hcl", 'path "kv/data/acct/x/value" { capabilities = ["read"] }', "too_much"),
        ("use.hcl", 'path "kv/data/acct/@{account}/value" { capabilities = ["read"] }', "too_much"),
    ],
)
def test_a_rule_that_gives_too_much_is_found(file: str, rule: str, code: str) -> None:
    """Whatever a template may never give is a fault at its own line."""
    templates = added(file, rule)

    found = [fault for fault in vault_faults(templates) if fault.code == code]

    assert {(fault.file, fault.line) for fault in found} == {(file, templates[file].splitlines().index(rule) + 1)}


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("custody.hcl", '["create", "read"]', '["create", "read", "update"]', "too_much"),
        ("custody.hcl", "/@{account}/value", "/+/value", "too_much"),
        ("custody.hcl", ".metadata.tree}}", ".metadata.kind}}", "too_much"),
        ("custody.hcl", 'min_wrapping_ttl = "10s"', 'min_wrapping_ttl = "1s"', "unwrapped"),
        ("custody.hcl", '  max_wrapping_ttl = "60s"\n', "", "unwrapped"),
        ("use.hcl", '  denied_parameters = { "version" = [] }\n', "", "history"),
        ("use.hcl", "/value", "/staged", "too_much"),
        ("change.hcl", '["update"]', '["update", "read"]', "too_much"),
        ("intake.hcl", '["create"]', '["create", "update"]', "too_much"),
        ("intake.hcl", "/+/staged", "/+/value", "too_much"),
        ("worker.hcl", '"member_entity_ids" = []', '"member_entity_ids" = [], "policies" = []', "more_than_members"),
        ("registrar.hcl", '{ "disabled" = [] }', '{ "disabled" = [], "policies" = [] }', "makes_people"),
        ("person.hcl", '["update"]', "[]", "unknown_word"),
        ("person.hcl", '["update"]', '["update"', "unreadable"),
        ("person.hcl", "{\n", "{{\n", "unreadable"),
        ("person.hcl", "@{accessor}", "@{accesor}", "unknown_placeholder"),
        ("person.hcl", "@{accessor}", "@accessor", "stray_at"),
    ],
)
def test_a_template_that_was_loosened_is_found(file: str, old: str, new: str, code: str) -> None:
    """A wider path, one capability more, a shorter wrap, history for users: each is a fault."""
    assert code in codes(planted(file, old, new))


def test_a_missing_and_an_unknown_file_are_found() -> None:
    """The set is closed: nothing lacks, nothing lies about unused."""
    less = {file: text for file, text in TEMPLATES.items() if file != "use.hcl"}

    assert codes(less) == {"missing"}
    assert codes({**TEMPLATES, "root.hcl": ""}) == {"unknown_file"}


def test_an_unknown_placeholder_names_file_and_line() -> None:
    """Compiling refuses, and says where."""
    templates = {**TEMPLATES, "use.hcl": '# one\npath "kv/@{acount}" {\n}\n'}

    with pytest.raises(PolicyFileInvalid) as refused:
        compile_account_policies(templates, "alipay", ACCESSORS)

    assert [(fault.file, fault.line, fault.code) for fault in refused.value.faults] == [
        ("use.hcl", 2, "unknown_placeholder")
    ]


def test_each_account_has_three_policies_for_both_mounts() -> None:
    """Every rule stands once for each JWT mount, and no placeholder or comment is left."""
    compiled = compile_account_policies(TEMPLATES, "alipay", ACCESSORS)

    assert set(compiled) == {"change:alipay", "custody:alipay", "use:alipay"}
    for text in compiled.values():
        rules, faults = read_policy("compiled", text)
        assert faults == []
        assert len(rules) == len({rule.path for rule in rules})
        assert sum("auth_jwt_1" in rule.path for rule in rules) == sum("auth_jwt_2" in rule.path for rule in rules) > 0
        assert not {"@", "#"} & set(text)


def test_of_several_groups_none_loosens_the_wrapping() -> None:
    """The same path carries the same wrapping in all three policies: of several the loosest would count."""
    compiled = compile_account_policies(TEMPLATES, "alipay", ACCESSORS)
    wrapping: dict[str, set[object]] = {}
    for text in compiled.values():
        for rule in read_policy("compiled", text)[0]:
            wrapping.setdefault(rule.path, set()).add(rule.wrapping)

    assert {frozenset(found) for path, found in wrapping.items() if path.startswith("kv/data/")} == {
        frozenset({("10s", "60s")})
    }


def test_the_standing_policies_are_compiled() -> None:
    """Seven of them, with the real accessors and the real method in their places."""
    compiled = compile_service_policies(TEMPLATES, accessors=ACCESSORS, totp_method="totp-1")

    assert list(compiled) == ["backup", "intake", "person", "registrar", "service", "steward", "worker"]
    assert '"auth_jwt_1", "auth_jwt_2"' in compiled["registrar"]
    assert '"totp-1"' in compiled["registrar"]


@pytest.mark.parametrize("accessor", ['"', "a b", "", "a\n", "a/b", "{{", "*"])
def test_what_fills_a_placeholder_can_not_break_out(accessor: str) -> None:
    """An accessor is plain letters and digits, or nothing is compiled."""
    with pytest.raises(PolicyFileInvalid):
        compile_account_policies(TEMPLATES, "alipay", {"jwt": accessor})


@pytest.mark.parametrize("account", ["", ".", "..", "A", "a/b", "a b", "a*", "a+", "支付宝", "a\n", "x" * 65])
def test_what_is_no_account_id_compiles_to_nothing(account: str) -> None:
    """Ids are plain small letters, digits and ``. _ -``."""
    with pytest.raises(Malformed):
        compile_account_policies(TEMPLATES, account, ACCESSORS)


@given(st.text(alphabet="abcXYZ019._-/+*:{}\"' \n%支", max_size=70))
def test_a_word_that_passes_is_one_plain_segment(typed: str) -> None:
    """Whatever is let through can't be more than one segment of a path, nor a pattern."""
    for check in (account_word, person_word):
        try:
            word = check(typed)
        except Malformed:
            continue
        assert word == typed
        assert set(word) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert word not in {"", ".", ".."}


@given(st.text(alphabet='path"{}[]=,#\n ax_@', max_size=60))
def test_reading_a_policy_ends_with_rules_or_a_fault(text: str) -> None:
    """Any text is read without an error of Python's own."""
    rules, faults = read_policy("any", text)

    assert all(rule.line >= 1 for rule in rules)
    assert len(faults) <= 1
