from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.house import ADMIN, AUDITOR, IT, MANAGER, PLANNER
from tests.unit.company_cases import changed, demo, document
from vault_svc.domain.access_requests import AccessRequest, RequestKind, RequestState
from vault_svc.domain.audit import Event
from vault_svc.domain.errors import Denied, WrongState
from vault_svc.services.company import ask_for_mine, import_on_opening_day, propose

if TYPE_CHECKING:
    from tests.services.house import House

BLOG = (
    '[[account]]\nid = "tea-blog"\nname = "茶事博客"\nkind = "blog"\nsensitivity = "ordinary"\n'
    'custodians = ["operations_lead"]\nsecret = "ask"\n'
    '[[person]]\nname = "wu.di"\ndisplay = "吴迪"\nmail = "wu.di@qinghe.example"\ndepartment = "it"\n'
)


def later() -> str:
    """The company file with an account and a person more."""
    return changed("# ---- databases", BLOG + "# ---- databases")


@pytest.mark.parametrize("person", [PLANNER, MANAGER, AUDITOR, "yunfan.du"])
def test_not_everybody_imports(house: House, person: str) -> None:
    """A later file is looked at for the IT lead and the system administrators only; a refusal is on record."""
    with pytest.raises(Denied):
        propose(house.context, house.caller(person), document(later()))

    refusals = house.all(Event, actor=f"person:{person}", action="gate.refused")
    assert [event.obj for event in refusals] == ["company"]


def test_opening_day_is_once(house: House) -> None:
    """A company that is there is not opened again."""
    with pytest.raises(WrongState) as caught:
        import_on_opening_day(
            house.store, document(demo()), digest="1" * 64, clock=house.clock, new_id=house.context.new_id
        )

    assert caught.value.next_step is not None


def test_the_same_file(house: House) -> None:
    """The file that the company was opened with proposes nothing and differs in nothing."""
    found = propose(house.context, house.caller(IT), document(demo()))

    assert (found.proposals, found.differences) == ((), ())
    assert "account:alipay-login" in found.unchanged


def test_what_the_caller_may_ask(house: House) -> None:
    """Each proposal says who may ask, and whether the caller does: administrators open accounts and hire nobody."""
    found = propose(house.context, house.caller(ADMIN), document(later()))

    assert [(offer.proposal.kind, offer.mine) for offer in found.proposals] == [
        (RequestKind.PERSON_JOIN, False),
        (RequestKind.ACCOUNT_OPEN, True),
    ]
    assert "人事" in found.proposals[0].who.zh


def test_looking_changes_nothing(house: House) -> None:
    """Proposing asks for nothing yet."""
    propose(house.context, house.caller(IT), document(later()))

    assert house.all(AccessRequest) == []


def test_asking_for_mine(house: House) -> None:
    """What the caller may ask becomes a request for each thing, waiting for its chain; the rest does not."""
    text = changed('custodians = ["operations_lead", "it_lead"]', 'custodians = ["it_lead", "leader_in_charge"]')
    text = text.replace('posts = ["planner"]', 'posts = ["planner", "section_maintainer"]')
    plan = propose(house.context, house.caller(ADMIN), document(text))

    made = ask_for_mine(house.context, house.caller(ADMIN), plan, reason="公司文件更新")

    assert [offer.proposal.kind for offer in plan.proposals] == [RequestKind.POST_ASSIGN, RequestKind.ACCOUNT_CUSTODY]
    assert [(view.request.kind, view.request.object, view.request.state) for view in made] == [
        ("account.custody", "account:tea-community", RequestState.SUBMITTED)
    ]
    assert len(house.all(AccessRequest)) == 1
