"""``account …``: what is in custody, and its four verbs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from vault_svc.cli import render, secret_input, values
from vault_svc.cli.addresses import part
from vault_svc.cli.command import Call, command, print_json
from vault_svc.cli.failures import INVALID, Failure
from vault_svc.domain.texts import Text

app = typer.Typer(no_args_is_help=True, help="官方账户 · official accounts")
changes = typer.Typer(no_args_is_help=True, help="更换密码 · change a password, guided")
app.add_typer(changes, name="change")

AccountId = Annotated[str, typer.Argument(metavar="ID", help="账户编号 · id of the account")]
Purpose = Annotated[str, typer.Option(help="用途 · purpose")]
Reason = Annotated[str, typer.Option(help="理由 · reason")]
Output = Annotated[
    str | None, typer.Option(metavar="-", help="-: 写到标准输出而不是终端 · write it to stdout, terminal or not")
]
Serial = Annotated[str, typer.Option("--request", help="申请编号 · serial of the request")]

_COLUMNS = [
    ("id", "编号 id"),
    ("name", "名称 name"),
    ("kind", "种类 kind"),
    ("sensitivity", "级别 level"),
    ("state", "状态 state"),
    ("version", "版本 version"),
]
_EXPOSURES = [
    ("version", "版本 version"),
    ("slot", "位置 slot"),
    ("person", "人员 who"),
    ("at", "时间 at"),
    ("outside", "保管外 outside"),
    ("serial", "依据 why"),
]


@command(app, "list")
def list_accounts(call: Call) -> None:
    """账户列表 · Accounts that I may know of."""
    found = call.client.get("/accounts")
    call.answer(found, lambda page: render.table(page["items"], _COLUMNS, empty="没有账户 · no accounts"))


@command(app, "show")
def show(call: Call, account: AccountId) -> None:
    """查看账户 · One account, who keeps it, what I may do."""
    call.answer(call.client.get(f"/accounts/{part(account)}"), render.fields)


@command(app, "exposures")
def exposures(call: Call, account: AccountId) -> None:
    """接触记录 · Who has seen which version."""
    found = call.client.get(f"/accounts/{part(account)}/exposures")
    call.answer(found, lambda page: render.table(page["items"], _EXPOSURES, empty="无人看过 · seen by nobody"))


@command(app, "reveal", proves=True)
def reveal(
    call: Call,
    *,
    account: AccountId,
    purpose: Purpose,
    reason: Reason,
    fields: Annotated[str | None, typer.Option(help="只看这些项,逗号分隔 · only these, comma-separated")] = None,
    output: Output = None,
) -> None:
    """查看密码 · Be shown the secret, once."""
    secret_input.may_show(output)
    body: dict[str, Any] = {"purpose": purpose, "reason": reason}
    if fields:
        body["fields"] = [name.strip() for name in fields.split(",") if name.strip()]
    promised = call.client.post(f"/accounts/{part(account)}/reveal", body, once=True)
    _deliver(call, promised["delivery"], output=output)


@command(app, "first-value", proves=True)
def first_value(
    call: Call,
    account: AccountId,
    fields: Annotated[str, typer.Option(help="要输入的项 · what to ask for")] = "username,password",
    source: Annotated[
        str | None, typer.Option("--value", metavar="-", help="从标准输入读 JSON · JSON on stdin")
    ] = None,
) -> None:
    """首次交存密码 · Hand in the first value, once."""
    body = {"fields": _typed(fields, source)}
    call.answer(call.client.post(f"/accounts/{part(account)}/secret", body), render.fields)


@command(app, "check-out", proves=True)
def check_out(
    call: Call,
    account: AccountId,
    purpose: Purpose,
    reason: Reason,
    until: Annotated[str, typer.Option(help="到何时 · 2026-12-05T18:00+08:00, +2h")],
) -> None:
    """借出 · Have an account for myself until a time."""
    body = {"purpose": purpose, "reason": reason, "until": values.moment(until)}
    call.answer(call.client.post(f"/accounts/{part(account)}/check-outs", body, once=True), render.fields)


@command(app, "check-in", proves=True)
def check_in(
    call: Call, check_out_id: Annotated[str, typer.Argument(metavar="CHECK-OUT", help="借出编号 · id of the check-out")]
) -> None:
    """归还 · Give back what I checked out."""
    call.answer(call.client.post(f"/check-outs/{part(check_out_id)}/return", once=True), render.fields)


@command(changes, "begin", proves=True)
def begin(
    call: Call,
    account: AccountId,
    serial: Serial,
    source: Annotated[
        str | None, typer.Option("--value", metavar="-", help="用自定的值: 标准输入的 JSON · own value: JSON on stdin")
    ] = None,
    output: Output = None,
) -> None:
    """开始更换 · Stage a candidate and show it once; set it at the platform, then confirm."""
    secret_input.may_show(output)
    body: dict[str, Any] = {"request": serial}
    body |= {"generate": True} if source is None else {"value": _typed("", source)}
    begun = call.client.post(f"/accounts/{part(account)}/changes", body)
    _deliver(call, begun["delivery"], output=output, beside=begun)
    if not call.as_json and output is None:
        _guide(account, begun)


@command(changes, "confirm", proves=True)
def confirm(
    call: Call,
    account: AccountId,
    change: Annotated[str | None, typer.Option(help="更换编号 · id of the change")] = None,
    serial: Annotated[str | None, typer.Option("--request", help="申请编号 · serial of the request")] = None,
) -> None:
    """确认更换 · The platform has the new value."""
    _end(call, account, change, serial, verb="confirm")


@command(changes, "abort", proves=True)
def abort(
    call: Call,
    account: AccountId,
    change: Annotated[str | None, typer.Option(help="更换编号 · id of the change")] = None,
    serial: Annotated[str | None, typer.Option("--request", help="申请编号 · serial of the request")] = None,
) -> None:
    """放弃更换 · The platform keeps the old value."""
    _end(call, account, change, serial, verb="abort")


def _end(call: Call, account: str, change: str | None, serial: str | None, *, verb: str) -> None:
    found = change or _open_change(call, serial)
    path = f"/accounts/{part(account)}/changes/{part(found)}/{verb}"
    call.answer(call.client.post(path, once=True), render.fields)


def _open_change(call: Call, serial: str | None) -> str:
    """Return the change that the request's timeline began last."""
    events = call.client.get(f"/access-requests/{part(serial)}")["events"] if serial else []
    begun = [e["details"]["change"] for e in events if isinstance(e["details"].get("change"), str)]
    if not begun:
        words = Text("请用 --change 或 --request 指明是哪次更换", "say which change: --change or --request")
        raise Failure(INVALID, words, code="no_change")
    return str(begun[-1])


def _deliver(call: Call, delivery: str, *, output: str | None, beside: dict[str, Any] | None = None) -> None:
    opened = call.client.post(f"/deliveries/{part(delivery)}/open")
    if call.as_json:
        print_json({**(beside or {}), **opened})
    elif output == "-":
        shown = opened["fields"]
        print(next(iter(shown.values())) if len(shown) == 1 else json.dumps(shown, ensure_ascii=False))
    else:
        secret_input.show(opened["fields"], hide_after_s=opened["hide_after_s"])


def _typed(names: str, source: str | None) -> dict[str, str]:
    if source is None:
        return {name: secret_input.ask(name) for name in (n.strip() for n in names.split(",")) if name}
    try:
        found = json.loads(secret_input.everything(source))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        words = Text('标准输入须为 JSON,如 {"password": "…"}', 'stdin must hold JSON such as {"password": "…"}')
        raise Failure(INVALID, words, code="bad_value")
    return found


def _guide(account: str, begun: dict[str, Any]) -> None:
    for warning in begun["warnings"]:
        print(f"注意 · note: {render.clean(warning['message'])}")
    ending = f"{render.clean(account)} --change {render.clean(begun['change'])}"
    print(f"平台改好后 · when the platform has it:  vault-svc account change confirm {ending}")
    print(f"没改成 · when it has not:              vault-svc account change abort {ending}")
