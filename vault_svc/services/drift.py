"""Whether the three gates still say what was approved: every difference is named, none is mended silently.

Run by the worker, since the API's own token can read neither policies nor groups.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.audit import EventDraft
from vault_svc.domain.errors import NotFound
from vault_svc.domain.events import EventTag
from vault_svc.domain.grants import Grant, GrantState
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import compile_account_policies
from vault_svc.services import memberships

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vault_svc.services.context import WorkerContext
    from vault_svc.services.ports import Reader


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: which gate, which of its objects, and what is wrong with it."""

    gate: str
    object: str
    code: str
    zh: str
    en: str


def find(worker: WorkerContext) -> dict[str, object]:
    """Compare policies, groups and grants with what is in force; return every difference as plain JSON."""
    found = [*_policies(worker), *_groups(worker), *_grants(worker)]
    differences = [asdict(difference) for difference in found]
    if differences:
        worker.store.write(lambda tx: tx.record(_event(worker, differences)))
    return {"differences": differences}


def _policies(worker: WorkerContext) -> Iterator[Difference]:
    there = worker.vault.policy_texts()
    wanted = worker.store.read(lambda reader: _wanted_policies(worker, reader))
    for name in sorted(wanted.keys() | {n for n in there if n.split(":")[0] in memberships.VERBS and ":" in n}):
        if name not in there:
            yield _told("vault", f"policy:{name}", "missing", "密码库中没有此策略", "the vault lacks this policy")
        elif name not in wanted:
            yield _told("vault", f"policy:{name}", "unknown", "密码库中多出此策略", "nobody approved this policy")
        elif there[name] != wanted[name]:
            yield _told("vault", f"policy:{name}", "differs", "策略内容与规则不符", "its text differs from the rules")


def _wanted_policies(worker: WorkerContext, reader: Reader) -> Mapping[str, str]:
    files = worker.rules(reader).files
    templates = {name.removeprefix("vault/"): text for name, text in files.items() if name.startswith("vault/")}
    opened = reader.find(OfficialAccount, state__ne=AccountState.OPENING)
    wanted: dict[str, str] = {}
    for account in opened:
        verbs = memberships.verbs(worker.rules(reader).policies, account)
        compiled = compile_account_policies(templates, account.id, worker.accessors)
        wanted |= {name: text for name, text in compiled.items() if name.split(":")[0] in verbs}
    return wanted


def _groups(worker: WorkerContext) -> Iterator[Difference]:
    for account in worker.store.read(lambda reader: reader.find(OfficialAccount, state__ne=AccountState.OPENING)):
        if account.applied != account.wanted:
            continue  # a job is on its way
        for verb, people in memberships.wanted(worker, account).items():
            entities = {entity for name in people if (entity := worker.vault.entity(name)) is not None}
            name = f"{verb}:{account.id}"
            try:
                members = set(worker.vault.members(name))
            except NotFound:
                yield _told("vault", f"group:{name}", "missing", "密码库中没有此组", "the vault lacks this group")
                continue
            if members - entities:
                yield _told(
                    "vault", f"group:{name}", "too_wide", "组中有未经批准的人", "it has members nobody approved"
                )
            if entities - members:
                yield _told("vault", f"group:{name}", "too_narrow", "组中缺少已批准的人", "it lacks approved members")


def _grants(worker: WorkerContext) -> Iterator[Difference]:
    def unproved(reader: Reader) -> list[str]:
        live = reader.find(Grant, state__ne=GrantState.ENDED)
        return [grant.id for grant in live if not memberships.proved(worker, reader, grant)]

    for grant in worker.store.read(unproved):
        yield _told("service", f"grant:{grant}", "unproved", "授权没有有效的审批签名", "no valid votes stand behind it")


def _told(gate: str, obj: str, code: str, zh: str, en: str) -> Difference:
    words = Text(zh, en)
    return Difference(gate, obj, code, words.zh, words.en)


def _event(worker: WorkerContext, differences: list[dict[str, object]]) -> EventDraft:
    return EventDraft(
        action=EventTag.DRIFT_FOUND,
        actor=worker.subject,
        obj="policy:set",
        rule="DB-2",
        details={"differences": differences},
    )
