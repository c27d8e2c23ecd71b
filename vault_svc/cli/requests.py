"""``request``, ``requests``, ``show``, ``vote``, ``withdraw``, ``carry-out``, ``dossier``."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vault_svc.cli import render, values
from vault_svc.cli.addresses import part
from vault_svc.cli.command import Call, command, print_json
from vault_svc.cli.failures import INVALID, USAGE, Failure
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.cli.client import Client

app = typer.Typer()

Serial = Annotated[str, typer.Argument(help="申请编号 · serial")]
Reason = Annotated[str, typer.Option(help="理由 · reason")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="填写一项 · fill in one field")]

_COLUMNS = [
    ("serial", "编号 serial"),
    ("kind", "类别 kind"),
    ("object", "对象 object"),
    ("requester", "申请人 asker"),
    ("state", "状态 state"),
    ("submitted_at", "时间 at"),
]
_EVENTS = [("at", "时间 at"), ("action", "事项 act"), ("actor", "人员 who"), ("rule", "依据 rule")]


class Choice(StrEnum):
    """What a vote says."""

    APPROVE = "approve"
    REJECT = "reject"


@command(app, "request")
def request(
    call: Call,
    *,
    kind: Annotated[str | None, typer.Argument(help="申请类别 · kind")] = None,
    settings: Settings = None,
    reason: Reason = "",
    starts: Annotated[str | None, typer.Option("--from", help="开始 · 2026-12-05T09:00+08:00, +2h")] = None,
    ends: Annotated[str | None, typer.Option("--until", help="结束 · 2026-12-05T18:00+08:00, +3d")] = None,
    listed: Annotated[bool, typer.Option("--list", help="列出类别及其填写项 · show kinds and their fields")] = False,
) -> None:
    """提出申请 · Ask for something."""
    if listed:
        call.answer(call.client.get("/kinds"), _kinds)
        return
    if kind is None:
        raise Failure(USAGE, Text("请写申请类别,或用 --list 查看", "name a kind, or see --list"), code="no_kind")
    body: dict[str, Any] = {
        "kind": kind,
        "payload": values.payload(settings or [], _schema(call.client, kind)),
        "reason": reason,
    }
    body |= {name: values.moment(at) for name, at in (("from", starts), ("until", ends)) if at}
    call.answer(call.client.post("/access-requests", body, once=True), _request)


@command(app, "requests")
def requests(
    call: Call,
    *,
    mine: Annotated[bool, typer.Option("--mine", help="我提出的 · mine")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="等我处理的 · waiting for me")] = False,
    state: Annotated[str | None, typer.Option(help="状态 · state")] = None,
    kind: Annotated[str | None, typer.Option(help="类别 · kind")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="下一页 · next page")] = None,
) -> None:
    """申请列表 · Requests that I may see."""
    found = call.client.get(
        "/access-requests", mine=mine, waiting=waiting, state=state, kind=kind, limit=limit, cursor=cursor
    )
    call.answer(found, lambda page: render.table(page["items"], _COLUMNS, empty="没有申请 · no requests"))


@command(app, "show")
def show(call: Call, serial: Serial) -> None:
    """查看申请 · One request with its steps and timeline."""
    call.answer(call.client.get(f"/access-requests/{part(serial)}"), _request)


@command(app, "vote", proves=True)
def vote(
    call: Call,
    *,
    serial: Serial,
    decision: Annotated[Choice, typer.Argument(help="同意或驳回 · approve or reject")],
    reason: Reason = "",
    digest: Annotated[str | None, typer.Option(help="所见内容的摘要 · digest of what was seen")] = None,
    narrow: Annotated[str | None, typer.Option(metavar="JSON", help="缩小范围 · narrow what is asked")] = None,
) -> None:
    """审批 · Agree to a request or refuse it."""
    asked = call.client.get(f"/access-requests/{part(serial)}") if digest is None else {"digest": digest}
    if digest is None and not call.as_json:
        _request(asked)
    body: dict[str, Any] = {"decision": decision.value, "digest": asked["digest"], "reason": reason}
    if narrow is not None:
        body["narrow"] = _object(narrow)
    call.answer(call.client.post(f"/access-requests/{part(serial)}/votes", body, once=True), _stands)


@command(app, "withdraw")
def withdraw(call: Call, serial: Serial, reason: Reason = "") -> None:
    """撤回申请 · Take a request back."""
    call.answer(call.client.post(f"/access-requests/{part(serial)}/withdraw", {"reason": reason}, once=True), _stands)


@command(app, "carry-out", proves=True)
def carry_out(call: Call, serial: Serial) -> None:
    """执行申请 · Do what was agreed to."""
    call.answer(call.client.post(f"/access-requests/{part(serial)}/carry-out", once=True), _stands)


@command(app, "dossier")
def dossier(call: Call, serial: Serial) -> None:
    """卷宗 · The whole case as one JSON document."""
    print_json(call.client.get(f"/access-requests/{part(serial)}/dossier"))


def _schema(client: Client, kind: str) -> dict[str, Any]:
    known = {item["kind"]: item["schema"] for item in client.get("/kinds")["items"]}
    if kind not in known:
        words = Text(f"没有这种申请,可选: {', '.join(known)}", f"there is no such kind; one of: {', '.join(known)}")
        raise Failure(INVALID, words, code="unknown_kind")
    schema: dict[str, Any] = known[kind]
    return schema


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure(USAGE, Text("--narrow 须为 JSON 对象", "--narrow takes a JSON object"), code="bad_setting")
    return found


def _kinds(found: dict[str, Any]) -> None:
    for item in found["items"]:
        print(f"{render.clean(item['kind'])}  {render.clean(item['name'])}")
        needed = set(item["schema"].get("required", ()))
        for name, field in item["schema"].get("properties", {}).items():
            print(f"    {name}{'' if name in needed else '?'}  {render.clean(field.get('title', ''))}")
        for line in item["chain"]:
            print(f"    · {render.clean(line)}")


def _request(found: dict[str, Any]) -> None:
    render.fields(found, leave_out=["steps", "may", "events", "payload"])
    render.fields({f"payload.{name}": value for name, value in found["payload"].items()})
    for at, step in enumerate(found["steps"], start=1):
        print(f"{'→' if step['open'] else ' '} {at}. {render.clean(step['needs'])}")
        for given in step["votes"]:
            said = (render.clean(given[key]) for key in ("decision", "person", "at", "reason"))
            print(f"     {'  '.join(said)}")
    if found["may"]:
        print(f"可以 · may: {', '.join(found['may'])}")
    render.table(found["events"], _EVENTS, empty="")


def _stands(found: dict[str, Any]) -> None:
    print(f"{render.clean(found['serial'])}  {render.clean(found['state'])}")
