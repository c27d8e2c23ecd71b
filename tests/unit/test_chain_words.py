"""Chains as people read them."""

from __future__ import annotations

import pytest

from tests.unit.chain_cases import ORDINARY, PAYMENT, fixed, shipped
from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chain_words import agree, condition_words
from vault_svc.domain.chains import Condition, Content, Mode
from vault_svc.domain.roles import RoleClass
from vault_svc.domain.texts import Text

A, B, C = Text("甲", "A"), Text("乙", "B"), Text("丙", "C")


@pytest.mark.parametrize(
    ("names", "mode", "quorum", "zh", "en"),
    [
        ([A], Mode.ANY_OF, 1, "甲同意", "A agrees"),
        ([A, B], Mode.ANY_OF, 1, "甲或乙同意", "A or B agrees"),
        ([A, B, C], Mode.ANY_OF, 1, "甲、乙或丙同意", "A, B or C agrees"),
        ([A], Mode.ALL_OF, 1, "甲同意", "A agrees"),
        ([A, B], Mode.ALL_OF, 2, "甲和乙都同意,须为不同的人", "A and B agree, each a different person"),
        ([A, B, C], Mode.N_OF, 2, "甲、乙、丙中有 2 人同意", "2 people out of A, B, C agree"),
    ],
)
def test_a_step_is_one_sentence(names: list[Text], mode: Mode, quorum: int, zh: str, en: str) -> None:
    """Who has to agree, and how many."""
    assert agree(names, mode=mode, quorum=quorum) == Text(zh, en)


def test_a_fixed_step_names_the_custodians() -> None:
    """The asker sees who will decide."""
    step = fixed("account.use", "plan", **ORDINARY).steps[0]

    assert step.words.zh == "该账户的保管人(网站运营负责人或IT部负责人)同意"
    assert step.words.en == "a custodian of the account (operations lead or IT lead) agrees"


def test_a_payment_account_is_the_general_managers() -> None:
    """In the words of the table."""
    assert fixed("account.use", "plan", **PAYMENT).steps[0].words == Text("总经理同意", "the general manager agrees")


def test_a_stand_in_says_for_whom() -> None:
    """Nobody wonders why the leader in charge is asked."""
    words = fixed("account.change", "boss", **PAYMENT).steps[0].words

    assert words.zh == "分管领导(代替总经理)同意"
    assert words.en == "the leader in charge (in place of the general manager) agrees"


def test_carrying_out_is_said_too() -> None:
    """Who does the work."""
    assert fixed("post.assign", "head", about="plan").carry_out_words.zh == "系统管理员执行"


@pytest.mark.parametrize(
    ("condition", "zh"),
    [
        (Condition(sensitivity=frozenset({Sensitivity.PAYMENT})), "支付类账户"),
        (Condition(about=frozenset({RoleClass.CUSTODIAN})), "当事人是保管人"),
        (Condition(asker=frozenset({RoleClass.APPROVER})), "申请人是审批人"),
        (Condition(posts=True), "同时申请岗位"),
        (Condition(content=frozenset({Content.NEWS})), "内容为新闻"),
        (Condition(posts=True, about=frozenset({RoleClass.CUSTODIAN})), "当事人是保管人,且同时申请岗位"),
    ],
)
def test_conditions_are_said(condition: Condition, zh: str) -> None:
    """When a step counts."""
    assert condition_words(condition).zh == zh


def test_the_whole_chain_is_said() -> None:
    """For the list of kinds, before anything is asked."""
    assert [line.zh for line in shipped().in_words("person.join")] == [
        "申请: 部门负责人、人事",
        "第 1 步: IT部负责人同意",
        "第 2 步: 如同时申请岗位: 总经理同意",
        "系统管理员执行",
    ]
