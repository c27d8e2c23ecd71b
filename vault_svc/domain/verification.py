"""Proving the record: every event against its own bytes, its neighbours and the signed checkpoints.

One pass over the events, one stream after the other, in memory that grows with the checkpoints and not with the
events. One limit is in the nature of the thing: whoever can write to the store can add events at a stream's end, which
the next checkpoint then signs. Everything before a checkpoint is held by a key that never leaves the vault.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from vault_svc.domain.audit import GENESIS, Checkpoint, Event, canonical, link
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class FindingCode(StrEnum):
    """What was done to the record, sorted."""

    CUT_TAIL = "cut_tail"
    DELETION = "deletion"
    EDIT = "edit"
    FORGED_CHECKPOINT = "forged_checkpoint"
    INSERTION = "insertion"
    MOVE = "move"
    REPLACED_STORE = "replaced_store"
    REWRITTEN = "rewritten"
    STREAM_GONE = "stream_gone"


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of the record: at ``seq`` of ``stream``, up to ``last`` where it is a span (both included).

    A forged checkpoint belongs to no stream: ``stream`` is empty and ``seq`` 0. ``event`` is the id that stands there.
    """

    code: FindingCode
    stream: str
    seq: int
    text: Text
    last: int = 0
    event: str | None = None


def checkpoint_body(checkpoint: Checkpoint) -> bytes:
    """Return the bytes that a checkpoint's signature covers."""
    return canonical({"at": checkpoint.at.isoformat(), "heads": dict(checkpoint.heads), "id": checkpoint.id})


def verify_record(
    events: Iterable[Event],
    *,
    checkpoints: Iterable[Checkpoint],
    signed: Callable[[Checkpoint], bool],
    apart: Iterable[Checkpoint] = (),
    progress: Callable[[int], None] | None = None,
) -> Iterator[Finding]:
    """Give what is wrong with the record, one finding after the other; none means that all of it is as it was signed.

    ``events`` come in the order of (stream, seq). ``checkpoints`` are the store's own, ``apart`` those of the file that
    is kept elsewhere; ``signed`` says whether the vault's key made a checkpoint's signature over ``checkpoint_body``.
    ``progress`` is told the number of events now and then.
    """
    own, elsewhere = list(checkpoints), list(apart)
    marks, forged = _trusted(own, elsewhere, signed)
    yield from forged
    for stream, chain in groupby(_counted(events, progress), key=lambda event: event.stream):
        yield from _Chain(stream, marks.pop(stream, {})).check(chain)
    for stream, wanted in sorted(marks.items()):
        yield _missing(stream, 0, wanted)


@dataclass(slots=True)
class _Mark:
    """What signed checkpoints say of one place of a stream, and whether the store itself still knows of one of them."""

    hashes: set[str]
    known_to_store: bool


_Marks = dict[int, _Mark]


def _trusted(
    own: list[Checkpoint], elsewhere: list[Checkpoint], signed: Callable[[Checkpoint], bool]
) -> tuple[dict[str, _Marks], list[Finding]]:
    """Return the places that validly signed checkpoints name, by stream, and a finding for each that is forged."""
    marks: defaultdict[str, _Marks] = defaultdict(dict)
    forged: list[Finding] = []
    checked: dict[bytes, bool] = {}
    for checkpoint, known in [*((one, True) for one in own), *((one, False) for one in elsewhere)]:
        whole = checkpoint_body(checkpoint) + checkpoint.signature.encode()
        if whole not in checked:
            checked[whole] = signed(checkpoint)
            if not checked[whole]:
                forged.append(_forged(checkpoint))
        if not checked[whole]:
            continue
        for stream, head in checkpoint.heads.items():
            mark = marks[stream].setdefault(int(head["seq"]), _Mark(set(), known_to_store=False))
            mark.hashes.add(str(head["hash"]))
            mark.known_to_store |= known
    return marks, forged


def _forged(checkpoint: Checkpoint) -> Finding:
    text = Text(
        f"检查点 {checkpoint.id} 的签名无效: 内容被改动或系伪造",
        f"the signature of checkpoint {checkpoint.id} is not valid: it was altered or forged",
    )
    return Finding(FindingCode.FORGED_CHECKPOINT, "", 0, text)


def _counted(events: Iterable[Event], progress: Callable[[int], None] | None) -> Iterator[Event]:
    number = 0
    for number, event in enumerate(events, start=1):
        yield event
        if progress is not None and number % _TOLD_EACH == 0:
            progress(number)
    if progress is not None:
        progress(number)


_TOLD_EACH: Final = 10_000

_Facts = dict[str, Any]
"""What an event's own bytes say; empty where they can't be read."""

_SAME: Final = ("id", "action", "actor", "on_behalf", "object", "verdict", "rule", "serial", "source")
"""Facts that stand in a column of their own, too."""

_COLUMN: Final = {"object": "obj"}
"""Where the column has another name."""


def _facts(event: Event) -> _Facts:
    try:
        facts = json.loads(event.body)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) and isinstance(facts.get("seq"), int) else {}


def _is_linked(event: Event) -> bool:
    try:
        return link(event.prev, event.body) == event.hash
    except ValueError:
        return False


def _altered_columns(event: Event, facts: _Facts) -> list[str]:
    """Return the columns that say something else than the event's bytes."""
    altered = [fact for fact in _SAME if facts.get(fact, ...) != getattr(event, _COLUMN.get(fact, fact))]
    try:
        if datetime.fromisoformat(facts["at"]) != event.at:
            altered.append("at")
    except (KeyError, TypeError, ValueError):
        altered.append("at")
    return altered


class _Chain:
    """The walk along one stream. ``_shift`` is by how much places differ from what the events say of themselves."""

    def __init__(self, stream: str, marks: _Marks) -> None:
        self._stream = stream
        self._marks = marks
        self._before: Event | None = None
        self._place = 0
        self._links: set[str] | None = {GENESIS}  # what the next event may link to; None: anything
        self._said = 0  # what the event before says of its own place
        self._shift = 0
        self._proved = 0
        self._rewritten = False

    def check(self, chain: Iterator[Event]) -> Iterator[Finding]:
        """Give the findings of this stream."""
        event = next(chain, None)
        facts = _facts(event) if event is not None else {}
        while event is not None:
            following = next(chain, None)
            after = _facts(following) if following is not None else {}
            yield from self._check(event, facts, following, after)
            event, facts = following, after
        last = self._place - self._shift
        ahead = {seq: mark for seq, mark in self._marks.items() if seq > last}
        if ahead:
            yield _missing(self._stream, last, ahead)

    def _check(self, event: Event, facts: _Facts, following: Event | None, after: _Facts) -> Iterator[Finding]:
        # 1. Its own bytes. An event that is not what was written proves nothing more than that.
        if not facts or not _is_linked(event):
            yield from self._gap(event)
            yield self._finding(FindingCode.EDIT, event, _EDITED)
            self._step(event, {event.hash} | self._mended(event))
            return
        # 2. Is it of this stream, and where? A stranger is no link of the chain.
        if facts.get("stream") != self._stream:
            yield self._finding(FindingCode.MOVE, event, _said(_FOREIGN, facts.get("stream")))
            return
        shift, said_before, self._said = event.seq - facts["seq"], self._said, facts["seq"]
        stays = facts["seq"] == said_before or shift < self._shift  # where nothing follows that could tell
        if shift != self._shift and not (stays if following is None else following.seq - after.get("seq", 0) == shift):
            yield self._finding(FindingCode.MOVE, event, _said(_MOVED, facts["seq"]))
            self._step(event, None)
            return
        # 3. What stands in columns for searching.
        altered = _altered_columns(event, facts)
        if altered:
            yield self._finding(FindingCode.EDIT, event, _said(_COLUMNS, ", ".join(altered)))
        # 4. Its neighbours.
        if shift != self._shift:
            yield self._renumbered(event, shift)
        else:
            yield from self._gap(event)
            if self._links is not None and event.prev not in self._links:
                yield self._finding(FindingCode.EDIT, self._before or event, _UNLINKED)
        self._step(event, {event.hash})
        # 5. What was signed, where nothing closer was said already.
        if not altered:
            yield from self._signed(event, facts["seq"])

    def _gap(self, event: Event) -> Iterator[Finding]:
        if event.seq > self._place + 1:
            first, last = self._place + 1, event.seq - 1
            yield Finding(FindingCode.DELETION, self._stream, first, _said(_GONE, f"{first}-{last}"), last=last)
            self._links = None

    def _renumbered(self, event: Event, shift: int) -> Finding:
        """Events were put in or taken out and all that follow were numbered anew."""
        inserted, self._shift, self._links = shift - self._shift, shift, None
        if inserted > 0:
            first, last = event.seq - inserted, event.seq - 1
            return Finding(FindingCode.INSERTION, self._stream, first, _said(_INSERTED, f"{first}-{last}"), last=last)
        return self._finding(FindingCode.DELETION, event, _said(_TAKEN_OUT, -inserted))

    def _signed(self, event: Event, seq: int) -> Iterator[Finding]:
        mark = self._marks.get(seq)
        if mark is None:
            return
        if mark.hashes == {event.hash}:
            self._proved = seq
        elif not self._rewritten:
            self._rewritten = True
            first = self._proved + 1
            text = _said(_REWRITTEN, f"{first}-{seq}")
            yield Finding(FindingCode.REWRITTEN, self._stream, first, text, last=seq, event=event.id)

    def _mended(self, event: Event) -> set[str]:
        """What the event's hash would be if only its hash or its link had been altered."""
        return {link(prev, event.body) for prev in self._links or ()}

    def _step(self, event: Event, links: set[str] | None) -> None:
        self._before, self._place, self._links = event, max(event.seq, self._place), links

    def _finding(self, code: FindingCode, event: Event, text: Text) -> Finding:
        return Finding(code, self._stream, event.seq, text, last=event.seq, event=event.id)


def _missing(stream: str, last: int, ahead: _Marks) -> Finding:
    """Signed events are not there: cut off, or the whole store is another one that never knew of the checkpoint."""
    first, end = last + 1, max(ahead)
    if not any(mark.known_to_store for mark in ahead.values()):
        return Finding(FindingCode.REPLACED_STORE, stream, first, _said(_REPLACED, f"{first}-{end}"), last=end)
    if last == 0:
        return Finding(FindingCode.STREAM_GONE, stream, first, _said(_STREAM_GONE, stream), last=end)
    return Finding(FindingCode.CUT_TAIL, stream, first, _said(_CUT, f"{first}-{end}"), last=end)


def _said(text: Text, what: object) -> Text:
    return Text(text.zh.format(what), text.en.format(what))


_EDITED: Final = Text("该记录被改动: 内容与其校验值不符", "this event was altered: its bytes do not match its hash")
_COLUMNS: Final = Text("该记录的检索字段被改动: {}", "columns of this event were altered: {}")
_FOREIGN: Final = Text("该记录属于另一条链: {}", "this event belongs to another stream: {}")
_MOVED: Final = Text("此处的记录本是第 {} 号, 位置被调换", "the event here is number {}: it was moved")
_UNLINKED: Final = Text("该记录与下一条不相连: 其一被改写", "this event and the next do not link: one was rewritten")
_GONE: Final = Text("记录 {} 已被删除", "events {} were deleted")
_INSERTED: Final = Text("记录 {} 是后来插入的", "events {} were inserted")
_TAKEN_OUT: Final = Text(
    "此前 {} 条记录被删除, 其后重新编号", "{} events before this one are gone, the rest renumbered"
)
_REWRITTEN: Final = Text("记录 {} 与已签名的检查点不符", "events {} are not what the signed checkpoint saw")
_CUT: Final = Text("末尾的记录 {} 已被删除", "events {} were cut off the end")
_STREAM_GONE: Final = Text("整条链 {} 已被删除", "the whole stream {} is gone")
_REPLACED: Final = Text(
    "存储比另存的检查点旧, 缺少记录 {}: 存储被替换或回退",
    "the store is older than the checkpoints kept elsewhere, events {} are not in it: it was replaced or set back",
)
