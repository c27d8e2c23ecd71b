"""Hashing of people's passwords: argon2id through ``passlib``, a bounded number at once.

``passlib`` comes from the libpass distribution, which carries it on; passlib 1.7.4 can't hash with today's bcrypt.
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Protocol

from passlib.hash import argon2

from vault_svc.domain.errors import Broken, PasswordRejected, TooMany
from vault_svc.domain.passwords import hashable
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_svc.domain.secrets import Secret

MEMORY_KIB, ROUNDS, LANES = 19456, 2, 1
"""OWASP's first choice for argon2id: 20 ms a hash on the machine where it was measured."""

SLOTS = 4
"""How many run at once: each takes 19 MiB and a core."""

WAIT_S = 5.0
"""How long one waits for a slot before hearing ``TooMany``."""


class Slots:
    """Lets so many in at once, in a ``with`` block; who waits too long hears ``TooMany``."""

    def __init__(self, count: int, *, wait_s: float) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._wait_s = wait_s

    def __enter__(self) -> None:
        if not self._free.acquire(timeout=self._wait_s):
            raise TooMany(retry_after_s=max(1, round(self._wait_s)))

    def __exit__(self, *_: object) -> None:
        self._free.release()


class _Argon2(Protocol):
    """What is used of passlib's handler, whose own types are unknown."""

    def hash(self, secret: str) -> str: ...
    def verify(self, secret: str, hash: str) -> bool: ...  # noqa: A002  # passlib's name for it
    def identify(self, hash: str) -> bool: ...  # noqa: A002
    def needs_update(self, hash: str) -> bool: ...  # noqa: A002


class Argon2Hasher:
    """The ``PasswordHasher`` port. Values are normalised here, once for setting and checking alike."""

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        rounds: int = ROUNDS,
        lanes: int = LANES,
        slots: int = SLOTS,
        wait_s: float = WAIT_S,
    ) -> None:
        using: Callable[..., _Argon2] = argon2.using
        self._argon2 = using(type="ID", memory_cost=memory_kib, rounds=rounds, parallelism=lanes)
        self.slots = Slots(slots, wait_s=wait_s)
        # What a check for nobody is held against: nobody knows its password, and it costs what a real one costs.
        self._nobody = self._argon2.hash(secrets.token_urlsafe())

    def hash(self, password: Secret) -> str:
        """Return a new hash. ``PasswordRejected``: it can be nobody's password; ``TooMany``: all slots stay busy."""
        value = hashable(password)
        if value is None:
            raise PasswordRejected(
                Text("密码过长或含有无法识别的字符", "it is too long, or holds undefined characters")
            )
        with self.slots:
            return self._argon2.hash(value.reveal())

    def verify(self, password: Secret, hashed: str) -> bool:
        """Whether they belong together; what can be nobody's password takes the same time. ``Broken``: no such hash."""
        value = hashable(password)
        if value is None:
            self.verify_nobody(password)
            return False
        with self.slots:
            try:
                return self._argon2.verify(value.reveal(), hashed)
            except ValueError:
                # passlib's own message quotes what it could not read.
                raise Broken(Text("保存的密码无法读取", "the kept password hash can't be read")) from None

    def verify_nobody(self, password: Secret) -> None:
        """Spend the time of a check for a name that does not exist."""
        value = hashable(password)
        with self.slots:
            self._argon2.verify(value.reveal() if value else "", self._nobody)

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's, or is none that can be read."""
        try:
            return not self._argon2.identify(hashed) or self._argon2.needs_update(hashed)
        except ValueError:
            return True
