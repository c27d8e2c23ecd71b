"""Names in the vault, built from validated parts only: the HTTP side would fold ``..`` and ``//`` before it decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vault_svc.domain.errors import Malformed
from vault_svc.domain.texts import Text
from vault_svc.domain.vaultpolicies import account_word, person_word

if TYPE_CHECKING:
    from vault_svc.domain.accounts import Slot

TREE: Final = "acct"
"""The folder of accounts; also the claim that only a person's login can carry."""

CANARY: Final = "kv/data/canary"

_VERB: Final = re.compile(r"[a-z]{1,32}", re.ASCII)


def value_path(account: str, slot: Slot) -> str:
    """Return where a slot's versions lie. ``Malformed`` for anything that is no account id."""
    return f"kv/data/{TREE}/{account_word(account)}/{slot.value}"


def metadata_path(account: str, slot: Slot) -> str:
    """Return where a slot's version numbers lie, without values."""
    return f"kv/metadata/{TREE}/{account_word(account)}/{slot.value}"


def vote_key(person: str) -> str:
    """Return the name of a person's vote key."""
    return f"vote-{person_word(person)}"


def policy_path(name: str) -> str:
    """Return where an ACL policy lies, ``use:alipay`` or ``worker``."""
    return f"sys/policies/acl/{_checked(name)}"


def group_path(name: str) -> str:
    """Return where a group lies, ``custody:alipay``."""
    return f"identity/group/name/{_checked(name)}"


def _checked(name: str) -> str:
    verb, colon, of = name.partition(":")
    if not _VERB.fullmatch(verb):
        raise Malformed(Text("密码库中的名称不正确", "this is no name in the vault"))
    return f"{verb}:{account_word(of)}" if colon else verb
