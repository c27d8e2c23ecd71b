"""``audit …``: searching, proving and taking the record along."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vault_svc.cli import render, values
from vault_svc.cli.command import Call, command, language, print_json
from vault_svc.cli.failures import CONFLICT, USAGE, Failure
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer(no_args_is_help=True, help="审计记录 · the record")

Actor = Annotated[str | None, typer.Option(help="人员 · person:NAME")]
Object = Annotated[str | None, typer.Option("--object", help="对象 · account:ID")]
Rule = Annotated[str | None, typer.Option(help="条款 · regulation id, such as ACC-3")]
Serial = Annotated[str | None, typer.Option(help="申请编号 · serial")]
Since = Annotated[str | None, typer.Option(help="自 · from")]
Until = Annotated[str | None, typer.Option(help="至 · until")]

_COLUMNS = [
    ("at", "时间 at"),
    ("action", "事项 act"),
    ("actor", "人员 who"),
    ("object", "对象 object"),
    ("verdict", "结果 verdict"),
    ("rule", "依据 rule"),
    ("serial", "编号 serial"),
]
_EVERY_S = 2.0


@command(app, "search")
def search(
    call: Call,
    *,
    actor: Actor = None,
    obj: Object = None,
    rule: Rule = None,
    serial: Serial = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    cursor: Annotated[str | None, typer.Option(help="下一页 · next page")] = None,
) -> None:
    """查找 · Search by person, object, rule, serial, time."""
    found = call.client.get(
        "/audit/events",
        actor=actor,
        object=obj,
        rule=rule,
        serial=serial,
        since=values.moment(since),
        until=values.moment(until),
        limit=limit,
        cursor=cursor,
    )
    call.answer(found, lambda page: _table(page["items"]))


@command(app, "tail")
def tail(
    call: Call,
    *,
    lines: Annotated[int, typer.Option("-n", min=1, max=500, help="条数 · how many")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="持续显示 · go on")] = False,
) -> None:
    """最近的记录 · The newest events."""
    newest = call.client.get("/audit/events", limit=lines)
    call.answer(newest, lambda page: _table(reversed(page["items"])))
    seen = {item["id"] for item in newest["items"]}
    while follow and not call.as_json:
        time.sleep(_EVERY_S)
        fresh = [item for item in call.client.get("/audit/events", limit=lines)["items"] if item["id"] not in seen]
        seen |= {item["id"] for item in fresh}
        for item in reversed(fresh):
            print("  ".join(render.clean(item.get(key)) for key, _ in _COLUMNS), flush=True)


@command(app, "verify")
def verify(call: Call) -> None:
    """验证 · Prove every link; says where one is broken and ends with 6."""
    found = call.client.post("/audit/verify")
    call.answer(found, _verified)
    if not found["ok"]:
        raise typer.Exit(CONFLICT)


@command(app, "export", proves=True)
def export(
    call: Call,
    *,
    layout: Annotated[str, typer.Option("--format", help="jsonl | csv")] = "jsonl",
    output: Annotated[str, typer.Option("--output", "-o", help="文件,- 为标准输出 · file, - for stdout")] = "-",
    actor: Actor = None,
    obj: Object = None,
    rule: Rule = None,
    serial: Serial = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """导出 · Take events along, as JSONL or as CSV that is safe for Excel."""
    pieces = call.client.stream(
        "/audit/export",
        format=layout,
        actor=actor,
        object=obj,
        rule=rule,
        serial=serial,
        since=values.moment(since),
        until=values.moment(until),
    )
    if output == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    size = _into(Path(output), pieces)
    call.answer({"file": output, "bytes": size}, render.fields)


@command(app, "checkpoint")
def checkpoint(call: Call) -> None:
    """检查点 · Sign the heads of the record as they are now."""
    call.answer(call.client.post("/audit/checkpoints"), print_json)


def _into(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a new file that only its owner reads; one that is there already is left alone."""
    size = 0
    try:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            for piece in pieces:
                size += file.write(piece)
    except OSError:
        words = Text(f"无法写入 {path}(可能已存在)", f"can't write {path}; it may exist already")
        raise Failure(USAGE, words, code="bad_file") from None
    return size


def _table(items: Iterable[dict[str, Any]]) -> None:
    render.table(items, _COLUMNS, empty="没有记录 · no events")


def _verified(found: dict[str, Any]) -> None:
    state = Text("完好", "unbroken") if found["ok"] else Text("已被破坏", "BROKEN")
    print(f"{state.in_language(language())}: {found['checked']}")
    for finding in found["findings"]:
        print(f"  {render.clean(finding['stream'])}:{finding['seq']}  {render.clean(finding['message'])}")
