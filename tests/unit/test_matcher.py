from __future__ import annotations

from itertools import product

import pytest
from casbin.util import SimpleEval

from tests.unit.gate_cases import ALL, ask, enforcer, faults_of, links, model_text, shipped_files, shipped_policies
from vault_svc.adapters.enforcer import MODEL, build_enforcer
from vault_svc.adapters.enforcer.matcher import MatcherFault, compile_matcher
from vault_svc.domain.errors import PolicyFileInvalid
from vault_svc.domain.permission_rows import PERMISSIONS

ROWS = [("planner", "account", "account:list", "allow", "ACC-1")]
NOBODY, PLANNER = links(), links("person:somebody", "planner")
SHIPPED = (
    'g(r_sub, p_role, r_dom) && r_obj == p_obj && r_act == p_act && (r_pw == "in_order" || r_act in ("me:read", "x"))'
)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "True",
        "1",
        "r_sub",
        '"yes"',
        "r_obj == p_obj and 1",
        "r_age == p_obj",
        "r_obj == 1",
        "r_obj < p_obj",
        "r_obj == p_obj == r_act",
        "keyMatch(r_obj, p_obj)",
        'regexMatch(r_obj, "^/shop")',
        "globMatch(r_obj, p_obj)",
        "g(r_sub, p_role)",
        "g(r_sub, p_role, r_dom, r_dom)",
        "g(r_sub, g, r_dom)",
        "g(*r_sub)",
        "g(r_sub, p_role, domain=r_dom)",
        "eval(p_rule)",
        "r_obj.startswith(p_obj)",
        "r_act in r_obj",
        'r_act in "me:password"',
        "r_act in ()",
        "r_act in (p_act,)",
        "[r_obj == p_obj][0]",
        "r_obj == p_obj if r_sub == p_role else g(r_sub, p_role, r_dom)",
        "lambda: r_obj == p_obj",
        "(x := r_obj) == p_obj",
        "r_obj == p_obj; r_act",
        "__import__('os').system('true')",
        "r_obj == p_obj &&",
        "r_obj == 'a\0'",
    ],
)
def test_more_than_exact_comparisons_is_refused(expression: str) -> None:
    """Patterns, numbers, other functions and whatever is not true or false can't decide anything."""
    with pytest.raises(MatcherFault):
        compile_matcher(expression)


def test_a_refused_matcher_is_named_with_its_line() -> None:
    """The model file is read like every other policy file."""
    line = shipped_files()[MODEL].partition("[matchers]")[0].count("\n") + 2

    assert faults_of(changed={MODEL: model_text("keyMatch(r.obj, p.obj)")}) == [f"model.conf:{line} bad_matcher"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("r = sub, dom, obj, act, pw", "r = sub, dom, obj, act", "bad_definition"),
        ("p = role, obj, act, eft, rule", "p = role, obj, act, rule", "bad_definition"),
        ("p = role, obj, act, eft, rule", "p = role, obj, act, eft, rule\np2 = role, obj", "bad_definition"),
        ("g = _, _, _", "g = _, _", "bad_definition"),
        ("g = _, _, _", "g = _, _, _\ng2 = _, _", "bad_definition"),
        ("some(where (p.eft == allow)) &&", "", "bad_effect"),
        ("&& !some(where (p.eft == deny))", "", "bad_effect"),
        ("[matchers]", "[matches]", "bad_matcher"),
        ("[role_definition]", "[roles]", "bad_definition"),
        ("[policy_effect]", "not a definition", "bad_model"),
    ],
)
def test_a_model_of_another_shape_is_refused(old: str, new: str, code: str) -> None:
    """Deny rows must count, and rows and requests have the words that the gate hands over."""
    changed = shipped_files()[MODEL].replace(old, new)

    assert code in {fault.split()[1] for fault in faults_of(changed={MODEL: changed})}


@pytest.mark.parametrize("name", [MODEL, PERMISSIONS])
def test_a_missing_file_is_named(name: str) -> None:
    """No model or no rows, no enforcer."""
    files = {other: text for other, text in shipped_files().items() if other != name}

    with pytest.raises(PolicyFileInvalid) as refused:
        build_enforcer(files, shipped_policies())

    assert [(fault.file, fault.code) for fault in refused.value.faults] == [(name, "missing_file")]


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (ALL, [False, False, False, True]),
        ("r.obj == p.obj && g(r.sub, p.role, r.dom)", [False, False, True, True]),
        ("r.obj == p.obj && r.act == p.act", [False, True, False, True]),
        ("r.obj == p.obj", [True, True, True, True]),
        ("r.obj != p.obj", [False, False, False, False]),
        (f'{ALL} && r.pw == "owed"', [False, False, False, False]),
        (f'({ALL}) || r.act == "me:read"', [True, False, True, True]),
        ('r.obj == p.obj && g(r.sub, p.role, "elsewhere") && !(r.act == "me:read")', [False, False, False, True]),
    ],
)
def test_a_changed_matcher_changes_the_decisions(matcher: str, expected: list[bool]) -> None:
    """The model file is the source: no part of it is written a second time in the code."""
    gate = enforcer(ROWS, matcher=matcher)

    told = [bool(ask(gate, who, act, "account")) for who in (NOBODY, PLANNER) for act in ("me:read", "account:list")]

    assert told == expected


def test_what_a_matcher_pins_is_read_from_it() -> None:
    """Only what must hold for every fitting row leaves rows out; a part of an ``||`` does not."""
    pinned = compile_matcher("(p_obj == r_obj && r_act == p_act) && g(r_sub, p_role, r_dom)")
    either = compile_matcher("r_obj == p_obj || r_act == p_act || g(r_sub, p_role, r_dom)")
    negated = compile_matcher("!(r_obj == p_obj) && r_act != p_act && !g(r_sub, p_role, r_dom)")

    assert (pinned.pins_kind, pinned.pins_act, pinned.pins_role) == (True, True, True)
    assert (either.pins_kind, either.pins_act, either.pins_role) == (False, False, False)
    assert (negated.pins_kind, negated.pins_act, negated.pins_role) == (False, False, False)


def test_texts_in_a_matcher_are_left_alone() -> None:
    """An operator inside quotes is a text, not an operator."""
    matches = compile_matcher('r_act == "a && !b"').matches

    assert matches("s", "d", "o", "a && !b", "pw", "role", "o", "a", "allow", "", bool)


@pytest.mark.parametrize(
    "words", list(product(("account", "request"), ("me:read", "y"), ("in_order", "owed"), (True, False)))
)
def test_the_compiled_function_says_what_casbins_evaluator_says(words: tuple[str, str, str, bool]) -> None:
    """The same expression, walked by Casbin's own evaluator."""
    kind, act, password, linked = words
    request = dict(
        zip(("r_sub", "r_dom", "r_obj", "r_act", "r_pw"), ("person:a", "*", kind, act, password), strict=True)
    )
    row = dict(zip(("p_role", "p_obj", "p_act", "p_eft", "p_rule"), ("hr", "account", act, "allow", ""), strict=True))
    python = SHIPPED.replace("&&", "and").replace("||", "or")

    ours = compile_matcher(SHIPPED).matches(*request.values(), *row.values(), lambda *_: linked)

    assert ours is SimpleEval(python, {"g": lambda *_: linked}).eval(request | row)
