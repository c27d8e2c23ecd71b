"""``people …`` and ``explain``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vault_svc.cli import render, values
from vault_svc.cli.addresses import part
from vault_svc.cli.command import Call, command

app = typer.Typer(no_args_is_help=True, help="人员 · people")
explaining = typer.Typer()

_COLUMNS = [
    ("name", "登录名 name"),
    ("display", "姓名 display"),
    ("department", "部门 department"),
    ("state", "状态 state"),
    ("roles", "岗位 posts"),
]


@command(app, "list")
def list_people(call: Call) -> None:
    """人员列表 · Everybody whom I may see."""
    call.answer(call.client.get("/people"), _people)


@command(app, "show")
def show(call: Call, name: Annotated[str, typer.Argument(help="登录名 · login name")]) -> None:
    """查看人员 · One person."""
    call.answer(call.client.get(f"/people/{part(name)}"), _person)


@command(explaining, "explain")
def explain(
    call: Call,
    person: Annotated[str, typer.Option(help="登录名 · login name")],
    action: Annotated[str, typer.Option(help="操作 · such as account:reveal")],
    obj: Annotated[str, typer.Option("--object", help="对象 · such as account:alipay")],
    at: Annotated[str | None, typer.Option(help="时间 · at which time")] = None,
) -> None:
    """为什么 · Why, why not, who must agree, and when next."""
    found = call.client.get("/explain", person=person, action=action, object=obj, at=values.moment(at))
    call.answer(found, _told)


def _people(page: dict[str, Any]) -> None:
    rows = [{**item, "roles": ", ".join(post["role"] for post in item["posts"])} for item in page["items"]]
    render.table(rows, _COLUMNS, empty="没有人员 · nobody")


def _person(found: dict[str, Any]) -> None:
    render.fields(found, leave_out=["posts"])
    render.table(found["posts"], [("role", "岗位 role"), ("since", "自 from"), ("until", "至 until")], empty="")


def _told(found: dict[str, Any]) -> None:
    print("允许 · yes" if found["decision"] else "不允许 · no")
    for because in found["because"]:
        print(f"  · {render.clean(because['text'])} [{render.clean(because['rule'])}]")
    for missing in found["missing"]:
        print(f"  → {render.clean(missing['what'])}: {render.clean(missing['who'])}; {render.clean(missing['how'])}")
    if found["when_next"]:
        print(f"  {render.clean(found['when_next'])}")
