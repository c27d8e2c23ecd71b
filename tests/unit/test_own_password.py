from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.unit.password_desk import FIRST, MONDAY, NAME, Desk, open_desk
from vault_svc.domain.errors import BadCredentials, Gone, NotPermitted, PasswordRejected, TooMany, WrongState
from vault_svc.domain.password_age import state_of
from vault_svc.domain.people import Password, PasswordState
from vault_svc.domain.permissions import Caller
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import MAX_TRIES, TRY_WINDOW
from vault_svc.services.passwords import set_own
from vault_svc.services.todo import todo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vault_svc.domain.audit import Event

NEW = "Kranich-Teller-Nord"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One person with a password."""
    yield from open_desk(tmp_path)


def change(desk: Desk, new: str = NEW, *, current: str = FIRST, second_factor: bool = False) -> Password:
    """Change the person's own password."""
    return set_own(desk.context, desk.caller, current=Secret(current), new=Secret(new), second_factor=second_factor)


def only(events: list[Event]) -> tuple[str, str, str | None, dict[str, object]]:
    """Actor, object, rule and details of the one event there is."""
    (event,) = events
    return event.actor, event.obj, event.rule, json.loads(event.body)["details"]


def test_nobody_changes_a_password_without_being_signed_in(desk: Desk) -> None:
    """The gate is asked first, and what it says is on record."""
    with pytest.raises(NotPermitted):
        set_own(desk.context, Caller(None), current=Secret(FIRST), new=Secret(NEW))

    assert desk.fits(FIRST)
    assert len(desk.events("gate.refused")) == 1


def test_a_wrong_present_password_changes_nothing_and_is_on_record(desk: Desk) -> None:
    """The one who sits at an open session has to be its owner."""
    with pytest.raises(BadCredentials):
        change(desk, current="Kranich-Teller-Wrong")

    assert desk.fits(FIRST)
    told = only(desk.events("password.refused"))
    assert told == (f"person:{NAME}", f"person:{NAME}", "DB-5", {"reason": "wrong_present"})


def test_a_stolen_session_has_ten_tries_in_half_an_hour(desk: Desk) -> None:
    """Then even the right one is not looked at, until the time is over."""
    for _ in range(MAX_TRIES):
        with pytest.raises(BadCredentials):
            change(desk, current="Kranich-Teller-Wrong")

    with pytest.raises(TooMany) as caught:
        change(desk)

    assert 0 < caught.value.retry_after_s <= TRY_WINDOW.total_seconds() + 1
    assert desk.fits(FIRST)
    desk.at += TRY_WINDOW
    change(desk)
    assert desk.fits(NEW)


def test_a_right_one_gives_the_tries_back(desk: Desk) -> None:
    """Nine slips today do not lock anybody out tomorrow."""
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(BadCredentials):
            change(desk, current="Kranich-Teller-Wrong")
    change(desk)

    with pytest.raises(BadCredentials):
        change(desk, "Seehund-Anker-Boje", current="Kranich-Teller-Wrong")

    change(desk, "Seehund-Anker-Boje", current=NEW)
    assert desk.fits("Seehund-Anker-Boje")


def test_a_password_that_breaks_rules_is_refused_with_each_of_them(desk: Desk) -> None:
    """The error names the rules and the next step, the record their codes; the value is in neither."""
    with pytest.raises(PasswordRejected) as caught:
        change(desk, "1abcdefgh")

    codes = [violation.code for violation in caught.value.violations]
    assert codes[:2] == ["too_short", "begins_with_digit"]
    assert caught.value.rule == "DB-5"
    assert caught.value.next_step is not None
    (event,) = desk.events("password.refused")
    assert json.loads(event.body)["details"] == {"reason": "rules", "broken": codes}
    assert b"1abcdefgh" not in event.body
    assert desk.fits(FIRST)


@pytest.mark.parametrize(
    "own", ["Teller-Linxiao-Nord", "Teller-林晓-Nord-See", "Teller-示范商城-Nord", "Teller-xiaolin-Nord"]
)
def test_the_names_of_person_and_company_are_those_of_the_store(desk: Desk, own: str) -> None:
    """Whose password it is, is known from the session, not from what is typed."""
    with pytest.raises(PasswordRejected) as caught:
        change(desk, own)

    assert [violation.code for violation in caught.value.violations] == ["own_words"]


def test_the_present_one_with_digits_changed_is_refused(desk: Desk) -> None:
    """The present one is at hand in plain only now."""
    with pytest.raises(PasswordRejected) as caught:
        change(desk, f"{FIRST}2")

    assert [violation.code for violation in caught.value.violations] == ["like_the_present"]


def test_the_last_five_do_not_come_back_and_the_sixth_does(desk: Desk) -> None:
    """Their hashes are kept just as long."""
    chain = [FIRST, *(f"{bird}-Teller-Nord" for bird in ("Kranich", "Moewe", "Seehund", "Robbe", "Auster", "Krabbe"))]
    for old, new in pairwise(chain):
        desk.at += timedelta(hours=1)
        change(desk, new, current=old)

    for back in chain[1:6]:
        with pytest.raises(PasswordRejected) as caught:
            change(desk, back, current=chain[-1])
        assert [violation.code for violation in caught.value.violations] == ["used_before"]

    assert len(desk.past()) == 5
    change(desk, FIRST, current=chain[-1])
    assert desk.fits(FIRST)


def test_a_one_time_password_that_waited_too_long_is_not_exchanged(desk: Desk) -> None:
    """Whoever finds the old letter gets nowhere; the answer says who can help."""
    desk.set_state(PasswordState.ONE_TIME, expires_at=MONDAY + timedelta(days=14))
    desk.at = MONDAY + timedelta(days=14)

    with pytest.raises(Gone) as caught:
        change(desk)

    assert caught.value.next_step is not None
    assert only(desk.events("password.refused"))[3] == {"reason": "one_time_over"}
    assert desk.fits(FIRST)


@pytest.mark.parametrize("state", list(PasswordState))
def test_a_change_puts_the_password_in_order(desk: Desk, state: PasswordState) -> None:
    """From any state, an expired one too, for 90 days without a second factor."""
    desk.set_state(state)
    desk.at += timedelta(days=10)

    kept = change(desk)

    assert kept == desk.kept()
    assert desk.fits(NEW)
    assert state_of(kept, at=desk.at) is PasswordState.IN_ORDER
    assert (kept.set_at, kept.expires_at) == (desk.at, desk.at + timedelta(days=90))


def test_an_expired_password_can_still_be_changed(desk: Desk) -> None:
    """That is the one thing that is open."""
    desk.at = MONDAY + timedelta(days=91)

    change(desk)

    assert state_of(desk.kept(), at=desk.at) is PasswordState.IN_ORDER


def test_with_a_second_factor_it_is_shorter_and_lasts_longer(desk: Desk) -> None:
    """Eight characters, 180 days."""
    kept = change(desk, "Hq7!vTz2k", second_factor=True)

    assert kept.expires_at == MONDAY + timedelta(days=180)


def test_a_change_is_on_record_without_any_value(desk: Desk) -> None:
    """Who, from where, under which rules, until when."""
    change(desk)

    (event,) = desk.events("password.changed")
    told = only([event])
    assert told[:3] == (f"person:{NAME}", f"person:{NAME}", "DB-5")
    assert told[3] == {"profile": "default", "expires_at": "2026-04-05T01:00:00+00:00", "sessions_ended": 1}
    assert event.source == "10.0.0.7"
    assert desk.kept().hash.encode() not in event.body


def test_a_change_ends_all_sessions_but_the_one_that_made_it(desk: Desk) -> None:
    """Who got in with the old password is out."""
    change(desk)

    assert desk.living_sessions() == {"SE-own"}


def test_a_refused_change_ends_no_session(desk: Desk) -> None:
    """Nothing has happened."""
    with pytest.raises(PasswordRejected):
        change(desk, "short")

    assert desk.living_sessions() == {"SE-own", "SE-other"}


def test_what_was_changed_elsewhere_meanwhile_is_not_overwritten(desk: Desk) -> None:
    """Two changes at once from two sessions: one is kept, the other hears so."""
    meet = threading.Barrier(2)
    verify = desk.hasher.verify

    class Meeting(type(desk.hasher)):  # type: ignore[misc]  # the class of the hasher at hand
        """Lets both go on only when both have read what is kept."""

        def verify(self, password: Secret, hashed: str) -> bool:
            meet.wait(timeout=30)
            return verify(password, hashed)

    desk.hasher = Meeting(memory_kib=64, rounds=1)
    other = replace(desk, caller=replace(desk.caller, session="SE-other"))

    def outcome(who: Desk, new: str) -> str:
        try:
            change(who, new)
        except WrongState:
            return "overtaken"
        return new

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(outcome, (desk, other), (NEW, "Seehund-Anker-Boje")))

    assert ends.count("overtaken") == 1
    desk.hasher = Desk(desk.store).hasher
    assert desk.fits(next(end for end in ends if end != "overtaken"))
    assert len(desk.past()) == 1


def test_the_rules_are_those_in_force_at_the_change(desk: Desk) -> None:
    """A policy change counts at the next call; where no history is kept, no hash is."""
    desk.profile = "seed_floor"

    change(desk, "aB-cD1")

    assert desk.fits("aB-cD1")
    assert desk.past() == []
    assert only(desk.events("password.changed"))[3]["profile"] == "seed_floor"


def test_the_last_fourteen_days_are_told_among_what_waits(desk: Desk) -> None:
    """Not earlier; and not any more once it is changed."""
    desk.at = MONDAY + timedelta(days=75)
    assert todo(desk.context, desk.caller).password_ends is None

    desk.at = MONDAY + timedelta(days=76)
    assert todo(desk.context, desk.caller).password_ends == MONDAY + timedelta(days=90)

    change(desk)
    assert todo(desk.context, desk.caller).password_ends is None


def test_a_person_without_a_password_can_not_set_one(desk: Desk) -> None:
    """The first one is issued, never chosen; the gate calls a missing password expired."""
    desk.store.write(lambda tx: tx.remove(Password, NAME))

    with pytest.raises(BadCredentials):
        change(desk)
