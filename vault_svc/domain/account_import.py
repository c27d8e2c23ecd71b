"""Planning an import of accounts: what an export and its mapping would open, what is missing, what is lost.

Pure, so that a dry run and the import itself are the same plan. With a gap nothing is imported at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vault_svc.domain import names
from vault_svc.domain.errors import Invalid
from vault_svc.domain.import_mapping import Rule, Rules, custodians_named, kind_named, sensitivity_named
from vault_svc.domain.password_exports import MOST_VALUE_BYTES, Loss, place
from vault_svc.domain.permissions import Deny
from vault_svc.domain.secrets import Secret
from vault_svc.domain.shapes import host_of, is_web_address
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from vault_svc.domain.accounts import Sensitivity
    from vault_svc.domain.password_exports import ExportedEntry, ExportFormat, ExportReading
    from vault_svc.domain.policies import Policies

T = TypeVar("T")

LONGEST_USERNAME: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class PlannedAccount:
    """One account to open: ``account`` is what ``account.open`` takes, ``values`` the fields of its first secret."""

    where: int
    account: Mapping[str, Any]
    values: Mapping[str, Secret] = field(repr=False)

    @property
    def id(self) -> str:
        """The account's id."""
        return str(self.account["id"])


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that has to be said or mended before anything is imported."""

    where: int
    code: str
    text: Text


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """What an import would do. ``skipped`` are entries that the mapping leaves out, or that are no account."""

    format: ExportFormat
    opens: tuple[PlannedAccount, ...]
    gaps: tuple[Gap, ...]
    losses: tuple[Loss, ...]
    duplicates: tuple[tuple[int, ...], ...]
    skipped: tuple[int, ...]

    @property
    def ready(self) -> bool:
        """Whether it can be carried out."""
        return bool(self.opens) and not self.gaps


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of one entry after mapping and columns; None where nothing is."""

    title: str
    id: str | None
    kind: str | None
    sensitivity: Sensitivity | None
    custodians: tuple[str, ...] | None


def plan(
    reading: ExportReading,
    rules: Rules,
    policies: Policies,
    *,
    taken: Collection[str],
    suggest: Callable[[str], str],
) -> ImportPlan:
    """Return what an import would do. ``taken`` are the ids of all accounts, ``suggest`` makes an id of a name."""
    planner = _Planner(reading, rules, policies, taken=frozenset(taken), suggest=suggest)
    chosen = {entry.where: planner.rule(entry) for entry in reading.entries}
    left_out = {where for where, rule in chosen.items() if rule is not None and rule.skip}
    copies = [[where for where in group if where not in left_out] for group in reading.duplicates]
    planner.copies = {where: group for group in copies if len(group) > 1 for where in group}
    for entry in reading.entries:
        planner.take(entry, chosen[entry.where])
    for line in rules.unused():
        text = Text(f"映射文件第 {line} 行没有对应的项", f"line {line} of the mapping fits no entry")
        planner.gaps.append(Gap(0, "unused_rule", text))
    return ImportPlan(
        format=reading.format,
        opens=tuple(planner.opens),
        gaps=tuple(planner.gaps),
        losses=(*reading.losses, *planner.losses),
        duplicates=reading.duplicates,
        skipped=tuple(planner.skipped),
    )


class _Planner:
    """Takes the entries one after the other."""

    def __init__(
        self,
        reading: ExportReading,
        rules: Rules,
        policies: Policies,
        *,
        taken: frozenset[str],
        suggest: Callable[[str], str],
    ) -> None:
        self._rules, self._policies, self._suggest = rules, policies, suggest
        self._format = reading.format
        self._taken = set(taken)
        self.copies: dict[int, list[int]] = {}
        self.opens: list[PlannedAccount] = []
        self.gaps: list[Gap] = []
        self.losses: list[Loss] = []
        self.skipped: list[int] = []

    def rule(self, entry: ExportedEntry) -> Rule | None:
        """Return what the mapping says of an entry; two rules of the same rank contradict each other."""
        fitting = self._rules.of(entry)
        if len(fitting) > 1:
            lines = ", ".join(str(rule.line) for rule in fitting)
            text = Text(f"映射文件中有几条都适用(第 {lines} 行)", f"several lines of the mapping fit it ({lines})")
            self._gap(entry, "two_rules", text)
        return fitting[0] if fitting else None

    def take(self, entry: ExportedEntry, rule: Rule | None) -> None:
        """Plan one entry."""
        if rule is not None and rule.skip:
            self.skipped.append(entry.where)
            return
        if entry.password is None and not entry.username:
            text = Text("没有登录名和密码,未导入", "it has neither user name nor password and is not taken")
            self.losses.append(Loss("no_login", text, entry.where))
            self.skipped.append(entry.where)
            return
        before = len(self.gaps)
        wanted = self._wanted(entry, rule)
        self._check(entry, wanted, rule)
        values = self._values(entry)
        if len(self.gaps) == before:
            account = self._account(entry, wanted)
            self.opens.append(PlannedAccount(entry.where, account, values))

    def _wanted(self, entry: ExportedEntry, rule: Rule | None) -> Wanted:
        """Return what mapping and columns say; the mapping comes first."""
        said = rule or Rule(line=0)
        hints = entry.hints
        kind = said.kind or self._hint(entry, "kind", kind_named(hints.get("kind", ""), self._policies))
        level = said.sensitivity or self._hint(entry, "sensitivity", sensitivity_named(hints.get("sensitivity", "")))
        return Wanted(
            title=said.title or entry.name.strip() or host_of(entry.url),
            id=said.id or hints.get("id", "").strip() or None,
            kind=kind,
            sensitivity=level,
            custodians=said.custodians or self._custodians(entry),
        )

    def _hint(self, entry: ExportedEntry, key: str, found: T | None) -> T | None:
        """Return what was found; note that nothing was said, or nothing that is known."""
        if found is None and entry.hints.get(key):
            text = Text(f"「{_COLUMNS[key].zh}」列的内容无法识别", f"what the column {key} says is not known")
            self._gap(entry, f"unknown_{key}", text)
        elif found is None:
            text = Text(f"未说明{_COLUMNS[key].zh}", f"nothing says its {_COLUMNS[key].en}")
            self._gap(entry, f"no_{key}", text)
        return found

    def _custodians(self, entry: ExportedEntry) -> tuple[str, ...] | None:
        found = custodians_named(entry.hints.get("custodians", ""), self._policies)
        clear = tuple(role for role in found if role is not None)
        return self._hint(entry, "custodians", clear if clear and len(clear) == len(found) else None)

    def _check(self, entry: ExportedEntry, wanted: Wanted, rule: Rule | None) -> None:
        """Note what stands against opening it."""
        if entry.password is None:
            self._gap(entry, "no_password", Text("没有密码", "it has no password"))
        try:
            names.check_display(wanted.title)
        except Invalid as refused:
            text = refused.violations[0].text
            step = Text(f"{text.zh};请在映射文件中写 title", f"{text.en}; give it a title in the mapping")
            self._gap(entry, "bad_display", step)
        if wanted.id is not None:
            self._check_id(entry, wanted.id)
        copies = self.copies.get(entry.where, ())
        if copies and (rule is None or rule.where is None):
            listed = ", ".join(str(where) for where in copies)
            text = Text(
                f"同一账户出现多次({listed}),请在映射文件中用 where 指明,并跳过其余的",
                f"the account is there several times ({listed}): name one by its where in the mapping, skip the others",
            )
            self._gap(entry, "duplicate", text)
        if wanted.kind and wanted.custodians:
            decision = self._policies.custody(wanted.kind, wanted.custodians)
            if isinstance(decision, Deny):
                self._gap(entry, decision.code, decision.reason)

    def _check_id(self, entry: ExportedEntry, written: str) -> None:
        try:
            checked = names.check_id(written)
        except Invalid as refused:
            self._gap(entry, "bad_id", refused.violations[0].text)
            return
        if checked in self._taken:
            text = Text("账户编号已被使用", "the id is that of another account")
            self._gap(entry, "id_taken", text)

    def _account(self, entry: ExportedEntry, wanted: Wanted) -> dict[str, Any]:
        chosen = names.check_id(wanted.id) if wanted.id else None
        account: dict[str, Any] = {
            "id": chosen or free_id(self._suggest(wanted.title), entry.where, taken=self._taken),
            "name": names.check_display(wanted.title),
            "kind": wanted.kind,
            "sensitivity": wanted.sensitivity.value if wanted.sensitivity else None,
            "custodians": list(wanted.custodians or ()),
        }
        self._taken.add(account["id"])
        if is_web_address(entry.url):
            account["url"] = entry.url
        if entry.username and len(entry.username) <= LONGEST_USERNAME and _plain(entry.username):
            account["username"] = entry.username
        elif entry.username:
            text = Text("登录名只保存在密码中,不显示在账户资料里", "its user name is kept with the secret only")
            self.losses.append(Loss("username", text, entry.where))
        return account

    def _values(self, entry: ExportedEntry) -> dict[str, Secret]:
        """Return the fields of the secret, each as it was written; those of other names are kept under ``recovery``."""
        values = {
            "username": Secret(entry.username) if entry.username else None,
            "password": entry.password,
            "notes": entry.notes,
            "totp_seed": entry.totp,
            "recovery": self._recovery(entry),
        }
        return {key: value for key, value in values.items() if value is not None}

    def _recovery(self, entry: ExportedEntry) -> Secret | None:
        others = [(key, value.reveal()) for key, value in entry.extra.items()]
        if entry.url and not is_web_address(entry.url):
            others.insert(0, ("url", entry.url))
        if not others:
            return None
        kept = "\n".join(f"{key}: {value}" for key, value in others)
        if len(kept.encode()) > MOST_VALUE_BYTES:
            self._gap(entry, "too_long", Text("其他字段合计超过 64 KiB", "its other fields have more than 64 KiB"))
        text = Text(
            f"{len(others)} 个其他字段合并保存在「恢复信息」中", f"{len(others)} other fields are kept as recovery data"
        )
        self.losses.append(Loss("merged", text, entry.where))
        return Secret(kept)

    def _gap(self, entry: ExportedEntry, code: str, text: Text) -> None:
        at = place(entry.where, self._format)
        self.gaps.append(Gap(entry.where, code, Text(f"{at.zh}: {text.zh}", f"{at.en}: {text.en}")))


def free_id(suggested: str, where: int, *, taken: set[str]) -> str:
    """Return an id that nothing has yet, made of a suggestion that may be empty, and count it as taken."""
    wanted = suggested or f"account-{where}"
    found, count = wanted, 1
    while found in taken:
        count += 1
        found = f"{wanted}-{count}"
    taken.add(found)
    return names.check_id(found)


def _plain(username: str) -> bool:
    return username.isprintable() and username == username.strip()


_COLUMNS: Final = {
    "kind": Text("账户种类", "kind"),
    "sensitivity": Text("敏感级别", "sensitivity"),
    "custodians": Text("保管人", "custodians"),
}
