"""What every command has: ``--json``, ``--url``, the client, and one place where it ends.

``@command(app, "name")`` takes a function whose first parameter is the ``Call`` and gives typer one with the common
options in its place.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vault_svc.cli import secret_input
from vault_svc.cli.addresses import DEFAULT_URL
from vault_svc.cli.failures import Failure, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.cli.client import Client
    from vault_svc.domain.texts import Text

_JSON = Annotated[bool, typer.Option("--json", help="只输出一个 JSON 文档 · print one JSON document and nothing else")]
_URL = Annotated[
    str, typer.Option("--url", envvar="VAULT_SVC_URL", help="服务地址 · address of the service", show_default=True)
]
_STEP_UP = Annotated[
    str | None,
    typer.Option("--step-up", metavar="-", help="从标准输入读密码再次验证 · read the password for step-up from stdin"),
]


class Call:
    """One run of a command."""

    def __init__(self, *, as_json: bool, url: str, step_up: str | None = None) -> None:
        self.as_json, self.url = as_json, url
        if step_up not in {None, "-"}:
            raise typer.BadParameter("a password is read from stdin: --step-up -")
        # Read now: what the command itself reads from stdin comes after it.
        self._password = secret_input.line() if step_up else None

    @functools.cached_property
    def client(self) -> Client:
        """The service."""
        from vault_svc.cli.client import Client

        return Client(self.url, language=language(), prove=self._prove())

    def answer(self, document: Any, show: Callable[[Any], None]) -> None:  # noqa: ANN401  # JSON
        """Print what the service answered: as it is with ``--json``, by ``show`` else."""
        if self.as_json:
            print_json(document)
        else:
            show(document)

    def say(self, words: Text) -> None:
        """Say that it is done; with ``--json`` an empty document."""
        self.answer({}, lambda _: print(words.in_language(language())))

    def _prove(self) -> Callable[[], str] | None:
        if self._password is not None:
            return lambda: self._password or ""
        if sys.stdin.isatty():
            return lambda: secret_input.ask("再次验证,请输入密码 · password")
        return None


def language() -> str:
    """Return ``en`` where the user's locale is English, else ``zh``; ``VAULT_SVC_LANGUAGE`` decides first."""
    chosen = next(
        (os.environ[n] for n in ("VAULT_SVC_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), ""
    )
    return "en" if chosen.lower().startswith("en") else "zh"


def print_json(document: Any) -> None:  # noqa: ANN401  # JSON
    """Print one document."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def command(
    app: typer.Typer, name: str, *, proves: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a command to a group; ``proves``: the service may ask for presence again."""

    def added(work: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(work, eval_str=True).parameters.values())[1:]
        common: dict[str, tuple[Any, object]] = {"as_json": (_JSON, False), "url": (_URL, DEFAULT_URL)}
        common |= {"step_up": (_STEP_UP, None)} if proves else {}

        def run(**given: Any) -> None:  # noqa: ANN401  # whatever the command takes
            options = {name: given.pop(name) for name in common}
            ended = guarded(lambda: work(Call(**options), **given), as_json=options["as_json"])
            if ended:
                raise typer.Exit(ended)

        parameters = [
            *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own),
            *(
                inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
                for n, (kind, default) in common.items()
            ),
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__doc__, run.__name__ = work.__doc__, work.__name__
        app.command(name)(run)
        return work

    return added


def guarded(work: Callable[[], None], *, as_json: bool) -> int:
    """Do the work and return the exit code; what went wrong is said on stderr, or as the one document."""
    try:
        work()
    except Refused as refused:
        _tell(refused.problem or {"code": "unexpected", "status": refused.status}, as_json=as_json)
        return refused.exit_code
    except Failure as failure:
        _tell({"code": failure.code, "detail": failure.words.in_language(language())}, as_json=as_json)
        return failure.exit_code
    return 0


def _tell(problem: dict[str, Any], *, as_json: bool) -> None:
    from vault_svc.cli.render import clean

    if as_json:
        print_json(problem)
        return
    said = clean(problem.get("detail") or problem.get("title") or problem.get("code"))
    rule = f" [{clean(problem['rule'])}]" if problem.get("rule") else ""
    print(f"{said}{rule}", file=sys.stderr)
    for violation in problem.get("violations") or ():
        place = f"{clean(violation.get('field'))}: " if violation.get("field") else ""
        print(f"  · {place}{clean(violation.get('message'))}", file=sys.stderr)
    if problem.get("next_step"):
        print(f"→ {clean(problem['next_step'])}", file=sys.stderr)
