from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions

import pytest
from argon2 import PasswordHasher, Type
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vault_svc.adapters.hashing import LANES, MEMORY_KIB, ROUNDS, Argon2Hasher, Slots
from vault_svc.domain.errors import Broken, PasswordRejected, TooMany
from vault_svc.domain.passwords import LONGEST_EVER, hashable
from vault_svc.domain.secrets import Secret

PLAIN = Secret("Kranich-Teller-Nord")
QUICK = Argon2Hasher(memory_kib=64, rounds=1)
IMPOSSIBLE = ("x" * (LONGEST_EVER + 1), "\ufdfa" * 20, "Kranich\ud800Teller")


@pytest.mark.parametrize("value", IMPOSSIBLE, ids=["long", "long when normalised", "half a surrogate pair"])
def test_what_can_be_nobodys_password_is_not_hashed_and_belongs_to_nothing(value: str) -> None:
    """It is refused before argon2 sees it; in checking it is simply wrong."""
    with pytest.raises(PasswordRejected) as caught:
        QUICK.hash(Secret(value))

    assert value not in str(caught.value)
    assert not QUICK.verify(Secret(value), QUICK.hash(PLAIN))
    QUICK.verify_nobody(Secret(value))


@pytest.mark.parametrize("value", ["", "Kranich-Teller-nord", "Kranich-Teller-Nord ", "Kranich-Teller-Nord\x00"])
def test_another_value_does_not_belong(value: str) -> None:
    """Not with another case, not with more behind it."""
    assert not QUICK.verify(Secret(value), QUICK.hash(PLAIN))


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=64,t=1,p=1$bad", "$2b$12$" + "x" * 53])
def test_a_kept_hash_that_cannot_be_read_is_named_without_being_told(kept: str) -> None:
    """That is an error of the store, not a wrong password; the library's own message would quote it."""
    with pytest.raises(Broken) as caught:
        QUICK.verify(PLAIN, kept)

    assert caught.value.__cause__ is None
    assert not kept or kept not in str(caught.value)
    assert QUICK.outdated(kept)


def test_with_all_slots_busy_one_hears_when_to_come_again() -> None:
    """Hashing for many at once would take all memory and every core."""
    hasher = Argon2Hasher(memory_kib=64, rounds=1, slots=2, wait_s=0.01)
    kept = hasher.hash(PLAIN)

    with hasher.slots:
        assert hasher.verify(PLAIN, kept)
        with hasher.slots:
            for busy in (
                lambda: hasher.hash(PLAIN),
                lambda: hasher.verify(PLAIN, kept),
                lambda: hasher.verify_nobody(PLAIN),
            ):
                with pytest.raises(TooMany) as caught:
                    busy()
                assert caught.value.retry_after_s >= 1

    assert hasher.verify(PLAIN, kept)


def test_exactly_so_many_get_in_at_once() -> None:
    """Three meet inside; while they are there the fourth waits in vain."""
    slots, inside, leave = Slots(3, wait_s=0.01), threading.Barrier(4), threading.Event()

    def stay() -> bool:
        with slots:
            inside.wait(timeout=30)
            return leave.wait(timeout=30)

    with ThreadPoolExecutor(3) as pool:
        stays = [pool.submit(stay) for _ in range(3)]
        inside.wait(timeout=30)
        with pytest.raises(TooMany), slots:
            pass
        leave.set()

        assert all(future.result(timeout=30) for future in stays)
    with slots:
        assert leave.is_set()


def test_a_slot_is_given_back_after_an_error() -> None:
    """A hash that can't be read does not use the slots up."""
    hasher = Argon2Hasher(memory_kib=64, rounds=1, slots=1, wait_s=0.01)

    for _ in range(3):
        with pytest.raises(Broken):
            hasher.verify(PLAIN, "plain")

    assert hasher.verify(PLAIN, hasher.hash(PLAIN))


def test_the_parameters_are_those_that_were_measured() -> None:
    """argon2id with 19 MiB, two rounds, one lane, and a salt for each hash."""
    hasher = Argon2Hasher()

    first, second = hasher.hash(PLAIN), hasher.hash(PLAIN)

    assert (MEMORY_KIB, ROUNDS, LANES) == (19456, 2, 1)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert hasher.verify(PLAIN, first)
    assert hasher.verify(PLAIN, second)


def test_a_hash_of_other_parameters_still_belongs_and_is_outdated() -> None:
    """So it is made anew at the next sign-in."""
    other = Argon2Hasher(memory_kib=128, rounds=1)
    by_kind = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=Type.I).hash(PLAIN.reveal())
    kept = QUICK.hash(PLAIN)

    assert not QUICK.outdated(kept)
    assert other.outdated(kept)
    assert other.verify(PLAIN, kept)
    assert QUICK.verify(PLAIN, by_kind)
    assert QUICK.outdated(by_kind)


@settings(max_examples=25)
@given(value=st.text(st.characters(), max_size=140))
@example(value="é" * 10)
@example(value="Ｋｒａｎｉｃｈ ｶﾞ ①")
@example(value="a\x00b")
def test_any_value_that_can_be_hashed_belongs_in_either_form(value: str) -> None:
    """Typed composed or decomposed, wide or narrow: the one form is hashed and checked."""
    form = hashable(Secret(value))

    if form is not None:
        kept = QUICK.hash(Secret(value))
        assert QUICK.verify(Secret(value), kept)
        assert QUICK.verify(form, kept)
        assert QUICK.verify(Secret(value), QUICK.hash(form))


def test_decomposed_and_wide_spellings_are_one_password() -> None:
    """Keyboards and phones differ in what they send for the same key."""
    kept = QUICK.hash(Secret("Caf\u00e9-Gar\u00e7on-12"))

    assert QUICK.verify(Secret("Cafe\u0301-Garc\u0327on-\uff11\uff12"), kept)


def test_one_distribution_owns_the_library() -> None:
    """``passlib`` 1.7.4 writes the same folder, and can't hash any more."""
    assert packages_distributions()["passlib"] == ["libpass"]
