"""KeePass 2's XML export (keepass.info/help/base/importexport.html), as KeePass and KeePassXC write it.

XML itself turns a line break that was written as CR LF into LF; every other character is kept.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

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

_DEEPEST: Final = 100
_MOST_ELEMENTS: Final = 500_000
"""Fifty for each entry; ten million small ones would take seconds and gigabytes."""
_NO_UUID: Final = "AAAAAAAAAAAAAAAAAAAAAA=="
_SEEDS: Final = ("otp", "TimeOtp-Secret-Base32", "TOTP Seed")
_STANDARD: Final = frozenset({"Title", "UserName", "Password", "URL", "Notes"})
_FMT: Final = ExportFormat.KEEPASS2


def read_keepass(data: bytes) -> ExportReading:
    """Read the export. ``Invalid`` where it is no such XML, declares entities, or holds encrypted values."""
    root = _parse(data)
    if root.tag != "KeePassFile":
        raise refuse("not_keepass", Text("不是 KeePass 2 的 XML 导出", "this is no XML export of KeePass 2"))
    bin_id = _recycle_bin(root)
    entries: list[ExportedEntry] = []
    losses: list[Loss] = []
    for where, (entry, thrown_away) in enumerate(_entries(root, bin_id), start=1):
        check_count(where)
        if thrown_away:
            losses.append(
                Loss("trash", Text("回收站中的项目未导入", "it is in the recycle bin and is not taken"), where)
            )
            continue
        entries.append(_entry(entry, where))
        losses.extend(_losses(entry, where))
    return ExportReading(_FMT, "xml", tuple(entries), tuple(losses))


def _parse(data: bytes) -> Element:
    depth = count = 0
    root: Element | None = None
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            count += 1
            root = element if root is None else root
            if depth > _DEEPEST:
                raise refuse("too_deep", Text("嵌套过深", "it is nested too deeply"))
            if count > 2 * _MOST_ELEMENTS:
                raise refuse("too_many", Text("内容过多", "it holds too much"))
    except DefusedXmlException:
        text = Text("不接受带有实体或 DTD 声明的 XML", "XML that declares entities or a DTD is not taken")
        raise refuse("entities", text) from None
    except (ParseError, ValueError, LookupError):
        raise refuse("not_xml", Text("不是有效的 XML", "this is no valid XML")) from None
    if root is None:
        raise refuse("not_xml", Text("不是有效的 XML", "this is no valid XML"))
    return root


def _recycle_bin(root: Element) -> str | None:
    if root.findtext("Meta/RecycleBinEnabled", "True").strip().lower() == "false":
        return None
    written = root.findtext("Meta/RecycleBinUUID", "").strip()
    return None if written in {"", _NO_UUID} else written


def _entries(root: Element, bin_id: str | None) -> Iterator[tuple[Element, bool]]:
    """Return each entry in the order of the file, and whether it lies in the recycle bin; history is none of them."""
    waiting = [(group, False) for group in reversed(root.findall("Root/Group"))]
    while waiting:
        group, thrown_away = waiting.pop()
        thrown_away = thrown_away or (bin_id is not None and group.findtext("UUID") == bin_id)
        yield from ((entry, thrown_away) for entry in group.findall("Entry"))
        waiting.extend((inner, thrown_away) for inner in reversed(group.findall("Group")))


def _entry(entry: Element, where: int) -> ExportedEntry:
    fields = _fields(entry, where)
    seed = next((key for key in _SEEDS if fields.get(key)), None)
    others = ((key, value) for key, value in fields.items() if key not in _STANDARD and key != seed and value)
    return ExportedEntry(
        where=where,
        name=fields.get("Title", ""),
        url=fields.get("URL", ""),
        username=fields.get("UserName", ""),
        password=_secret(fields.get("Password", "")),
        notes=_secret(fields.get("Notes", "")),
        totp=_secret(fields[seed]) if seed else None,
        extra=unique_keys((key, Secret(value)) for key, value in others),
    )


def _fields(entry: Element, where: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for string in entry.findall("String"):
        key, value = string.findtext("Key", ""), string.find("Value")
        if not key or key in found or value is None or len(value):
            text = Text("内容不是 KeePass 的格式", "it is not as KeePass writes it")
            raise refuse("not_keepass", text, where=where, fmt=_FMT)
        if value.get("Protected", "").lower() == "true":
            text = Text("内容是加密的,请导出为未加密的 XML", "it is encrypted, export it as unencrypted XML")
            raise refuse("encrypted", text, where=where, fmt=_FMT)
        check_value(key, where=where, fmt=_FMT)
        found[key] = check_value(value.text or "", where=where, fmt=_FMT)
    return found


def _secret(value: str) -> Secret | None:
    return Secret(value) if value else None


def _losses(entry: Element, where: int) -> Iterator[Loss]:
    if earlier := len(entry.findall("History/Entry")):
        yield Loss("history", Text(f"{earlier} 个历史版本未导入", f"{earlier} earlier versions are not taken"), where)
    if entry.find("Binary") is not None:
        yield Loss("attachments", Text("附件未导入", "attachments are not taken"), where)
