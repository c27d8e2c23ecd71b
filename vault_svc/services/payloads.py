"""What is asked, kind by kind: strict shapes of the payloads of requests (``contract.md`` §3)."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from vault_svc.domain.accounts import Sensitivity  # pydantic reads the annotation

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_FILE = re.compile(r"(?:(?:datasets|levels|vault)/)?[a-z0-9_-]{1,60}\.(?:conf|csv|hcl|sql|toml|txt)", re.ASCII)
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that a reader can't see or that turn the text around: control, format, unassigned, private."""


def _id(value: str) -> str:
    if not _ID.fullmatch(value) or value in {".", ".."}:
        raise PydanticCustomError("bad_id", "only letters, digits, . _ - and at most 64 of them")
    return value.lower()


def _shown(value: str) -> str:
    if any(unicodedata.category(char) in _HIDDEN for char in value):
        raise PydanticCustomError("hidden_character", "no control, zero-width or direction characters")
    if value != value.strip():
        raise PydanticCustomError("edge_space", "no space at either end")
    return value


def _prose(value: str) -> str:
    _shown(value.replace("\n", " ").strip())
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(_shown(value))
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or " " in value:
        raise PydanticCustomError("bad_url", "an address that begins with https:// and holds no name or password")
    return value


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise PydanticCustomError("bad_mail", "a mail address")
    return value


def _file(value: str) -> str:
    if not _FILE.fullmatch(value):
        raise PydanticCustomError("bad_file_name", "the name of a policy file")
    return value


def _different(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise PydanticCustomError("twice", "nothing twice")
    return value


Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": r"^[A-Za-z0-9._-]{1,64}$"})]
"""An id: stored in small letters, since the vault lowers some of its names and not others (``vault.md`` §7)."""

ShownName = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_shown)]
Roles = Annotated[list[Id], Field(max_length=32), AfterValidator(_different)]
Url = Annotated[str, StringConstraints(max_length=512), AfterValidator(_url)]
UserName = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(_shown)]
Mail = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mail)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_prose)]
FileName = Annotated[str, AfterValidator(_file)]
FileText = Annotated[str, StringConstraints(max_length=512 * 1024)]


class Payload(BaseModel):
    """Strict types, no unknown fields; titles are Chinese, descriptions English."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class NewAccount(Payload):
    """The account that is to be opened."""

    id: Id = Field(title="账户编号", description="id of the account")
    name: ShownName = Field(title="账户名称", description="what people call it")
    kind: Id = Field(title="账户种类", description="a kind of policies/kinds.toml")
    sensitivity: Sensitivity = Field(title="敏感级别", description="how much harm a leak does")
    url: Url | None = Field(default=None, title="网址", description="where one signs in")
    username: UserName | None = Field(default=None, title="登录名", description="what one signs in with")
    custodians: Annotated[Roles, Field(min_length=1)] = Field(title="保管人", description="roles that keep it")


class AccountOpen(Payload):
    """``account.open``."""

    account: NewAccount = Field(title="账户", description="the account to open")


class AccountUse(Payload):
    """``account.use``."""

    account: Id = Field(title="账户", description="the account to use")
    purpose: Id = Field(title="用途", description="a purpose of policies/purposes.toml")


class AccountChange(Payload):
    """``account.change``."""

    account: Id = Field(title="账户", description="the account to change")
    what: Literal["password", "holder", "recovery", "other"] = Field(title="变更内容", description="what is changed")
    note: Note | None = Field(default=None, title="说明", description="anything the approver should know")


class AccountCustody(Payload):
    """``account.custody``."""

    account: Id = Field(title="账户", description="the account")
    add: Roles = Field(default=[], title="新增保管人", description="roles that become custodians")
    remove: Roles = Field(default=[], title="取消保管人", description="roles that cease to be custodians")

    @model_validator(mode="after")
    def _says_something(self) -> AccountCustody:
        if not self.add and not self.remove:
            raise PydanticCustomError("nothing_asked", "name a role to add or to remove")
        if set(self.add) & set(self.remove):
            raise PydanticCustomError("contradiction", "a role can't be added and removed at once")
        return self


class AccountClose(Payload):
    """``account.close``."""

    account: Id = Field(title="账户", description="the account to close")


class PolicyChange(Payload):
    """``policy.change``."""

    files: Annotated[dict[FileName, FileText], Field(min_length=1, max_length=64)] = Field(
        title="策略文件", description="file name → its whole new text"
    )


class PostAssign(Payload):
    """``post.assign``."""

    person: Id = Field(title="人员", description="login name of the person")
    post: Id = Field(title="岗位", description="the role")
    end: bool = Field(default=False, title="结束任职", description="end the post instead of giving it")


class PersonJoin(Payload):
    """``person.join``."""

    name: Id = Field(title="登录名", description="what the person will sign in with")
    display: ShownName = Field(title="姓名", description="what people call the person")
    department: Id = Field(title="部门", description="id of the department")
    mail: Mail = Field(title="邮箱", description="where the first password is sent")
    posts: Roles = Field(title="岗位", description="roles from the first day on, may be empty")


class PersonReset(Payload):
    """``person.reset``; a second factor to reset comes with second factors."""

    person: Id = Field(title="人员", description="login name of the person who can't sign in")
    what: Literal["password"] = Field(title="重置内容", description="what is reset")
