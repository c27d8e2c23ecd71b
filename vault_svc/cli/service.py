"""Running and preparing the service on this machine: ``up``, ``down``, ``doctor``, and checks of what people write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vault_svc.cli import render
from vault_svc.cli.command import Call, command, guarded, language
from vault_svc.cli.failures import INVALID, UNAVAILABLE, UNEXPECTED, USAGE, Failure, exit_code_of
from vault_svc.domain.errors import Conflict, Invalid, PolicyFileInvalid, VaultSvcError
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault_svc.domain.errors import Fault, Violation
    from vault_svc.settings import Settings

app = typer.Typer()
config = typer.Typer(no_args_is_help=True, help="配置 · the configuration")
company = typer.Typer(no_args_is_help=True, help="公司文件 · the company file")
policy = typer.Typer(no_args_is_help=True, help="策略文件 · the policy files")
recovery = typer.Typer(no_args_is_help=True, help="密码库恢复份额 · recovery shares of the vault")

Data = Annotated[Path | None, typer.Option(help="数据目录,默认 var · where everything is kept")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


@app.command("up")
def up(
    *,
    data: Data = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口,默认 8000 · port on 127.0.0.1")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="示例公司 · a made-up company")] = False,
    company_file: Annotated[
        Path | None, typer.Option("--company", exists=True, dir_okay=False, help="公司文件 · the company file")
    ] = None,
    first_passwords: Annotated[
        Path | None, typer.Option(help="一次性密码写入此文件(0600) · write the one-time passwords there")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="在后台运行 · in the background")] = False,
) -> None:
    """启动 · Start everything here; Ctrl-C stops it."""

    def work() -> int:
        """Stay until the end; one that runs already ends this with 1 (``contract.md`` §1)."""
        if demo and company_file is not None:
            words = Text("--demo 与 --company 只能用一个", "either --demo or --company")
            raise Failure(USAGE, words, code="bad_option")
        from vault_svc.bootstrap import up as running

        settings = _settings(data=data, port=port)
        if detach:
            return running.detach(settings, [word for word in sys.argv[1:] if word != "--detach"])
        file = running.demo_company() if demo else company_file
        wanted = running.Wanted(company=file, first_passwords=first_passwords)
        try:
            running.up(settings, wanted, say=_say)
        except Conflict as conflict:
            raise Failure(UNEXPECTED, _said(conflict), code=conflict.code) from None
        return 0

    _run(work)


@app.command("down")
def down(*, data: Data = None) -> None:
    """停止 · Stop what runs in the background."""

    def work() -> int:
        from vault_svc.bootstrap import up as running

        stopped = running.down(_settings(data=data))
        _say(Text("已停止", "stopped") if stopped else Text("没有在运行", "nothing runs on this data"))
        return 0

    _run(work)


@command(app, "doctor")
def doctor(call: Call) -> None:
    """体检 · Look deep and name the mend."""
    well, found = call.client.health()
    call.answer(found, _checks)
    if not well:
        raise typer.Exit(UNAVAILABLE)


@config.command("check")
def check_config() -> None:
    """检查配置 · Refuse what is unsafe, naming each setting."""

    def work() -> int:
        _settings()
        _say(Text("没有问题", "no faults"))
        return 0

    _run(work)


@company.command("check")
def check_company(file: File) -> None:
    """检查公司文件 · Report every fault with its line."""

    def work() -> int:
        from vault_svc.bootstrap import checks

        return _faults(checks.company_faults(file, _settings()))

    _run(work)


@policy.command("check")
def check_policy(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)] = Path("policies")) -> None:
    """检查策略文件 · Prove the files before anything is written."""

    def work() -> int:
        from vault_svc.bootstrap import checks

        return _faults(checks.policy_faults(folder))

    _run(work)


@command(policy, "matrix")
def matrix(call: Call) -> None:
    """权限矩阵 · Role by role, what it may do and which rule says so."""
    call.answer(call.client.get("/policy/matrix"), _matrix)


@command(policy, "drift")
def drift(call: Call) -> None:
    """核对三道关卡 · Whether the gates still say what was approved."""
    call.answer(call.client.post("/policy/drift"), _differences)


@recovery.command("issue")
def issue_recovery(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="每人一个文件 · a file each")],
    *,
    data: Data = None,
) -> None:
    """发放恢复份额 · Make three shares, two of which open the vault again."""

    def work() -> int:
        from vault_svc.bootstrap import recovery as shares

        shares.issue(_settings(data=data), folder=folder, say=_say)
        return 0

    _run(work)


def _settings(*, data: Path | None = None, port: int | None = None) -> Settings:
    from vault_svc.settings import read_settings

    return read_settings(data=data, port=port)


def _say(words: Text) -> None:
    print(words.in_language(language()), flush=True)


def _run(work: Callable[[], int]) -> None:
    """End with what the work returned; our own errors are said in words."""
    ended = 0

    def saying() -> None:
        nonlocal ended
        try:
            ended = work()
        except PolicyFileInvalid as invalid:
            ended = _faults(invalid.faults)
        except Invalid as invalid:
            _violations(invalid.violations)
            raise Failure(INVALID, _said(invalid), code=invalid.code) from None
        except VaultSvcError as error:
            raise Failure(_exit_code(error), _said(error), code=error.code) from None

    failed = guarded(saying, as_json=False)
    if failed or ended:
        raise typer.Exit(failed or ended)


def _faults(faults: Sequence[Fault]) -> int:
    for fault in faults:
        print(f"{fault.file}:{fault.line}: {render.clean(fault.text.in_language(language()))}")
    if not faults:
        print(Text("没有问题", "no faults").in_language(language()))
    return INVALID if faults else 0


def _violations(violations: Sequence[Violation]) -> None:
    for violation in violations:
        said = render.clean(violation.text.in_language(language()))
        print(f"{render.clean(violation.field)}: {said}", file=sys.stderr)


def _said(error: VaultSvcError) -> Text:
    if error.next_step is None:
        return error.detail
    return Text(f"{error.detail.zh}。{error.next_step.zh}", f"{error.detail.en}: {error.next_step.en}")


def _exit_code(error: VaultSvcError) -> int:
    return next(
        (code for name, code in _CODES.items() if any(name == kind.__name__ for kind in type(error).__mro__)), 1
    )


_CODES = {
    "NotAuthenticated": exit_code_of(401),
    "Denied": exit_code_of(403),
    "NotFound": exit_code_of(404),
    "Conflict": exit_code_of(409),
    "Invalid": exit_code_of(422),
    "Malformed": exit_code_of(400),
    "Unavailable": exit_code_of(503),
    "NoRoom": exit_code_of(507),
}


def _matrix(found: dict[str, Any]) -> None:
    for role, acts in found["roles"].items():
        print(render.clean(role))
        for act in acts:
            print(f"  {render.clean(act['kind'])} {render.clean(act['permission'])}  {render.clean(act['rule'] or '')}")


def _differences(found: dict[str, Any]) -> None:
    for one in found["differences"]:
        words = Text(one["zh"], one["en"]).in_language(language())
        print(f"{render.clean(one['gate'])}  {render.clean(one['object'])}  {render.clean(words)}")
    if not found["differences"]:
        print(Text("没有差异", "no differences").in_language(language()))


def _checks(found: dict[str, Any]) -> None:
    for name, check in found.get("checks", {}).items():
        print(f"{'✓' if check['ok'] else '✗'} {render.clean(name)}  {render.clean(check['mend'])}")
