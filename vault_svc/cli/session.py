"""``login``, ``logout``, ``whoami``, ``password``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vault_svc.cli import render, secret_input, session_file
from vault_svc.cli.command import Call, command, language
from vault_svc.cli.failures import INVALID, Failure, Refused
from vault_svc.domain.texts import Text

app = typer.Typer()

_MUST = {"change_password": Text("请先更换密码: vault-svc password", "change your password first: vault-svc password")}


@command(app, "login")
def login(
    call: Call,
    name: Annotated[str, typer.Argument(help="登录名 · login name")],
    password: Annotated[str | None, typer.Option(metavar="-", help="从标准输入读密码 · read it from stdin")] = None,
) -> None:
    """登录 · Sign in."""
    given = secret_input.given(password, f"{name} 的密码 · password")
    session_file.forget(call.client.url)
    signed = call.client.post("/sessions", {"name": name, "password": given})
    session_file.keep(call.client.url, bearer=signed.pop("token"), person=signed["person"]["name"])
    call.answer(signed, _welcome)


@command(app, "logout")
def logout(call: Call) -> None:
    """退出 · Sign out."""
    try:
        call.client.delete("/sessions/current")
    except Refused as refused:
        if refused.status != 401:  # noqa: PLR2004  # a session that has ended needs no ending
            raise
    finally:
        session_file.forget(call.client.url)
    call.say(Text("已退出", "signed out"))


@command(app, "whoami")
def whoami(call: Call) -> None:
    """我是谁 · Who I am here."""
    call.answer(call.client.get("/me"), _person)


@command(app, "password")
def password(
    call: Call,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[-]", help="-: 从标准输入读两行,当前密码和新密码 · two lines of stdin, present and new"
        ),
    ] = None,
) -> None:
    """更换自己的密码 · Change my password."""
    current = secret_input.given(source, "当前密码 · present password")
    new = secret_input.given(source, "新密码 · new password")
    if source is None and secret_input.ask("再输入一次 · once more") != new:
        raise Failure(INVALID, Text("两次输入不一致", "the two are not the same"), code="not_the_same")
    call.client.put("/me/password", {"current": current, "new": new})
    call.say(Text("密码已更换", "the password is changed"))


def _welcome(signed: dict[str, Any]) -> None:
    print(f"{render.clean(signed['person']['display'])} ({render.clean(signed['person']['name'])})")
    for duty in signed["must"]:
        print(_MUST.get(duty, Text(duty, duty)).in_language(language()))


def _person(me: dict[str, Any]) -> None:
    render.fields(me, leave_out=["posts", "must"])
    render.table(me["posts"], [("role", "岗位 role"), ("since", "自 since"), ("until", "至 until")], empty="")
