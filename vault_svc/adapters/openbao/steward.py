"""The vault as the short-lived steward reaches it: policies, groups, first values; it reads no secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from vault_svc.adapters.openbao.errors import OutcomeUnknown
from vault_svc.adapters.openbao.paths import group_path, metadata_path, policy_path, value_path, vote_key
from vault_svc.adapters.openbao.votes import verified
from vault_svc.domain.accounts import Slot
from vault_svc.domain.errors import NotFound, NotPermitted, StaleVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vault_svc.adapters.openbao.approle import AppRoleSession
    from vault_svc.domain.secrets import Secret

_NEW: Final = -1
"""The vault's check-and-set word for "not there yet"."""

_CLOCKS: Final = timedelta(seconds=2)


class OpenBaoStewardVault:
    """Keeps ``services.ports.StewardVault``."""

    def __init__(self, session: AppRoleSession) -> None:
        self._session = session

    def write_policy(self, name: str, text: str) -> None:
        """Write an ACL policy if it differs; ``StaleVersion`` where somebody else wrote in between."""
        path = policy_path(name)
        there = self._policy(path)
        if there and there["policy"] == text:
            return
        body = {"policy": text, "cas": int(there["version"]) if there else _NEW, "cas_required": True}
        try:
            self._session.write(path, body)
        except OutcomeUnknown:
            written = self._policy(path)
            if not written or written["policy"] != text:
                raise

    def delete_policy(self, name: str) -> None:
        """Delete an ACL policy; done before is fine."""
        self._session.delete(policy_path(name))

    def open_group(self, name: str, *, policies: Sequence[str]) -> None:
        """Make an empty group with its policies; one that is there with these policies keeps its members.

        One with other policies (the worker's right covers making a group without any) is made anew, empty.
        """
        path = group_path(name)
        try:
            if sorted(self._session.read(path).get("policies") or []) == sorted(policies):
                return
        except NotFound:
            pass
        self._session.write(path, {"policies": sorted(policies), "member_entity_ids": []})

    def close_group(self, name: str) -> None:
        """Delete a group; done before is fine."""
        self._session.delete(group_path(name))

    def create_first_value(self, account: str, fields: Mapping[str, Secret], *, change: str) -> int:
        """Create version 1; ``StaleVersion`` where a value exists.

        The steward can't read what is there: after a lost answer a first version that was made since counts as ours.
        """
        values = {name: value.reveal() for name, value in fields.items()}
        body = {"data": {"fields": values, "change": change}, "options": {"cas": 0}}
        started = datetime.now(UTC)
        try:
            return int(self._session.write(value_path(account, Slot.VALUE), body)["version"])
        except OutcomeUnknown:
            made = self._first_made(account)
            if made is None or made < started - _CLOCKS:
                raise
            return 1
        except NotPermitted:  # creating is all it may: an update is what the vault refuses
            if self._first_made(account) is None:
                raise
            raise StaleVersion from None

    def verify_vote(self, person: str, *, body: bytes, signature: str) -> bool:
        """Whether the person's vote key made this signature over these bytes."""
        return verified(self._session, vote_key(person), body=body, signature=signature)

    def _policy(self, path: str) -> dict[str, Any] | None:
        try:
            return self._session.read(path)
        except NotFound:
            return None

    def _first_made(self, account: str) -> datetime | None:
        try:
            versions = self._session.read(metadata_path(account, Slot.VALUE)).get("versions") or {}
        except NotFound:
            return None
        return _moment(versions["1"]["created_time"]) if "1" in versions else None


def _moment(text: str) -> datetime:
    # The vault writes nanoseconds, which the standard library's reader refuses.
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}.{(fraction or '0')[:6].ljust(6, '0')}+00:00")
