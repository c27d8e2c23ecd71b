from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.company_cases import changed, demo, document
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.company import Company, Engagement, RegisteredDatabase
from vault_svc.domain.company_diff import Comparison, Present, compare
from vault_svc.domain.people import Department, Person, PersonState
from vault_svc.services import kinds

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


def present() -> Present:
    """The demo company as it stands after opening day."""
    said = document(demo())
    return Present(
        company=Company("company", said.name, said.timezone, said.incident_partner, "0" * 64, NOON),
        departments={d.id: Department(d.id, d.name, d.head) for d in said.departments},
        people={
            p.name: Person(p.name, p.display, p.department, p.agency, p.mail, PersonState.ACTIVE, NOON)
            for p in said.people
        },
        posts={p.name: frozenset(p.posts) for p in said.people},
        accounts={
            a.id: OfficialAccount(
                id=a.id,
                name=a.name,
                kind=a.kind,
                sensitivity=a.sensitivity,
                custodians=a.custodians,
                state=AccountState.IN_ORDER,
                opened_at=NOON,
                url=a.url,
                username=a.username,
            )
            for a in said.accounts
        },
        databases={d.id: RegisteredDatabase(d.id, d.name, d.engine, d.body) for d in said.databases},
        engagements={e.id: Engagement(e.id, e.agency, e.name, e.body) for e in said.engagements},
    )


def compared(old: str, new: str) -> Comparison:
    """What the demo company with one change would change."""
    return compare(document(changed(old, new)), present())


def test_the_same_file_changes_nothing() -> None:
    """A file that says what is there proposes nothing and names everything as unchanged."""
    found = compare(document(demo()), present())

    assert (found.proposals, found.differences) == ([], [])
    assert len(found.unchanged) == 1 + 3 + 13 + 10 + 2 + 1


@pytest.mark.parametrize(
    ("old", "new", "obj"),
    [
        ('name = "青禾茶具商城"', 'name = "青禾商城"', "company:company"),
        ('name = "信息技术部"', 'name = "技术部"', "department:it"),
        ('display = "唐敏"', 'display = "唐小敏"', "person:tang.min"),
        ('kind = "tenpay"', 'kind = "online_banking"', "account:tenpay"),
        ('name = "财付通商户"', 'name = "财付通"', "account:tenpay"),
        ('read = ["member_levels"]', 'read = ["member_ranks"]', "database:members"),
        ("until = 2027-02-28", "until = 2027-03-31", "engagement:yunfan-2026"),
    ],
)
def test_what_no_import_changes(old: str, new: str, obj: str) -> None:
    """A difference that no request of an import mends is named with the way to mend it."""
    found = compared(old, new)

    assert found.proposals == []
    assert [difference.obj for difference in found.differences] == [obj]
    assert all(difference.next_step.zh and difference.next_step.en for difference in found.differences)
    assert obj not in found.unchanged


def test_left_out_of_the_file() -> None:
    """What the file leaves out stays, and is named."""
    block = demo()[demo().index('[[account]]\nid = "tenpay"') : demo().index('[[account]]\nid = "site-admin"')]

    found = compared(block, "")

    assert found.proposals == []
    assert [difference.obj for difference in found.differences] == ["account:tenpay"]


def test_name_of_somebody_who_left() -> None:
    """The login name of somebody who left is not given again by an import."""
    now = present()
    gone = {**now.people, "song.yu": replace(now.people["song.yu"], state=PersonState.ENDED)}

    found = compare(document(demo()), replace(now, people=gone))

    assert found.proposals == []
    assert [difference.obj for difference in found.differences] == ["person:song.yu"]


def test_closed_account() -> None:
    """A closed account is not opened again under its id."""
    now = present()
    closed = {**now.accounts, "tenpay": replace(now.accounts["tenpay"], state=AccountState.CLOSED)}

    found = compare(document(demo()), replace(now, accounts=closed))

    assert found.proposals == []
    assert [difference.obj for difference in found.differences] == ["account:tenpay"]


def test_somebody_new() -> None:
    """A new person of the company is proposed with department, mail and posts."""
    block = (
        '[[person]]\nname = "wu.di"\ndisplay = "吴迪"\nmail = "w@q.example"\ndepartment = "it"\nposts = ["designer"]\n'
    )

    found = compared("# ---- official accounts", block + "# ---- official accounts")

    assert [(p.kind, dict(p.payload)) for p in found.proposals] == [
        (
            RequestKind.PERSON_JOIN,
            {"name": "wu.di", "display": "吴迪", "department": "it", "mail": "w@q.example", "posts": ["designer"]},
        )
    ]


def test_somebody_new_without_mail() -> None:
    """Without a mail there is no way to hand over a first password, so nothing is proposed."""
    block = '[[person]]\nname = "wu.di"\ndisplay = "吴迪"\ndepartment = "it"\n'

    found = compared("# ---- official accounts", block + "# ---- official accounts")

    assert found.proposals == []
    assert [difference.obj for difference in found.differences] == ["person:wu.di"]


def test_posts_that_come_and_go() -> None:
    """Each post that the file adds or leaves out is a request of its own."""
    found = compared('posts = ["planner"]', 'posts = ["designer"]')

    assert [(p.kind, dict(p.payload)) for p in found.proposals] == [
        (RequestKind.POST_ASSIGN, {"person": "song.yu", "post": "designer"}),
        (RequestKind.POST_ASSIGN, {"person": "song.yu", "post": "planner", "end": True}),
    ]


def test_new_account() -> None:
    """A new account is proposed as the whole account without a secret."""
    block = (
        '[[account]]\nid = "blog"\nname = "茶事博客"\nkind = "blog"\nsensitivity = "ordinary"\n'
        'custodians = ["operations_lead"]\nsecret = "ask"\n'
    )

    found = compared("# ---- databases", block + "# ---- databases")

    assert [(p.kind, p.obj) for p in found.proposals] == [(RequestKind.ACCOUNT_OPEN, "account:blog")]
    assert found.proposals[0].payload["account"] == {
        "id": "blog",
        "name": "茶事博客",
        "kind": "blog",
        "sensitivity": "ordinary",
        "custodians": ["operations_lead"],
    }


def test_other_custodians() -> None:
    """Custodians that come and go are one request for the account."""
    found = compared('custodians = ["operations_lead", "it_lead"]', 'custodians = ["it_lead", "leader_in_charge"]')

    assert [(p.kind, dict(p.payload)) for p in found.proposals] == [
        (
            RequestKind.ACCOUNT_CUSTODY,
            {"account": "tea-community", "add": ["leader_in_charge"], "remove": ["operations_lead"]},
        )
    ]


def test_every_proposal_is_a_valid_request() -> None:
    """What is proposed can be asked as it is: the payloads keep the shapes of their kinds."""
    now = present()
    bare = replace(now, people={}, posts={}, accounts={})
    moved = replace(now, posts={}, accounts={k: replace(a, custodians=()) for k, a in now.accounts.items()})

    proposals = [*compare(document(demo()), bare).proposals, *compare(document(demo()), moved).proposals]

    assert {p.kind for p in proposals} == {
        RequestKind.ACCOUNT_CUSTODY,
        RequestKind.ACCOUNT_OPEN,
        RequestKind.PERSON_JOIN,
        RequestKind.POST_ASSIGN,
    }
    for proposal in proposals:
        assert kinds.spec(proposal.kind).obj(kinds.spec(proposal.kind).validate(dict(proposal.payload)))
