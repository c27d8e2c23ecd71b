"""Bitwarden's JSON export, unencrypted (bitwarden.com/help/condition-bitwarden-import)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from vault_svc.domain.password_exports import (
    ExportedEntry,
    ExportFormat,
    ExportReading,
    Loss,
    check_count,
    check_value,
    refuse,
    unique_keys,
)
from vault_svc.domain.secrets import Secret
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGIN: Final = 1
_NOTE: Final = 2
_OTHER_TYPES: Final = {
    3: Text("银行卡", "a card"),
    4: Text("身份信息", "an identity"),
    5: Text("SSH 密钥", "an SSH key"),
}
_NOT_TAKEN: Final = {
    "passwordHistory": Loss("history", Text("旧密码未导入", "earlier passwords are not taken")),
    "attachments": Loss("attachments", Text("附件未导入", "attachments are not taken")),
}


def read_bitwarden(data: bytes) -> ExportReading:
    """Read the export. ``Invalid`` where it is encrypted, or is no such JSON."""
    document = _parse(data)
    if document.get("encrypted") is True or document.get("passwordProtected"):
        text = Text("这是加密的导出,请导出为未加密的 JSON", "the export is encrypted, export it as unencrypted JSON")
        raise refuse("encrypted", text)
    items = document.get("items")
    if not isinstance(items, list) or document.get("encrypted") is not False:
        raise refuse("not_bitwarden", Text("不是 Bitwarden 的导出", "this is no export of Bitwarden"))
    check_count(len(items))
    readers = [_Item(where, item) for where, item in enumerate(items, start=1)]
    entries = tuple(entry for reader in readers if (entry := reader.entry()) is not None)
    losses = tuple(loss for reader in readers for loss in reader.losses)
    return ExportReading(ExportFormat.BITWARDEN, "utf-8", entries, losses)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_each_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise refuse("encoding", Text("文件须为 UTF-8 编码", "the file must be UTF-8")) from None
    except RecursionError:
        raise refuse("too_deep", Text("嵌套过深", "it is nested too deeply")) from None
    except ValueError:
        raise refuse("not_json", Text("不是有效的 JSON", "this is no valid JSON")) from None
    if not isinstance(document, dict):
        raise refuse("not_bitwarden", Text("不是 Bitwarden 的导出", "this is no export of Bitwarden"))
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> Any:
    raise ValueError


class _Item:
    """Reads one item."""

    def __init__(self, where: int, item: object) -> None:
        if not isinstance(item, dict):
            raise self._wrong(where)
        self._where, self._item = where, item
        self.losses: list[Loss] = []

    def entry(self) -> ExportedEntry | None:
        """Return the entry, None (and a loss) where the item is nothing for us."""
        kind = self._item.get("type")
        if self._item.get("deletedDate"):
            self._lose("trash", Text("回收站中的项目未导入", "it is in the trash and is not taken"))
            return None
        if kind not in {_LOGIN, _NOTE}:
            known = _OTHER_TYPES.get(kind, Text("其他类型", "of another type")) if isinstance(kind, int) else None
            if known is None:
                raise self._wrong(self._where)
            self._lose("type", Text(f"{known.zh},未导入", f"it is {known.en} and is not taken"))
            return None
        for key, loss in _NOT_TAKEN.items():
            if self._item.get(key):
                self._lose(loss.code, loss.text)
        login = self._table(self._item, "login") if kind == _LOGIN else {}
        if login.get("fido2Credentials"):
            self._lose("passkey", Text("通行密钥未导入", "passkeys are not taken"))
        first, *others = list(self._urls(login)) or [""]
        return ExportedEntry(
            where=self._where,
            name=self._text(self._item, "name"),
            url=first,
            username=self._text(login, "username"),
            password=self._secret(login, "password"),
            notes=self._secret(self._item, "notes"),
            totp=self._secret(login, "totp"),
            extra=unique_keys([*(("url", Secret(url)) for url in others), *self._fields()]),
        )

    def _lose(self, code: str, text: Text) -> None:
        self.losses.append(Loss(code, text, self._where))

    def _wrong(self, where: int) -> Exception:
        text = Text("内容不是 Bitwarden 的格式", "it is not as Bitwarden writes it")
        return refuse("not_bitwarden", text, where=where, fmt=ExportFormat.BITWARDEN)

    def _text(self, table: dict[str, Any], key: str) -> str:
        value = table.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(self._where)
        return check_value(value, where=self._where, fmt=ExportFormat.BITWARDEN)

    def _secret(self, table: dict[str, Any], key: str) -> Secret | None:
        value = self._text(table, key)
        return Secret(value) if value else None

    def _table(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong(self._where)
        return value

    def _tables(self, table: dict[str, Any], key: str) -> list[dict[str, Any]]:
        value = table.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(self._where)
        return value

    def _urls(self, login: dict[str, Any]) -> Iterator[str]:
        for uri in self._tables(login, "uris"):
            if url := self._text(uri, "uri"):
                yield url

    def _fields(self) -> Iterator[tuple[str, Secret]]:
        for field in self._tables(self._item, "fields"):
            if isinstance(field.get("value"), bool):
                field = {**field, "value": str(field["value"]).lower()}  # noqa: PLW2901  # a check box
            if value := self._text(field, "value"):
                yield self._text(field, "name") or "?", Secret(value)
