"""The rules in force, as data: roles, account kinds, purposes, chains and debts. Whatever is not in them is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_svc.domain import chain_fixing
from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.chain_words import chain_words
from vault_svc.domain.errors import UnknownKind
from vault_svc.domain.permissions import Allow, Decision, Deny
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from vault_svc.domain.account_kinds import AccountKinds
    from vault_svc.domain.accounts import Sensitivity
    from vault_svc.domain.chains import Chain, RequestFacts
    from vault_svc.domain.debts import DebtRules
    from vault_svc.domain.fixed_chains import FixedChain
    from vault_svc.domain.purposes import Allowance, Audience, Purposes
    from vault_svc.domain.roles import Roles

IT_LEAD = "it_lead"


@dataclass(frozen=True, slots=True)
class Policies:
    """One version of ``policies/`` as far as people's consent and custody go."""

    roles: Roles
    account_kinds: AccountKinds
    purposes: Purposes
    chains: Mapping[RequestKind, Chain]
    debts: DebtRules

    @property
    def employee_roles(self) -> frozenset[str]:
        """Roles whose holders are staff."""
        return self.roles.employees

    def chain(self, kind: str) -> Chain:
        """Return the chain of a kind. ``UnknownKind`` where there is none."""
        if kind not in set(RequestKind) or RequestKind(kind) not in self.chains:
            known = ", ".join(sorted(self.chains))
            raise UnknownKind(next_step=Text(f"可选: {known}", f"one of: {known}"))
        return self.chains[RequestKind(kind)]

    def may_ask(self, kind: str, asker: Collection[str]) -> Decision:
        """Whether somebody with these roles and relations may ask for a kind. ``UnknownKind`` where there is none."""
        return self.chain(kind).may_ask(asker, self.roles)

    def fix(self, facts: RequestFacts) -> FixedChain | Deny:
        """Return the kind's chain fixed to a request, or why nobody could complete it."""
        return chain_fixing.fix(self.chain(facts.kind), facts, self.roles)

    def justifies(self, fixed: FixedChain, facts: RequestFacts) -> bool:
        """Whether a chain that lies in the store is what these policies make of such a request (see ``matches``)."""
        return chain_fixing.matches(fixed, self.chain(facts.kind), facts, self.roles)

    def in_words(self, kind: str) -> tuple[Text, ...]:
        """Return the chain of a kind in sentences."""
        return chain_words(self.chain(kind), self.roles)

    def allowance(
        self, purpose: str, *, audience: Audience, kind: str, sensitivity: Sensitivity, in_custody: bool
    ) -> Allowance | Deny:
        """Return what a purpose allows on an account to one of its custodians (``in_custody``) or to somebody else.

        ACC-4 comes first: outside custody no purpose and nobody's consent opens such a kind.
        """
        inside = self.stays_inside(kind, in_custody=in_custody)
        if inside is not None:
            return inside
        return self.purposes.allowance(purpose, audience=audience, kind=kind, sensitivity=sensitivity)

    def stays_inside(self, kind: str, *, in_custody: bool) -> Deny | None:
        """Return why a password of this kind is not for this person, whoever agrees (ACC-4); None where it may be."""
        return _inside_only() if self.account_kinds.inside_only(kind) and not in_custody else None

    def may_use(
        self, purpose: str, *, audience: Audience, kind: str, sensitivity: Sensitivity, span: timedelta
    ) -> Decision:
        """Whether somebody outside custody may ask to use such an account for that long."""
        allowed = self.allowance(purpose, audience=audience, kind=kind, sensitivity=sensitivity, in_custody=False)
        if isinstance(allowed, Deny):
            return allowed
        if span > allowed.longest:
            days = allowed.longest.days
            longest = (f"{days} 天", f"{days} days") if days else _hours(allowed.longest)
            return Deny(
                Text(f"该用途最长 {longest[0]}", f"the purpose lasts {longest[1]} at most"),
                next_step=Text("请缩短使用时间", "ask for a shorter time"),
                code="outside_window",
            )
        return Allow("ACC-2")

    def custody(self, kind: str, custodians: Collection[str]) -> Decision:
        """Whether an account of this kind may have these custodians (ACC-2, ACC-4)."""
        strangers = sorted(set(custodians) - self.roles.custodians)
        if kind not in self.account_kinds:
            return Deny(Text("没有这种账户", "there is no such kind of account"), "ACC-1", code="unknown_account_kind")
        if not custodians or strangers:
            allowed = self.roles.listed(sorted(self.roles.custodians), zh="和", en="and")
            return Deny(
                Text("保管人不符合规定", "there must be custodians, and only roles that may keep accounts"),
                "ACC-2",
                Text(f"保管人可以是: {allowed.zh}", f"custodians can be: {allowed.en}"),
                code="bad_custodians",
            )
        if self.account_kinds.inside_only(kind) and IT_LEAD not in custodians:
            return Deny(
                Text("此类账户必须由IT部保管", "accounts of this kind are held by IT"),
                "ACC-4",
                Text("请把 it_lead 列为保管人", "name it_lead among the custodians"),
                code="bad_custodians",
            )
        return Allow("ACC-2")


def _hours(span: timedelta) -> tuple[str, str]:
    hours = int(span.total_seconds() // 3600)
    return f"{hours} 小时", f"{hours} hours"


def _inside_only() -> Deny:
    return Deny(
        Text(
            "网站、服务器、数据库和源代码的密码只由保管人持有,任何人同意也不对外提供",
            "site, server, database and source-code passwords stay inside custody, whoever agrees",
        ),
        "ACC-4",
        Text(
            "请把要做的工作交给IT部办理;需要使用数据库的,请申请自己的登录名(database.level)",
            "ask IT to do the work; for a database, ask for a login of your own (database.level)",
        ),
        code="not_custodian",
    )
