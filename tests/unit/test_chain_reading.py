"""Strict reading of chains.toml: each way in which a chain could be weaker than it looks is a fault with its line."""

from __future__ import annotations

import pytest

from tests.unit.chain_cases import holders, shipped, shipped_files, without
from vault_svc.adapters.policyfiles import CHAINS, read_policies
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.errors import Fault, PolicyFileInvalid

FRAME = """schema = 1
[defaults.expires]
request = "14d"
approval = "7d"
"""
OTHERS = "".join(
    f"""
[chain."{kind}"]
ask = ["it_lead"]
carry_out = ["service"]
[[chain."{kind}".step]]
any_of = ["general_manager"]
"""
    for kind in RequestKind
    if kind not in {RequestKind.ACCOUNT_USE, RequestKind.PERSON_JOIN}
)


def chain(
    kind: str = "account.use", *, ask: str = '["employee"]', by: str = '["service"]', steps: str, more: str = ""
) -> str:
    """One chain as it is written; its first line is line 5 of the file, the first step's header line 9."""
    return f'[chain."{kind}"]\nask = {ask}\ncarry_out = {by}\n{more or "rules = []"}\n{steps}'


def step(*lines: str, kind: str = "account.use") -> str:
    """One step as it is written."""
    return "\n".join([f'[[chain."{kind}".step]]', *lines, ""])


JOIN = chain("person.join", steps=step('any_of = ["it_lead"]', kind="person.join"), more='rules = ["MLPS"]')


def faults(text: str) -> list[Fault]:
    """The faults of a chains.toml with this text, every other kind being in order."""
    files = {**shipped_files(), CHAINS: FRAME + text + JOIN + OTHERS}
    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies(files)
    assert {fault.file for fault in refused.value.faults} == {CHAINS}
    return list(refused.value.faults)


def found(text: str) -> set[tuple[str, int]]:
    """Their codes and lines."""
    return {(fault.code, fault.line) for fault in faults(text)}


USE_RULES = 'rules = ["ACC-2"]'

STEPS = [
    (["any_of = []"], "empty", 10),
    (['any_of = ""'], "wrong_type", 10),
    (['any_of = "general_manager"'], "wrong_type", 10),
    (['any_of = [""]'], "wrong_type", 10),
    (["any_of = [1]"], "wrong_type", 10),
    (["all_of = []"], "empty", 10),
    (['any_of = ["nobody"]'], "unknown_role", 10),
    (['any_of = ["General_Manager"]'], "unknown_role", 10),
    (['any_of = ["employee"]'], "unknown_role", 10),
    (['any_of = ["service"]'], "unknown_role", 10),
    (['any_of = ["agency"]'], "unknown_role", 10),
    (['any_of = ["auditor"]'], "unknown_role", 10),
    (['any_of = ["planner"]'], "unknown_role", 10),
    (['any_of = ["lender"]'], "unknown_role", 10),
    (['any_of = ["head_of"]'], "unknown_role", 10),
    (['any_of = ["it_lead", "it_lead"]'], "twice", 10),
    (['n_of = ["it_lead", "general_manager"]'], "missing", 9),
    (['n_of = ["it_lead", "general_manager"]', "n = 0"], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', "n = -1"], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', "n = 3"], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', 'n = ""'], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', 'n = "2"'], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', "n = true"], "wrong_type", 11),
    (['n_of = ["it_lead", "general_manager"]', "n = 1.0"], "wrong_type", 11),
    (['any_of = ["it_lead"]', "n = 1"], "unknown_key", 11),
    (['any_of = ["it_lead"]', 'all_of = ["it_lead"]'], "which", 9),
    (['any_of = ["it_lead"]', "quorum = 0"], "unknown_key", 11),
    (['rules = ["ACC-2"]'], "which", 9),
    (['any_of = ["it_lead"]', 'rules = ["ACC-99"]'], "unknown_rule", 11),
    (['any_of = ["it_lead"]', "when = {}"], "empty", 11),
    (['any_of = ["it_lead"]', 'when = { sensitivity = ["secret"] }'], "unknown_word", 11),
    (['any_of = ["it_lead"]', "when = { sensitivity = [] }"], "empty", 11),
    (['any_of = ["it_lead"]', 'when = { weather = ["rain"] }'], "unknown_key", 11),
    (['any_of = ["it_lead"]', "when = { posts = true }"], "no_such_fact", 11),
    (['any_of = ["it_lead"]', 'when = { content = ["news"] }'], "no_such_fact", 11),
    (['any_of = ["it_lead"]', 'when = { about = ["approver"] }'], "no_such_fact", 11),
    (['any_of = ["it_lead"]', 'when = "always"'], "wrong_type", 11),
    (['any_of = ["it_lead"]', 'when = { sensitivity = ["payment"] }'], "could_be_empty", 5),
    (['any_of = ["it_lead"]', "when = { posts = false }"], "wrong_type", 11),
    (['any_of = ["it_lead"]', "instead = []"], "empty", 11),
    (['any_of = ["it_lead"]', 'instead = [{ any_of = ["general_manager"] }]'], "missing", 11),
    (['any_of = ["it_lead"]', 'instead = [{ when = { sensitivity = ["payment"] } }]'], "which", 11),
    (
        ['any_of = ["it_lead"]', 'instead = [{ when = { sensitivity = ["payment"] }, any_of = [] }]'],
        "empty",
        11,
    ),
]


@pytest.mark.parametrize(("lines", "code", "line"), STEPS, ids=[" ".join(row[0]) for row in STEPS])
def test_a_weak_step_is_a_fault_with_its_line(lines: list[str], code: str, line: int) -> None:
    """Empty, zero, negative, null, unknown, doubled or never reached: named where it stands."""
    text = chain(steps=step(*lines), more=USE_RULES)

    assert (code, line) in found(text)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (chain(steps=step('any_of = ["it_lead"]'), ask="[]", more=USE_RULES), "empty", 6),
        (chain(steps=step('any_of = ["it_lead"]'), ask='["anybody"]', more=USE_RULES), "unknown_role", 6),
        (chain(steps=step('any_of = ["it_lead"]'), ask='["auditor"]', more=USE_RULES), "unknown_role", 6),
        (chain(steps=step('any_of = ["it_lead"]'), by="[]", more=USE_RULES), "empty", 7),
        (chain(steps=step('any_of = ["it_lead"]'), by='["service", "it_lead"]', more=USE_RULES), "mixed", 7),
        (chain(steps=step('any_of = ["it_lead"]'), by='["owner"]', more=USE_RULES), "unknown_role", 7),
        (chain(steps="", more=USE_RULES), "missing", 5),
        (chain(steps="step = []\n", more=USE_RULES), "empty", 9),
        (chain(steps="step = 1\n", more=USE_RULES), "wrong_type", 9),
        (chain(steps=step('any_of = ["it_lead"]'), more="active = false"), "unknown_key", 8),
        (chain("account.borrow", steps=step('any_of = ["it_lead"]', kind="account.borrow")), "unknown_kind", 5),
        (chain(steps=step('any_of = ["it_lead"]'), more='expires = { request = "0d" }'), "wrong_type", 8),
        (chain(steps=step('any_of = ["it_lead"]'), more='expires = { request = "for ever" }'), "wrong_type", 8),
        (chain(steps=step('any_of = ["it_lead"]'), more="expires = { approval = 7 }"), "wrong_type", 8),
        (chain(steps=step('any_of = ["it_lead"]'), more='expires = { vote = "7d" }'), "unknown_key", 8),
    ],
)
def test_a_weak_chain_is_a_fault_with_its_line(text: str, code: str, line: int) -> None:
    """Who asks, who carries out, no steps, unknown keys and kinds."""
    assert (code, line) in found(text)


def test_null_is_no_toml_and_names_its_line() -> None:
    """A quorum of null can't even be written."""
    text = chain(steps=step('n_of = ["it_lead"]', "n = null"), more=USE_RULES)

    assert found(text) == {("not_toml", 11)}


def test_a_kind_without_a_chain_is_a_fault() -> None:
    """A set of policies in which account.use could never be agreed to is no set."""
    assert found("") == {("missing_chain", 0)}


def test_all_faults_come_at_once_in_order() -> None:
    """One run names everything."""
    text = chain(steps=step('any_of = ["nobody"]', "n = 0") + step("all_of = []"), ask="[]", more=USE_RULES)

    lines = [fault.line for fault in faults(text)]

    assert lines == [6, 10, 11, 13]


@pytest.mark.parametrize(
    ("lines", "posts"),
    [
        ('any_of = ["it_lead"]', ["it_lead"]),
        ('any_of = ["custodian_of"]', ["it_lead", "operations_lead", "leader_in_charge", "general_manager"]),
        ('all_of = ["it_lead", "marketing_director"]', ["marketing_director"]),
        ('n_of = ["it_lead", "marketing_director"]\nn = 2', ["marketing_director"]),
    ],
)
def test_a_step_that_nobody_could_fill_is_a_fault(lines: str, posts: list[str]) -> None:
    """With the posts as they are held now, the step's line is named."""
    text = chain(steps=step(lines), more=USE_RULES)
    files = {**shipped_files(), CHAINS: FRAME + text + JOIN + OTHERS}

    read_policies(files, holders=holders())
    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies(files, holders=holders(without(*posts)))

    assert ("nobody", 10) in {(fault.code, fault.line) for fault in refused.value.faults}


def test_a_head_is_somebody_who_heads_a_department() -> None:
    """Relations to people are filled by those who can have them."""
    join = chain("person.join", steps=step('any_of = ["head_of"]', kind="person.join"), more='rules = ["MLPS"]')
    use = chain(steps=step('any_of = ["it_lead"]'), more=USE_RULES)
    files = {**shipped_files(), CHAINS: FRAME + join + use + OTHERS}

    read_policies(files, holders=holders())
    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies(files, holders=holders(without("department_head")))

    assert ("nobody", 10) in {(fault.code, fault.line) for fault in refused.value.faults}


def test_the_roles_that_stand_in_must_be_there() -> None:
    """Without a general manager in roles.toml nobody could agree in a party's place."""
    roles = shipped_files()["roles.toml"].replace("[role.leader_in_charge]", "[role.second_leader]")

    with pytest.raises(PolicyFileInvalid) as refused:
        read_policies({**shipped_files(), "roles.toml": roles})

    assert "no_stand_in" in {fault.code for fault in refused.value.faults}


def test_a_chain_can_have_expiries_of_its_own() -> None:
    """What is not written is taken from the defaults."""
    text = chain(steps=step('any_of = ["it_lead"]'), more='expires = { approval = "36h" }')

    read = read_policies({**shipped_files(), CHAINS: FRAME + text + JOIN + OTHERS}).chain("account.use")

    assert read.expires.approval.total_seconds() == 36 * 3600
    assert read.expires.request == shipped().chain("account.use").expires.request


def test_joint_steps_are_read() -> None:
    """all_of and n_of say how many different people they need."""
    both = step('all_of = ["it_lead", "marketing_director"]')
    two = step('n_of = ["it_lead", "marketing_director", "general_manager"]', "n = 2")

    read = read_policies({**shipped_files(), CHAINS: FRAME + chain(steps=both + two, more=USE_RULES) + JOIN + OTHERS})

    assert [one.need.quorum for one in read.chain("account.use").steps] == [2, 2]
