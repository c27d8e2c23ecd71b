"""The record for those who answer for it: search, proof, export, checkpoints. Reading it is itself on record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vault_svc.domain.audit import Checkpoint, Event, EventDraft, Verdict
from vault_svc.domain.errors import Invalid, Malformed, Violation
from vault_svc.domain.events import EventTag
from vault_svc.domain.permissions import Allow, Caller, ObjectRef, Permission
from vault_svc.domain.texts import Text
from vault_svc.domain.verification import Finding, checkpoint_body, verify_record
from vault_svc.services.gate import decide, require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vault_svc.services.context import Context
    from vault_svc.services.ports import Reader, Tx

PAGE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """One page of events, newest first."""

    items: list[Event]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found; ``checked`` counts events."""

    ok: bool
    checked: int
    findings: tuple[Finding, ...]


def search(
    context: Context,
    caller: Caller,
    *,
    actor: str | None = None,
    obj: str | None = None,
    rule: str | None = None,
    serial: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page:
    """Return events, newest first: all to the auditor, to others what they did themselves."""
    where = _where(actor=actor, obj=obj, rule=rule, serial=serial, since=since, until=until)

    def work(tx: Tx) -> Page:
        at = context.clock()
        everything = decide(tx, context, caller, Permission.AUDIT_READ, ObjectRef("audit"), at=at)
        if not isinstance(everything, Allow):
            require(tx, context, caller, Permission.AUDIT_READ_OWN, ObjectRef("audit"), at=at)
            if where.setdefault("actor", caller.subject) != caller.subject:
                require(tx, context, caller, Permission.AUDIT_READ, ObjectRef("audit"), at=at)
        found = tx.find(Event, order=("-id",), limit=limit + 1, after=(cursor,) if cursor else None, **where)
        tx.record(_event(EventTag.AUDIT_SEARCHED, caller, **_told(where)))
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    return context.store.write(work)


def verify(context: Context, caller: Caller) -> Verification:
    """Prove the whole record against its own links and every signed checkpoint, here and apart."""
    _gate(context, caller, Permission.AUDIT_VERIFY)
    kept = context.store.read(lambda reader: reader.find(Checkpoint, order=("at", "id")))
    apart = context.checkpoints.read()
    checked = 0

    def counted(events: Iterator[Event]) -> Iterator[Event]:
        nonlocal checked
        for event in events:
            checked += 1
            yield event

    def prove(reader: Reader) -> tuple[Finding, ...]:
        return tuple(
            verify_record(
                counted(_in_order(reader)),
                checkpoints=kept,
                apart=apart,
                signed=lambda checkpoint: context.service_vault.verify_checkpoint(
                    checkpoint_body(checkpoint), checkpoint.signature
                ),
            )
        )

    findings = context.store.read(prove)
    details = {"ok": not findings, "checked": checked, "findings": len(findings)}
    context.store.write(lambda tx: tx.record(_event(EventTag.AUDIT_VERIFIED, caller, **details)))
    return Verification(not findings, checked, findings)


def export(context: Context, caller: Caller, *, format: str, **filters: str | datetime | None) -> Iterator[bytes]:  # noqa: A002  # the word of the contract
    """Return the events as ``jsonl`` (the canonical bytes as stored) or ``csv`` (safe for a spreadsheet)."""
    write = context.exports.get(format)
    if write is None:
        raise Invalid(violations=[Violation("unknown_format", Text("没有这种格式", "no such format"), field="format")])
    where = _where(**filters)  # type: ignore[arg-type]  # checked by the API's own query

    def begin(tx: Tx) -> None:
        require(tx, context, caller, Permission.AUDIT_EXPORT, ObjectRef("audit"), at=context.clock())
        tx.record(_event(EventTag.AUDIT_EXPORTED, caller, format=format, **_told(where)))

    context.store.write(begin)
    return write(_row(event) for event in _pages(context, where))


def checkpoints(context: Context, caller: Caller) -> list[Checkpoint]:
    """Return the checkpoints of the store, oldest first."""
    _gate(context, caller, Permission.AUDIT_READ)
    return context.store.read(lambda reader: reader.find(Checkpoint, order=("at", "id")))


def checkpoint(context: Context, caller: Caller) -> Checkpoint:
    """Sign the heads of all streams now, and keep that here and apart."""
    _gate(context, caller, Permission.AUDIT_CHECKPOINT)
    return make_checkpoint(context)


def make_checkpoint(context: Context) -> Checkpoint:
    """Sign the heads of all streams with the vault's key; the API does it from time to time by itself."""
    heads = {head.stream: {"seq": head.seq, "hash": head.hash} for head in context.store.heads()}
    unsigned = Checkpoint(context.new_id("CP"), context.clock(), heads, "")
    made = replace(unsigned, signature=context.service_vault.sign_checkpoint(checkpoint_body(unsigned)))
    context.checkpoints.append(made)
    context.store.write(lambda tx: tx.add(made))
    return made


def _in_order(reader: Reader) -> Iterator[Event]:
    after: tuple[object, ...] | None = None
    while rows := reader.find(Event, order=("stream", "seq"), limit=PAGE, after=after):
        yield from rows
        after = (rows[-1].stream, rows[-1].seq)


def _pages(context: Context, where: dict[str, Any]) -> Iterator[Event]:
    after: str | None = None
    while True:
        rows = context.store.read(
            lambda reader, after=after: reader.find(  # type: ignore[misc]
                Event, order=("id",), limit=PAGE, after=(after,) if after else None, **where
            )
        )
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].id


def _row(event: Event) -> dict[str, object]:
    return {
        "stream": event.stream,
        "seq": event.seq,
        "hash": event.hash,
        "prev": event.prev,
        "id": event.id,
        "at": event.at.isoformat(),
        "action": event.action,
        "actor": event.actor,
        "object": event.obj,
        "verdict": event.verdict,
        "rule": event.rule or "",
        "serial": event.serial or "",
        "source": event.source,
        "body": event.body.decode(),
    }


def _where(
    *,
    actor: str | None = None,
    obj: str | None = None,
    rule: str | None = None,
    serial: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    if any(moment is not None and moment.tzinfo is None for moment in (since, until)):
        raise Malformed
    wanted = {"actor": actor, "obj": obj, "rule": rule, "serial": serial, "at__gte": since, "at__lt": until}
    return {name: value for name, value in wanted.items() if value is not None}


def _told(where: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in where.items()}


def _gate(context: Context, caller: Caller, permission: Permission) -> None:
    context.store.write(lambda tx: require(tx, context, caller, permission, ObjectRef("audit"), at=context.clock()))


def _event(tag: EventTag, caller: Caller, **details: object) -> EventDraft:
    return EventDraft(
        action=tag, actor=caller.subject, obj="audit", verdict=Verdict.ALLOW, source=caller.source, details=details
    )
