"""Opening day, before anything listens: the company file, first values, everybody's one-time password."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from vault_svc.adapters.ids import Ids
from vault_svc.bootstrap import build
from vault_svc.domain.accounts import AccountState, OfficialAccount
from vault_svc.domain.company import Company
from vault_svc.domain.errors import Conflict
from vault_svc.domain.people import Password, Person, PersonState
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text
from vault_svc.services import company, stewarding
from vault_svc.services.one_time import issue_one_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vault_svc.adapters.store import SqlStore
    from vault_svc.domain.company_document import CompanyDocument
    from vault_svc.services.ports import Reader
    from vault_svc.settings import Settings


def open_company(
    settings: Settings,
    kept: SqlStore,
    document: CompanyDocument | None,
    *,
    digest: str,
    first_passwords: Path | None,
    say: Callable[[Text], None],
) -> None:
    """Open the company of a file, or go on with one that was being opened when the process died."""
    opened = kept.read(lambda reader: reader.find(Company, limit=1))
    if document is not None and not opened:
        company.import_on_opening_day(kept, document, digest=digest, clock=build.clock, new_id=Ids(build.clock))
    elif document is not None and opened[0].file_digest != digest:
        say(Text("服务中已有公司,文件未导入", "the service has a company already, the file was not taken"))
    _open_accounts(settings, kept)
    issued = _issue_passwords(settings, kept)
    if not issued:
        return
    if first_passwords is not None:
        _write(first_passwords, {name: value.reveal() for name, value in issued.items()})
        say(Text(f"一次性密码已写入 {first_passwords}", f"the one-time passwords are in {first_passwords}"))
        return
    say(Text("一次性密码(只显示这一次):", "one-time passwords (shown only now):"))
    for name, value in issued.items():
        say(Text(f"  {name}  {value.reveal()}", f"  {name}  {value.reveal()}"))


def _open_accounts(settings: Settings, kept: SqlStore) -> None:
    waiting = kept.read(lambda reader: reader.find(OfficialAccount, state=AccountState.OPENING, serial__null=True))
    if not waiting:
        return
    steward = build.steward_context(settings, kept=kept)
    stand_ins = {account.id: _stand_in(account, steward.generate()) for account in waiting if account.stand_in}
    stewarding.opening_day(steward, stand_ins)


def _stand_in(account: OfficialAccount, password: Secret) -> dict[str, Secret]:
    names = {"username": Secret(account.username)} if account.username else {}
    return names | {"password": password}


def _issue_passwords(settings: Settings, kept: SqlStore) -> dict[str, Secret]:
    without = kept.read(_without_password)
    if not without:
        return {}
    desk = build.password_desk(build.context(settings, kept=kept))
    worker = build.worker_context(settings, kept=kept, steward=lambda _: None, issue_password=lambda *_: None)
    issued = {}
    for name in without:
        worker.vault.add_vote_key(name)
        issued[name] = issue_one_time(desk, name, actor="machine:setup", serial=None)
    return issued


def _without_password(reader: Reader) -> list[str]:
    people = reader.find(Person, state=PersonState.ACTIVE, order=("name",))
    return [person.name for person in people if reader.get(Password, person.name) is None]


def _write(file: Path, passwords: dict[str, str]) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Conflict(Text(f"文件已存在: {file}", f"the file exists: {file}")) from None
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(passwords, opened, ensure_ascii=False, indent=1)
