from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.password_desk import FIRST, MONDAY, NAME, Desk, Letterbox, open_desk
from vault_svc.domain.errors import NotFound, PasswordRejected, Unavailable, WrongState
from vault_svc.domain.people import Password, PasswordState, Person, PersonState
from vault_svc.domain.secrets import Secret
from vault_svc.domain.sessions import MAX_TRIES
from vault_svc.services.one_time import issue_one_time, mail_one_time, require_mail
from vault_svc.services.passwords import set_own
from vault_svc.services.tries import count_try

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = "Kranich-Teller-Nord"
WORKER = "machine:worker-1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One person with a password."""
    yield from open_desk(tmp_path)


@pytest.mark.parametrize("name", ["nobody", ""])
def test_nobody_gets_none(desk: Desk, name: str) -> None:
    """A name that is not there has no password."""
    with pytest.raises(NotFound):
        issue_one_time(desk.issuing, name, actor=WORKER)


def test_who_has_left_gets_none(desk: Desk) -> None:
    """An ended person never signs in again."""
    desk.store.write(lambda tx: tx.change(Person, NAME, expect={}, to={"state": PersonState.ENDED}))

    with pytest.raises(NotFound):
        issue_one_time(desk.issuing, NAME, actor=WORKER)

    assert desk.fits(FIRST)


def test_without_mail_nothing_is_issued(desk: Desk) -> None:
    """The refusal names the next step, and the password that there is goes on."""
    desk.mailer = Letterbox(configured=False)

    with pytest.raises(Unavailable) as caught:
        mail_one_time(desk.issuing, NAME, actor=WORKER)

    assert caught.value.next_step is not None
    assert desk.fits(FIRST)
    assert desk.events("password.issued") == []


def test_without_an_address_nothing_is_issued(desk: Desk) -> None:
    """It is never sent to somebody else instead."""
    desk.store.write(lambda tx: tx.change(Person, NAME, expect={}, to={"mail": None}))

    with pytest.raises(WrongState) as caught:
        mail_one_time(desk.issuing, NAME, actor=WORKER)

    assert caught.value.next_step is not None
    assert desk.fits(FIRST)
    assert desk.mailer.mails == []


def test_a_reset_goes_to_the_persons_own_mail_and_is_kept_as_a_hash(desk: Desk) -> None:
    """The old one is dead at once; the new one allows only to be changed, for 14 days."""
    mail_one_time(desk.issuing, NAME, actor=WORKER, serial="SQ-2026-000001")

    ((to, body),) = desk.mailer.mails
    plain = body.split(": ", 1)[1].splitlines()[0]
    kept = desk.kept()
    assert to == require_mail(desk.issuing, NAME) == "linxiao@example.com"
    assert desk.fits(plain)
    assert not desk.fits(FIRST)
    assert plain not in kept.hash
    assert (kept.state, kept.expires_at) == (PasswordState.ONE_TIME, MONDAY + timedelta(days=14))


def test_issuing_is_on_record_without_the_value(desk: Desk) -> None:
    """For whom, by which request, how delivered, until when."""
    plain = issue_one_time(desk.issuing, NAME, actor=WORKER, serial="SQ-2026-000001")

    (event,) = desk.events("password.issued")
    assert (event.actor, event.obj, event.rule, event.serial) == (WORKER, f"person:{NAME}", "DB-5", "SQ-2026-000001")
    assert json.loads(event.body)["details"] == {
        "way": "print",
        "expires_at": "2026-01-19T01:00:00+00:00",
        "sessions_ended": 2,
    }
    assert plain.reveal().encode() not in event.body


def test_a_reset_ends_every_session_and_every_lock(desk: Desk) -> None:
    """Whoever took the account over is out; the owner is not kept out by somebody else's tries."""

    def lock() -> None:
        for _ in range(MAX_TRIES):
            desk.store.write(lambda tx: count_try(tx, f"name:{NAME}", f"own:{NAME}", at=desk.at))

    lock()
    plain = issue_one_time(desk.issuing, NAME, actor=WORKER)

    assert desk.living_sessions() == set()
    lock()
    plain = issue_one_time(desk.issuing, NAME, actor=WORKER)
    set_own(desk.context, desk.caller, current=plain, new=Secret(NEW))
    assert desk.fits(NEW)


def test_a_second_one_replaces_the_first(desk: Desk) -> None:
    """A worker that died half way issues again; only the last one counts."""
    first = issue_one_time(desk.issuing, NAME, actor=WORKER)
    second = issue_one_time(desk.issuing, NAME, actor=WORKER)

    assert not desk.fits(first.reveal())
    assert desk.fits(second.reveal())


def test_a_first_password_is_issued_where_there_is_none(desk: Desk) -> None:
    """A new colleague has none yet."""
    desk.store.write(lambda tx: tx.remove(Password, NAME))

    plain = issue_one_time(desk.issuing, NAME, actor=WORKER)

    assert desk.fits(plain.reveal())
    assert desk.past() == []


def test_the_password_before_a_reset_does_not_come_back(desk: Desk) -> None:
    """A reset is no way around the history."""
    plain = issue_one_time(desk.issuing, NAME, actor=WORKER)

    with pytest.raises(PasswordRejected) as caught:
        set_own(desk.context, desk.caller, current=plain, new=Secret(FIRST))

    assert [violation.code for violation in caught.value.violations] == ["used_before"]
