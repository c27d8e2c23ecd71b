"""Narrowing: an approver may agree to less than what is asked, never to more and never to something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vault_svc.domain.access_requests import AccessRequest, Vote, asked_digest, body_of, moment
from vault_svc.domain.audit import canonical
from vault_svc.domain.errors import Invalid, Violation
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, as far as it can be narrowed. None: it starts with the approval, it has no end."""

    payload: Mapping[str, Any]
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Narrower:
    """What an approver wants to leave of it: a later start, an earlier end, shorter lists. None leaves it as it is."""

    lists: Mapping[str, Any] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def narrow(asked: Asked, wanted: Narrower, *, shrinkable: Collection[str]) -> Asked:
    """Return what is left. ``Invalid`` where anything would grow or change, or where nothing would shrink.

    ``shrinkable`` are the lists of the payload that may lose items (``KindSpec.shrinkable``). The caller validates the
    new payload again, since a kind may not bear an empty list.
    """
    found = [*_widened_span(asked, wanted), *_changed_lists(asked, wanted, shrinkable)]
    if found:
        raise Invalid(_NEVER, violations=found, next_step=_REJECT)
    left = replace(
        asked,
        payload={**asked.payload, **(wanted.lists or {})},
        starts_at=wanted.starts_at or asked.starts_at,
        ends_at=wanted.ends_at or asked.ends_at,
    )
    if left.starts_at and left.ends_at and left.starts_at >= left.ends_at:
        raise Invalid(_NEVER, violations=[Violation("empty_span", _EMPTY_SPAN, field="narrow.until")])
    if left == asked:
        raise Invalid(_NOTHING, violations=[Violation("nothing_narrowed", _NOTHING, field="narrow")])
    return left


def only_shrinks(before: Asked, after: Asked, *, shrinkable: Collection[str]) -> bool:
    """Whether ``after`` is no more than ``before``: asked again of what lies in the store before acting on it."""
    if before.payload.keys() != after.payload.keys():
        return False
    for key, value in before.payload.items():
        same = canonical(after.payload[key]) == canonical(value)  # to Python 1 is true, in what is signed it is not
        if not same and not (key in shrinkable and _is_part(after.payload[key], value)):
            return False
    return _not_before(after.starts_at, before.starts_at) and _not_after(after.ends_at, before.ends_at)


def kept(before: Asked) -> dict[str, Any]:
    """Return what a narrowing vote keeps (and signs) of what was asked before it: its ``narrow``."""
    return {"payload": dict(before.payload), "from": moment(before.starts_at), "until": moment(before.ends_at)}


def agreed(votes: Sequence[Vote], request: AccessRequest, *, shrinkable: Collection[str]) -> bool:
    """Whether these votes, in order, agree to what the request asks now.

    Each binds what was asked when it was given; between them it only shrank, by a narrowing that its vote signed; the
    last one leaves the request as it is. Whoever acts on it has checked the signature over each ``body`` before.
    """
    now = Asked(request.payload, request.starts_at, request.ends_at)
    after = now
    for vote in reversed(votes):
        if vote.serial != request.serial or vote.revision != request.revision or vote.body != body_of(vote):
            return False
        before = after if vote.narrow is None else _before(vote.narrow)
        if before is None:
            return False
        if vote.new_digest != (None if vote.narrow is None else _digest(request, after)):
            return False
        if not only_shrinks(before, after, shrinkable=shrinkable):
            return False
        if vote.digest != _digest(request, before):
            return False
        after = before
    return bool(votes) and request.digest == _digest(request, now)


def _before(narrow: Mapping[str, Any]) -> Asked | None:
    """Read what a narrowing vote kept, None where it is not what ``kept`` writes."""
    try:
        begin, end = narrow["from"], narrow["until"]
        return Asked(
            payload=dict(narrow["payload"]),
            starts_at=datetime.fromisoformat(begin) if begin else None,
            ends_at=datetime.fromisoformat(end) if end else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _digest(request: AccessRequest, asked: Asked) -> str:
    return asked_digest(
        serial=request.serial,
        revision=request.revision,
        kind=request.kind,
        payload=asked.payload,
        reason=request.reason,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        chain=request.chain,
    )


def _widened_span(asked: Asked, wanted: Narrower) -> list[Violation]:
    found = []
    if wanted.starts_at and not _not_before(wanted.starts_at, asked.starts_at):
        found.append(Violation("earlier", Text("开始时间不能提前", "it can't begin earlier"), field="narrow.from"))
    if wanted.ends_at and not _not_after(wanted.ends_at, asked.ends_at):
        found.append(Violation("later", Text("结束时间不能推后", "it can't end later"), field="narrow.until"))
    return found


def _changed_lists(asked: Asked, wanted: Narrower, shrinkable: Collection[str]) -> list[Violation]:
    found = []
    for key, value in (wanted.lists or {}).items():
        if key not in shrinkable or key not in asked.payload:
            field = f"narrow.lists.{key}" if key in asked.payload else "narrow.lists"
            found.append(Violation("not_narrowable", _FIXED, field=field))
        elif not _is_part(value, asked.payload[key]):
            said = Text("只能去掉已有的项目", "items can only be struck out")
            found.append(Violation("widened", said, field=f"narrow.lists.{key}"))
    return found


def _is_part(value: object, whole: object) -> bool:
    """Whether a list is the other with some items struck out, in the same order."""
    if not isinstance(value, list) or not isinstance(whole, list):
        return False
    try:
        rest = iter([canonical(item) for item in whole])
        return all(canonical(item) in rest for item in value)
    except (TypeError, ValueError, RecursionError):  # an item that is no JSON was never asked for
        return False


def _not_before(later: datetime | None, earlier: datetime | None) -> bool:
    return earlier is None or (later is not None and later >= earlier)


def _not_after(earlier: datetime | None, later: datetime | None) -> bool:
    return later is None or (earlier is not None and earlier <= later)


_NEVER = Text("审批人只能缩小申请的范围", "who agrees may narrow what is asked, nothing else")
_REJECT = Text("如需其他内容,请驳回并由申请人重新提出", "reject it and let the asker ask for something else")
_NOTHING = Text("没有缩小任何内容", "nothing was narrowed")
_FIXED = Text("此项不能修改", "this can't be changed")
_EMPTY_SPAN = Text("结束时间须晚于开始时间", "the end must come after the start")
