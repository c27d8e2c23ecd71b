"""What the columns of tables of passwords are called, in the wild and in Chinese."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(StrEnum):
    """What a column means to us."""

    NAME = "name"
    URL = "url"
    USERNAME = "username"
    PASSWORD = "password"
    NOTES = "notes"
    TOTP = "totp"
    ID = "id"
    KIND = "kind"
    SENSITIVITY = "sensitivity"
    CUSTODIANS = "custodians"


HINTS = frozenset({Column.ID, Column.KIND, Column.SENSITIVITY, Column.CUSTODIANS})
"""Columns that tell of the account rather than of its secret."""

_WORDS = {
    Column.NAME: """
        name title item account_name platform
        平台 名称 标题 网站 站点 网站名称 平台名称 账户名称 账号名称 系统 系统名称
        """,
    Column.URL: """
        url uri website web_site login_uri login_url address link
        网址 链接 地址 登录地址 登录网址 网站地址
        """,
    Column.USERNAME: """
        username user_name user login login_username login_name account
        账号 帐号 用户名 用户 登录名 登录账号 登录帐号 账户
        """,
    Column.PASSWORD: "password login_password passwd pwd 密码 口令 登录密码 登录口令",
    Column.NOTES: "notes note comments comment remark remarks extra 备注 说明 备注信息 注释",
    Column.TOTP: """
        totp otpauth otp otp_auth otp_secret otp_url login_totp
        动态码 动态口令 动态密码 验证器 验证器密钥 二次验证
        """,
    Column.ID: "id account_id 编号 账户编号",
    Column.KIND: "kind 种类 账户种类 类型 账户类型 类别",
    Column.SENSITIVITY: "sensitivity 敏感级别 敏感度 敏感性 级别",
    Column.CUSTODIANS: "custodians custodian owner 保管人 保管 负责人 保管岗位",
}
_MEANING = {word: column for column, words in _WORDS.items() for word in words.replace("_", "").split()}

_BOOKKEEPING = """
    httprealm formactionorigin guid timecreated timelastused timepasswordchanged favorite favourite fav archived
    reprompt type folder group grouping tags category icon created modified lastmodified createdat updatedat
    vault collections
    """
BOOKKEEPING = frozenset(_BOOKKEEPING.split())
"""Columns of password managers that say nothing about the account; their loss is named once for the file."""


def plain(header: str) -> str:
    """Return a column's name without width, case, spaces and separators."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(character for character in folded if character.isalnum())


def meanings(header: Sequence[str]) -> tuple[Column | None, ...]:
    """Return what each column means, None for one of another name; of two with one meaning the first has it.

    ``ValueError`` where two columns could be the password: which one it is must not be guessed.
    """
    found: list[Column | None] = []
    for name in header:
        column = _MEANING.get(plain(name))
        if column is Column.PASSWORD and column in found:
            raise ValueError(Column.PASSWORD)
        found.append(None if column in found else column)
    return tuple(found)
