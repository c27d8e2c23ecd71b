"""The vault's ACL policies, made from the templates in ``policies/vault``: pure work on text, strict on every word.

A template is a policy in which ``@{word}`` stands for what only the running vault knows: ``@{account}``,
``@{accessor}`` (the JWT mount that a person signed in by), ``@{jwt}``, ``@{jwt2f}``, ``@{totp}``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Fault, Malformed, PolicyFileInvalid
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_POLICIES: Final = ("change", "custody", "use")
"""For each account one policy of each, ``custody:alipay``; the groups that carry them have the same names."""

PERSON_POLICIES: Final = ("intake", "person")
"""What people hold beside their accounts: their own vote key; handing in candidates."""

MACHINE_POLICIES: Final = ("backup", "registrar", "service", "steward", "worker")
"""One for each of the service's own credentials."""

KEEPER_GROUP: Final = "post:keeper"
"""Custodian roles and system administrators: they may hand in candidates for accounts that are not opened yet."""

_ACCOUNT: Final = re.compile(r"[a-z0-9._-]{1,64}", re.ASCII)
_PERSON: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,62}[a-z0-9_])?", re.ASCII)
_FILLING: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_PLACE: Final = re.compile(r"@\{([^}\n]*)\}")


def account_word(account: str) -> str:
    """Return an account id that may be part of a name in the vault; ``Malformed`` for anything else."""
    if not _ACCOUNT.fullmatch(account) or account in {".", ".."}:
        raise Malformed(Text("账户编号不正确", "this is no account id"))
    return account


def person_word(person: str) -> str:
    """Return a login name that may be part of a name in the vault; ``Malformed`` for anything else.

    The vault's key names end in a letter, a digit or ``_``.
    """
    if not _PERSON.fullmatch(person):
        raise Malformed(Text("登录名不能用于密码库", "the vault can't have this login name"))
    return person


def compile_account_policies(
    templates: Mapping[str, str], account: str, accessors: Mapping[str, str]
) -> dict[str, str]:
    """Return the policies of one account by name. ``accessors``: name of each JWT mount → its accessor.

    Each rule is written once for each mount: a person who comes by one has no name on the other.
    """
    words = {"account": account_word(account)}
    return {
        f"{verb}:{account}": _for_each_mount(templates, f"{verb}.hcl", accessors, words) for verb in ACCOUNT_POLICIES
    }


def compile_service_policies(
    templates: Mapping[str, str], *, accessors: Mapping[str, str], totp_method: str
) -> dict[str, str]:
    """Return the policies that stand from set-up on, by name. ``accessors`` needs ``jwt`` and ``jwt2f``."""
    words = {**accessors, "totp": totp_method}
    compiled = {name: _for_each_mount(templates, f"{name}.hcl", accessors, {}) for name in PERSON_POLICIES}
    compiled |= {name: _filled(f"{name}.hcl", _template(templates, f"{name}.hcl"), words) for name in MACHINE_POLICIES}
    return dict(sorted(compiled.items()))


def _for_each_mount(
    templates: Mapping[str, str], file: str, accessors: Mapping[str, str], words: Mapping[str, str]
) -> str:
    text = _template(templates, file)
    mounts = [accessors[mount] for mount in sorted(accessors)]
    return "\n".join(_filled(file, text, {**words, "accessor": accessor}) for accessor in mounts)


def _template(templates: Mapping[str, str], file: str) -> str:
    if file not in templates:
        raise PolicyFileInvalid([Fault("missing", Text("缺少该文件", "the file is missing"), file=file)])
    return templates[file]


def _filled(file: str, text: str, words: Mapping[str, str]) -> str:
    faults: list[Fault] = []
    lines: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("#", 1)[0].rstrip()  # comments tell the reader of the file; no value here holds a '#'
        faults += _faults_in(file, number, line, words)
        lines.append(_PLACE.sub(lambda place: words.get(place[1], ""), line))
    if faults:
        raise PolicyFileInvalid(faults)
    return "\n".join(line for line in lines if line) + "\n"


def _faults_in(file: str, number: int, line: str, words: Mapping[str, str]) -> list[Fault]:
    faults = []
    for word in _PLACE.findall(line):
        if word not in words:
            said = Text(f"未知的占位符 {word}", f"unknown placeholder {word}")
            faults.append(Fault("unknown_placeholder", said, file=file, line=number))
    if "@" in _PLACE.sub("", line):
        faults.append(Fault("stray_at", Text("占位符不完整", "a placeholder is not complete"), file=file, line=number))
    for word in _PLACE.findall(line):
        if word in words and not _FILLING.fullmatch(words[word]):
            said = Text(f"占位符 {word} 的值不可用", f"what {word} stands for can't be used")
            faults.append(Fault("unusable_word", said, file=file, line=number))
    return faults
