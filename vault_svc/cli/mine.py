"""``todo`` and ``access``: what waits for me, and what I hold."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vault_svc.cli import render
from vault_svc.cli.command import Call, command

app = typer.Typer()

_REQUESTS = [("serial", "编号 serial"), ("kind", "类别 kind"), ("object", "对象 object"), ("requester", "申请人 asker")]
_DEBTS = [
    ("account", "账户 account"),
    ("owner_role", "责任岗位 owner"),
    ("due_on", "期限 due"),
    ("because", "原因 why"),
]
_GRANTS = [
    ("account", "账户 account"),
    ("purpose", "用途 purpose"),
    ("from", "自 from"),
    ("until", "至 until"),
    ("reveals_left", "剩余次数 left"),
    ("serial", "依据 why"),
]
_POSTS = [("role", "岗位 role"), ("since", "自 from"), ("until", "至 until"), ("serial", "依据 why")]


@command(app, "todo")
def todo(call: Call) -> None:
    """待办 · What waits for me: votes, carrying out, debts."""
    call.answer(call.client.get("/me/todo"), _todo)


@command(app, "access")
def access(
    call: Call, person: Annotated[str | None, typer.Option(help="他人的登录名 · somebody else's login name")] = None
) -> None:
    """我的权限 · What I hold, from when, until when, and why."""
    call.answer(call.client.get("/me/access", person=person), _access)


def _todo(found: dict[str, Any]) -> None:
    if ends := found.get("password_ends"):
        print(f"密码将于 {ends} 到期,请更换 · your password ends then, change it: vault-svc password")
    print("待审批 · to vote on")
    render.table(found["votes"], _REQUESTS, empty="  没有 · none")
    print("待执行 · to carry out")
    render.table(found["carrying_out"], _REQUESTS, empty="  没有 · none")
    print("欠更换密码 · passwords to change")
    render.table(found["debts"], _DEBTS, empty="  没有 · none")


def _access(found: dict[str, Any]) -> None:
    print("岗位 · posts")
    render.table(found["posts"], _POSTS, empty="  没有 · none")
    print("保管的账户 · accounts in custody")
    render.table(
        found["custody"], [("id", "编号 id"), ("name", "名称 name"), ("state", "状态 state")], empty="  没有 · none"
    )
    print("使用授权 · grants")
    render.table(found["grants"], _GRANTS, empty="  没有 · none")
