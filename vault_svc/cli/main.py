"""``vault-svc``: every command, by noun."""

from __future__ import annotations

from typing import Annotated

import typer

from vault_svc import __version__
from vault_svc.cli import accounts, audit, mine, people, requests, service, session

app = typer.Typer(
    name="vault-svc",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback would show the values of local variables
    context_settings={"help_option_names": ["-h", "--help"]},
    help="公司账户的保管: 申请、同意、执行、使用、留痕 · Custody of accounts: ask, agree, carry out, use, on record",
)

for group in (service.app, session.app, mine.app, requests.app, people.explaining):
    app.add_typer(group)
app.add_typer(accounts.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(people.app, name="people")
app.add_typer(service.config, name="config")
app.add_typer(service.company, name="company")
app.add_typer(service.policy, name="policy")
app.add_typer(service.recovery, name="recovery")


def _version(asked: bool) -> None:  # typer calls it by position
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def root(
    *,
    _asked: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="版本 · version")] = False,
) -> None:
    """Say nothing: the help above speaks."""
