"""The enforcer: Casbin's effect and role manager over an index of the rows.

A stock enforcer tries every row on every call and keeps the links of everybody. Here the rows are indexed by the words
that the matcher pins, the matcher is compiled, and the links are the caller's own, handed over with each question.
Everything is fixed at construction, so threads share an enforcer; other policies are another enforcer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from casbin.constant.constants import ALLOW_AND_DENY_EFFECT
from casbin.effect import Effector, effect_to_bool, get_effector

from vault_svc.adapters.enforcer.roles import CallerRoles, holders_of
from vault_svc.domain.people import PasswordState
from vault_svc.domain.permission_refusals import PASSWORD_WORDS, UNKNOWN, forbidden, not_open, password_due
from vault_svc.domain.permission_rows import Effect, PermissionRow, PermissionTable
from vault_svc.domain.permission_words import MORE_ROLES
from vault_svc.domain.permissions import EVERYWHERE, Allow, Decision, Deny, Links, ObjectRef, Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault_svc.adapters.enforcer.matcher import Matcher
    from vault_svc.domain.texts import Text

_NO_ROLES: frozenset[str] = frozenset()
_EFFECTS = {Effect.ALLOW: Effector.ALLOW, Effect.DENY: Effector.DENY}
_ANONYMOUS = "anonymous"
_SUBJECTS = ("person:", "machine:")
_NUMBER = attrgetter("number")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row, ready: its words, its effect in Casbin's terms, and the decision where it decides."""

    number: int
    role: str
    values: tuple[str, ...]
    effect: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The rows that can fit one act on one kind of object, by the role that the caller holds."""

    every: tuple[_Entry, ...]
    by_role: Mapping[str, tuple[_Entry, ...]]
    closed: Deny


_NO_CANDIDATES = _Candidates((), {}, UNKNOWN)


class CasbinEnforcer:
    """Decides by a compiled model over checked rows and ``extra_rows`` (the chains' askers); ``load`` makes both.

    ``names``: what people call the posts.
    """

    def __init__(
        self,
        matcher: Matcher,
        table: PermissionTable,
        extra_rows: Iterable[PermissionRow] = (),
        *,
        names: Mapping[str, Text],
    ) -> None:
        self._matcher = matcher
        self._names = names
        self._effector = get_effector(ALLOW_AND_DENY_EFFECT)
        self._holders = holders_of(table.inherits)
        self._rows = (*table.rows, *extra_rows)
        self._index = self._indexed()

    def decide(
        self, links: Links, permission: Permission, obj: ObjectRef, *, password: PasswordState | str
    ) -> Decision:
        """Return Allow with the deciding rule, or Deny with the reason; unknown words are denied."""
        subject = links.subject
        if password not in PASSWORD_WORDS or not (subject.startswith(_SUBJECTS) or subject == _ANONYMOUS):
            return UNKNOWN
        candidates = self._candidates(obj.kind, permission)
        request = (subject, obj.domain, obj.kind, permission)
        found = self._deciding((*request, password), links, candidates)
        if found is not None:
            return found.decision
        if password != PasswordState.IN_ORDER:
            found = self._deciding((*request, PasswordState.IN_ORDER), links, candidates)
            if found is not None:
                return password_due(password) if found.decision else found.decision
        return candidates.closed

    @property
    def acts(self) -> tuple[tuple[str, str], ...]:
        """Every (kind of object, permission) that a row speaks of, sorted."""
        return tuple(sorted({(row.kind, row.permission) for row in self._rows}))

    def matrix(self) -> dict[str, dict[tuple[str, str], Decision]]:
        """Return role → (kind, permission) → what a holder of that role alone is told, the password being in order."""
        acts = self.acts
        roles = (*(role for role in self._names if role not in MORE_ROLES), *MORE_ROLES)
        return {role: {act: self._told(role, *act) for act in acts} for role in roles}

    def _told(self, role: str, kind: str, permission: str) -> Decision:
        links = Links("person:matrix", {EVERYWHERE: frozenset({role})})
        return self.decide(links, Permission(permission), ObjectRef(kind), password=PasswordState.IN_ORDER)

    def _deciding(self, request: tuple[str, ...], links: Links, candidates: _Candidates) -> _Entry | None:
        """Return the row that decides, the first one written where several say the same; None where none fits."""
        matches, has_role = self._matcher.matches, CallerRoles(links, self._holders).has_link
        tried = self._tried(links, candidates, request[1])
        fitting = [entry for entry in tried if matches(*request, *entry.values, has_role)]
        if not fitting:
            return None
        allowed = effect_to_bool(self._effector.final_effect({entry.effect for entry in fitting}))
        effect = Effector.ALLOW if allowed else Effector.DENY
        return min((entry for entry in fitting if entry.effect == effect), key=_NUMBER)

    def _tried(self, links: Links, candidates: _Candidates, domain: str) -> Iterable[_Entry]:
        """Return the rows that could fit: those of the roles that the caller holds; all if the matcher wants that."""
        if not self._matcher.pins_role:
            return candidates.every
        everywhere = links.roles.get(EVERYWHERE, _NO_ROLES)
        known = candidates.by_role.keys()  # an intersection walks through the smaller side
        roles = (known & everywhere) | (known & links.roles.get(domain, _NO_ROLES))
        return [entry for role in roles for entry in candidates.by_role[role]]

    def _candidates(self, kind: str, act: str) -> _Candidates:
        return self._index.get(self._key(kind, act), _NO_CANDIDATES)

    def _key(self, kind: str, act: str) -> tuple[str, str]:
        return (kind if self._matcher.pins_kind else "", act if self._matcher.pins_act else "")

    def _indexed(self) -> dict[tuple[str, str], _Candidates]:
        groups: dict[tuple[str, str], list[tuple[int, PermissionRow]]] = defaultdict(list)
        for number, row in enumerate(self._rows):
            groups[self._key(row.kind, row.permission)].append((number, row))
        return {key: self._group(group) for key, group in groups.items()}

    def _group(self, rows: list[tuple[int, PermissionRow]]) -> _Candidates:
        """Put each row under every role that holds its role, so that a caller's roles are looked up as they are."""
        entries = tuple(self._entry(number, row) for number, row in rows)
        by_role: dict[str, list[_Entry]] = defaultdict(list)
        for entry in entries:
            for holder in self._holders.get(entry.role, (entry.role,)):
                by_role[holder].append(entry)
        one_act = self._matcher.pins_kind and self._matcher.pins_act
        return _Candidates(
            every=entries,
            by_role={role: tuple(found) for role, found in by_role.items()},
            closed=not_open([row for _, row in rows], self._names) if one_act else UNKNOWN,
        )

    def _entry(self, number: int, row: PermissionRow) -> _Entry:
        effect = Effect(row.effect)
        decision = Allow(row.rule or None) if effect is Effect.ALLOW else forbidden(row, self._names)
        return _Entry(number, row.role, row.values, _EFFECTS[effect], decision)
