from __future__ import annotations

from itertools import product

import pytest

from tests.unit.gate_cases import ALL, ask, enforcer, links, shipped_enforcer, shipped_policies
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.permission_words import MORE_ROLES
from vault_svc.domain.permissions import EVERYWHERE, Allow, Deny, Links, Permission

PERSON = ("person", "employee")
NOT_IN_ORDER = ("one_time", "owed", "expired")
STILL_OPEN = {("me:password", "me"), ("me:read", "person:a"), ("session:end", "session:SE-1")}


@pytest.mark.parametrize(
    ("act", "what", "password"),
    [
        ("account:peek", "account:alipay", "in_order"),
        ("account:lis", "account", "in_order"),
        ("ACCOUNT:LIST", "account", "in_order"),
        ("account:list", "accounts", "in_order"),
        ("account:list", "Account", "in_order"),
        ("account:*", "account", "in_order"),
        ("account:list", "*", "in_order"),
        ("account:list", "", "in_order"),
        ("", "", "in_order"),
        ("account:list", "account", "fine"),
        ("account:list", "account", ""),
        ("me:password", "me", "IN_ORDER"),
    ],
)
def test_a_word_that_no_rule_knows_is_denied(act: str, what: str, password: str) -> None:
    """Closed by default: acts, kinds of object and password states are closed lists."""
    decision = ask(shipped_enforcer(), links("person:a", *PERSON, "general_manager"), act, what, password=password)

    assert isinstance(decision, Deny)
    assert decision.code == "not_permitted"
    assert decision.next_step is not None


@pytest.mark.parametrize("subject", ["general_manager", "person", "", "zongjingli", "Person:a", "root", "anonymous "])
def test_a_subject_that_is_no_id_is_denied(subject: str) -> None:
    """Whatever links came with it."""
    assert not ask(shipped_enforcer(), links(subject, *PERSON, "general_manager"), "account:list", "account")


@pytest.mark.parametrize("role", ["person", "general_manager", "custodian", "anonymous", "worker"])
def test_a_subject_that_is_spelled_like_a_role_has_nothing_of_it(role: str) -> None:
    """Without a link there is no role, also for ``anonymous`` and for a person called like a role."""
    gate = shipped_enforcer()
    acts = [(act, kind) for kind, act in gate.acts]

    allowed = [pair for pair in acts for name in (role, f"person:{role}") if ask(gate, links(name), *pair)]

    assert allowed == []


def test_links_of_somebody_else_count_for_nobody() -> None:
    """A matcher may ask for another subject's role; the caller's links do not answer for it."""
    gate = enforcer([("hr", "account", "account:list", "allow", "")], matcher=f'{ALL} && g("person:b", p.role, "*")')

    assert not ask(gate, links("person:a", "hr"), "account:list", "account")
    assert ask(gate, links("person:b", "hr"), "account:list", "account")


def test_a_relation_counts_for_its_own_object_only() -> None:
    """A custodian of one account is nobody at the next one."""
    custodian = links("person:a", *PERSON, account__alipay=["custodian"])

    assert ask(shipped_enforcer(), custodian, "account:change", "account:alipay")
    assert not ask(shipped_enforcer(), custodian, "account:change", "account:tenpay")
    assert not ask(shipped_enforcer(), custodian, "account:change", "account")


@pytest.mark.parametrize("name", ["alipay/../tenpay", "alipay/", "ALIPAY", "alipay*", "", "tenpay:alipay"])
def test_an_object_is_compared_exactly(name: str) -> None:
    """Nothing walks from one object to another."""
    custodian = links("person:a", *PERSON, account__alipay=["custodian"])

    assert not ask(shipped_enforcer(), custodian, "account:reveal", f"account:{name}")


def test_one_deny_outweighs_every_allow() -> None:
    """In whatever order the rows were written."""
    allow, deny = (
        ("hr", "account", "account:list", "allow", "ACC-1"),
        ("planner", "account", "account:list", "deny", "DB-7"),
    )
    both = links("person:a", "hr", "planner")

    decisions = [ask(enforcer(rows), both, "account:list", "account") for rows in ([allow, deny], [deny, allow])]

    assert [decision.rule for decision in decisions] == ["DB-7", "DB-7"]
    assert not any(decisions)


def test_the_first_row_that_was_written_is_the_deciding_one() -> None:
    """Where several rows say the same, the answer names the same rule every time."""
    rows = [
        (role, "account", "account:list", "allow", f"ACC-{n}") for n, role in enumerate(("hr", "planner", "dba"), 1)
    ]

    assert ask(enforcer(rows), links("person:a", "dba", "planner"), "account:list", "account") == Allow("ACC-2")
    assert ask(enforcer(rows[::-1]), links("person:a", "dba", "planner"), "account:list", "account") == Allow("ACC-3")


@pytest.mark.parametrize("state", NOT_IN_ORDER)
def test_while_the_password_is_not_in_order_nothing_else_is_open(state: str) -> None:
    """DB-5, DB-6: expired, never changed or owed; whoever it is and whatever they hold."""
    gate = shipped_enforcer()
    here = {f"{kind}:x": frozenset(MORE_ROLES) for kind in ("account", "request", "database", "engagement", "delivery")}
    for role in (*shipped_policies().roles.by_id, *MORE_ROLES):
        who = Links("person:a", {EVERYWHERE: frozenset({"person", role}), **here})
        asked = [(act, f"{kind}:x") for kind, act in gate.acts if (act, kind) != ("me:password", "me")]

        opened = {act for act, what in asked if ask(gate, who, act, what, password=state)}

        assert opened <= {"me:read", "session:end"}


@pytest.mark.parametrize(("pair", "state"), list(product(sorted(STILL_OPEN), NOT_IN_ORDER)))
def test_what_a_person_needs_to_mend_the_password_stays_open(pair: tuple[str, str], state: str) -> None:
    """Changing it, reading about oneself and ending sessions."""
    who = links("person:a", "person", person__a=["self"])
    mine = Links(who.subject, {**who.roles, "session:SE-1": frozenset({"self"})})

    assert ask(shipped_enforcer(), mine, *pair, password=state)


@pytest.mark.parametrize(("state", "rule"), [("one_time", "DB-5"), ("expired", "DB-5"), ("owed", "DB-6")])
def test_a_password_that_is_due_is_named_as_the_reason(state: str, rule: str) -> None:
    """With the regulation, and the step that opens everything else again."""
    decision = ask(shipped_enforcer(), links("person:a", *PERSON), "account:list", "account", password=state)

    assert isinstance(decision, Deny)
    assert (decision.code, decision.rule) == ("password_change_due", rule)
    assert decision.next_step is not None
    assert "vault-svc password" in decision.next_step.zh


def test_a_password_that_is_due_hides_no_other_reason() -> None:
    """Who may not do it anyway is told so; changing the password would not help them."""
    decision = ask(shipped_enforcer(), links("person:a", *PERSON), "audit:read", "audit", password="expired")

    assert isinstance(decision, Deny)
    assert decision.code == "not_permitted"


def test_a_refusal_says_who_may_and_what_to_ask_for() -> None:
    """In both languages, with the regulation behind it."""
    decision = ask(shipped_enforcer(), links("person:a", *PERSON), "account:reveal", "account:alipay")

    assert isinstance(decision, Deny)
    assert (decision.code, decision.rule) == ("not_permitted", "ACC-2")
    assert decision.next_step is not None
    assert (
        decision.next_step.en == "open to: a custodian of the account, somebody with a live grant; ask with account.use"
    )
    assert decision.next_step.zh == "有此权限的有: 该账户的保管人、在授权期内的使用人;可用 account.use 提出申请"


def test_what_only_custodians_may_do_is_refused_as_that() -> None:
    """ACC-3: the IT lead who is no custodian does not change the password either."""
    decision = ask(shipped_enforcer(), links("person:a", *PERSON, "it_lead"), "account:change", "account:alipay")

    assert isinstance(decision, Deny)
    assert (decision.code, decision.rule) == ("not_custodian", "ACC-3")


def test_the_requester_does_not_vote_even_as_a_party() -> None:
    """Nobody's own request passes by their own vote."""
    mine = links("person:a", *PERSON, "general_manager", request__SQ=["requester", "party"])

    decision = ask(shipped_enforcer(), mine, "request:vote", "request:SQ")

    assert isinstance(decision, Deny)
    assert decision.code == "own_request"


@pytest.mark.parametrize("other", ["it_lead", "system_admin", "general_manager", "operations_lead", "department_head"])
def test_an_auditor_changes_nothing_whatever_else_they_hold(other: str) -> None:
    """MLPS: the third of the separated duties reads and verifies."""
    gate = shipped_enforcer()
    here = ["custodian", "grantee", "party", "requester", "self", "backend", "dba"]
    who = links(
        "person:a", *PERSON, "auditor", other, account__x=here, request__x=here, database__x=here, delivery__x=here
    )
    changing = [
        *("account:change", "account:check_out", "account:first_value", "account:import", "account:reveal"),
        *("request:carry_out", "request:edit", "request:vote", "delivery:open", "company:import"),
        *("database:query", "database:enter", "database:modify", "database:back_up", "database:restore"),
    ]

    allowed = [act for act in changing if ask(gate, who, act, f"{act.partition(':')[0]}:x")]
    submitted = [kind for kind in RequestKind if ask(gate, who, "request:submit", kind)]

    assert allowed == []
    assert submitted == []
    assert all(ask(gate, who, f"audit:{verb}", "audit") for verb in ("read", "verify", "export", "checkpoint"))


def test_people_from_outside_see_nothing_of_others() -> None:
    """AGY-5, whatever post a mistake may give them."""
    posts = sorted(shipped_policies().roles.posts)
    who = links("person:a", "person", "outside", "employee", *posts)
    others = ["account:exposures", "account:list", "audit:read", "audit:export", "people:read", "policy:read"]
    kinds = {"people:read": "person"}

    allowed = [act for act in others if ask(shipped_enforcer(), who, act, kinds.get(act, act.partition(":")[0]))]

    assert allowed == []


def test_before_signing_in_only_signing_in_and_the_state_are_open() -> None:
    """Everything else needs to know who asks."""
    gate = shipped_enforcer()

    allowed = {act for kind, act in gate.acts if ask(gate, links("anonymous", "anonymous"), act, kind)}

    assert allowed == {"session:open", "status:read"}


@pytest.mark.parametrize("kind", RequestKind)
def test_who_may_submit_a_request_comes_from_the_chains(kind: RequestKind) -> None:
    """The gate and ``chains.toml`` give every single role the same answer."""
    policies = shipped_policies()
    held = {role: {role, "employee"} if role in policies.employee_roles else {role} for role in policies.roles.by_id}

    by_gate = {
        role
        for role, all_of in held.items()
        if ask(shipped_enforcer(), links("person:a", *all_of), "request:submit", kind)
    }
    by_chain = {role for role in held if policies.may_ask(kind, {role})}

    assert by_gate == by_chain


def test_the_matrix_shows_every_role_and_every_act() -> None:
    """It is made by asking, so that it can't say anything else than the gate does."""
    matrix = shipped_enforcer().matrix()

    assert set(matrix) == set(shipped_policies().roles.by_id) | set(MORE_ROLES)
    assert {act for _, act in matrix["planner"]} == set(Permission)
    assert matrix["backend"]["database", "database:query"] == Allow("DB-1")
    assert not matrix["dba"]["database", "database:query"]
    assert matrix["auditor"]["account", "account:reveal"].rule == "MLPS"
