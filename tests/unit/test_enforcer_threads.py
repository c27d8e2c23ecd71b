from __future__ import annotations

import gc
import threading
from collections import Counter

import pytest

from tests.unit.gate_cases import ask, enforcer, links, shipped_enforcer
from vault_svc.adapters.enforcer import CasbinEnforcer

ROW = ("hr", "account", "account:list")
ALICE = links("person:alice", "hr", account__a=["custodian"])
SWAPS = 300


def reachable(root: object) -> int:
    """How many objects hang on one."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if id(item) not in seen and not isinstance(item, type):
            seen.add(id(item))
            waiting += gc.get_referents(item)
    return len(seen)


def test_a_stranger_leaves_nothing_behind() -> None:
    """The stock role manager grows with every unknown subject, for ever; ours does not grow at all."""
    gate = enforcer([(*ROW, "allow", "ACC-1")])
    before = reachable(gate)

    for number in range(2_000):
        assert not ask(gate, links(f"person:stranger-{number}", f"role-{number}"), "account:list", f"account:{number}")

    assert reachable(gate) == before


def test_an_enforcer_offers_no_way_to_change_it() -> None:
    """Reloading a live one empties it for a moment; other policies are another enforcer."""
    offered = {name for name in dir(CasbinEnforcer) if not name.startswith("_")}

    assert offered == {"acts", "decide", "matrix"}


def test_threads_get_whole_answers_while_enforcers_are_swapped() -> None:
    """Each decision is that of one policy or of the other, never of half of one."""
    policies = [enforcer([(*ROW, effect, rule)]) for effect, rule in (("allow", "ACC-1"), ("deny", "DB-7"))]
    expected = {id(gate): ask(gate, ALICE, "account:list", "account:a") for gate in policies}
    live, stop, start = [policies[0]], threading.Event(), threading.Barrier(5)
    wrong: Counter[str] = Counter()

    def decide() -> None:
        start.wait()
        while not stop.is_set():
            gate = live[0]
            if ask(gate, ALICE, "account:list", "account:a") != expected[id(gate)]:
                wrong["other policy"] += 1
            if ask(gate, links("person:eve"), "account:list", "account:a"):
                wrong["stranger let in"] += 1

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    start.wait()
    for turn in range(SWAPS):
        live[0] = policies[turn % 2]
        enforcer([(*ROW, "allow", "ACC-1")])
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == Counter()


def test_threads_share_one_enforcer_with_links_of_their_own() -> None:
    """Links come with each question, so nobody decides by another thread's."""
    gate, start = shipped_enforcer(), threading.Barrier(4)
    allowed: dict[str, list[bool]] = {}

    def decide(name: str, *roles: str) -> None:
        start.wait()
        who = links(name, "person", *roles)
        allowed[name] = [bool(ask(gate, who, "audit:read", "audit")) for _ in range(1_000)]

    people = {"person:a": "auditor", "person:b": "planner", "person:c": "auditor", "person:d": "it_lead"}
    threads = [threading.Thread(target=decide, args=person) for person in people.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {name: set(answers) for name, answers in allowed.items()} == {
        "person:a": {True},
        "person:b": {False},
        "person:c": {True},
        "person:d": {False},
    }


@pytest.mark.parametrize("count", [1, 50_000])
def test_many_links_of_one_caller_are_looked_up_not_walked_through(count: int) -> None:
    """A custodian of very many accounts is asked about one of them."""
    here = {f"account__{number}": ["custodian"] for number in range(count)}
    who = links("person:a", *(f"role-{number}" for number in range(count)), **here)

    assert ask(shipped_enforcer(), who, "account:change", f"account:{count - 1}")
    assert not ask(shipped_enforcer(), who, "account:change", f"account:{count}")
