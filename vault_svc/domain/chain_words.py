"""Chains in words, for the people who ask, agree and carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.accounts import Sensitivity
from vault_svc.domain.chains import Chain, Condition, Content, Mode, Need, Relation, asked_by, word_names
from vault_svc.domain.roles import RoleClass, Roles, join
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_svc.domain.fixed_chains import Seat

SENSITIVITY = {
    Sensitivity.ORDINARY: Text("普通", "ordinary"),
    Sensitivity.PAYMENT: Text("支付类", "payment"),
    Sensitivity.INFRASTRUCTURE: Text("基础设施类", "infrastructure"),
}
_CLASSES = {
    RoleClass.ADMINISTRATOR: Text("管理员", "administrator"),
    RoleClass.APPROVER: Text("审批人", "approver"),
    RoleClass.CUSTODIAN: Text("保管人", "custodian"),
}
_CONTENT = {
    Content.NEWS: Text("新闻", "news"),
    Content.SECRET: Text("涉密或版权资料", "secret or copyrighted"),
    Content.PRICE: Text("价格", "prices"),
    Content.LISTING: Text("上架", "listing"),
    Content.PROMOTION: Text("促销", "promotion"),
    Content.DELISTING: Text("非正常下架", "unusual delisting"),
    Content.REDESIGN: Text("页面改版", "page redesign"),
}


def seat_words(seat: Seat, roles: Roles) -> Text:
    """Return who holds the seat, and in whose place."""
    names = word_names(seat.word, roles)
    if seat.word == Relation.CUSTODIAN_OF:
        held = roles.listed(seat.roles)
        names = Text(f"{names.zh}({held.zh})", f"{names.en} ({held.en})")
    if seat.in_place_of is None:
        return names
    other = word_names(seat.in_place_of, roles)
    return Text(f"{names.zh}(代替{other.zh})", f"{names.en} (in place of {other.en})")


def agree(names: Sequence[Text], *, mode: Mode, quorum: int) -> Text:
    """Return the sentence of a step: who agrees."""
    zh, en = tuple(n.zh for n in names), tuple(n.en for n in names)
    if mode is Mode.ALL_OF and len(names) > 1:
        both = f"{join(zh, '和', '、')}都同意,须为不同的人", f"{join(en, ' and ', ', ')} agree, each a different person"
        return Text(*both)
    if quorum > 1:
        return Text(
            f"{join(zh, '、', '、')}中有 {quorum} 人同意", f"{quorum} people out of {join(en, ', ', ', ')} agree"
        )
    return Text(f"{join(zh, '或', '、')}同意", f"{join(en, ' or ', ', ')} agrees")


def need_words(need: Need, roles: Roles) -> Text:
    """Return the sentence of a step that is not fixed to a request yet."""
    return agree([word_names(word, roles) for word in need.words], mode=need.mode, quorum=need.quorum)


def condition_words(condition: Condition) -> Text:
    """Return when a condition fits."""
    parts: list[Text] = []
    if condition.sensitivity:
        named = [SENSITIVITY[level] for level in Sensitivity if level in condition.sensitivity]
        parts.append(_any(named, "{}账户", "{} accounts"))
    if condition.about:
        named = [_CLASSES[name] for name in RoleClass if name in condition.about]
        parts.append(_any(named, "当事人是{}", "the person concerned is {}"))
    if condition.asker:
        named = [_CLASSES[name] for name in RoleClass if name in condition.asker]
        parts.append(_any(named, "申请人是{}", "the asker is {}"))
    if condition.content:
        named = [_CONTENT[content] for content in Content if content in condition.content]
        parts.append(_any(named, "内容为{}", "the content is {}"))
    if condition.posts:
        parts.append(Text("同时申请岗位", "posts are asked for"))
    return Text(",且".join(part.zh for part in parts), " and ".join(part.en for part in parts))


def chain_words(chain: Chain, roles: Roles) -> tuple[Text, ...]:
    """Return the whole chain, a sentence each: who asks, every step with its conditions, who carries out."""
    who = asked_by(chain, roles)
    lines = [Text(f"申请: {who.zh}", f"asks: {who.en}")]
    for at, step in enumerate(chain.steps, start=1):
        said = need_words(step.need, roles)
        if step.when is not None:
            when = condition_words(step.when)
            said = Text(f"如{when.zh}: {said.zh}", f"where {when.en}: {said.en}")
        lines.append(Text(f"第 {at} 步: {said.zh}", f"step {at}: {said.en}"))
        for condition, need in step.instead:
            when, other = condition_words(condition), need_words(need, roles)
            lines.append(Text(f"第 {at} 步({when.zh}): 改由{other.zh}", f"step {at}, {when.en}: {other.en} instead"))
    by = carry_out_words([word_names(word, roles) for word in chain.carry_out])
    return (*lines, by)


def carry_out_words(names: Sequence[Text]) -> Text:
    """Return who carries out."""
    zh, en = tuple(n.zh for n in names), tuple(n.en for n in names)
    return Text(f"{join(zh, '或', '、')}执行", f"{join(en, ' or ', ', ')} carries it out")


def _any(named: Sequence[Text], zh: str, en: str) -> Text:
    listed_zh, listed_en = join(tuple(n.zh for n in named), "或", "、"), join(tuple(n.en for n in named), " or ", ", ")
    return Text(zh.format(listed_zh), en.format(listed_en))
