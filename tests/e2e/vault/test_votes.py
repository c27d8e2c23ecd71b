"""A vote is a signature made under the voter's own vault identity."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.realvault import RealVault

REFUSED = 403


def test_a_vote_is_signed_with_the_own_key_only(vault: RealVault) -> None:
    """Nobody signs under another's name, and a signature counts for its signer and its bytes alone."""
    one, other = vault.new_person(), vault.new_person()
    body = b'{"serial":"SQ-2026-000001","decision":"approve"}'
    signature = vault.person.sign_vote(one, sn="SQ-2026-000001", body=body)

    forged = vault.as_person(other, "post", f"transit/sign/vote-{one}", body={"input": "YQ=="})

    assert forged.status == REFUSED
    assert vault.worker.verify_vote(one, body=body, signature=signature)
    assert vault.steward.verify_vote(one, body=body, signature=signature)
    assert not vault.worker.verify_vote(one, body=body + b" ", signature=signature)
    assert not vault.worker.verify_vote(other, body=body, signature=signature)
    assert not vault.worker.verify_vote("nobody-at-all", body=body, signature=signature)


@pytest.mark.parametrize("signature", ["", "vault:v1:", "vault:v2:AAAA", "vault:v1:AAAA", "AAAA", "vault:v1:A\nA"])
def test_what_is_no_signature_verifies_as_none(vault: RealVault, signature: str) -> None:
    """Rubbish in place of a signature is answered with no, not with an error."""
    person = vault.new_person()

    assert not vault.worker.verify_vote(person, body=b"x", signature=signature)


def test_claims_of_the_last_sign_in_do_not_mix_people(vault: RealVault) -> None:
    """Under many sign-ins at once everybody signs with the own key and nobody with another's."""
    people = [vault.new_person() for _ in range(4)]
    wrong: list[str] = []

    def vote(index: int) -> None:
        person, other = people[index % 4], people[(index + 1) % 4]
        body = str(index).encode()
        signature = vault.person.sign_vote(person, sn=f"SQ-{index}", body=body)
        if not vault.worker.verify_vote(person, body=body, signature=signature):
            wrong.append(f"{index}: not the own key")
        if vault.as_person(person, "post", f"transit/sign/vote-{other}", body={"input": "YQ=="}).status != REFUSED:
            wrong.append(f"{index}: another's key")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(vote, range(96)))

    assert wrong == []


def test_a_first_sign_in_from_many_sides_makes_one_person(vault: RealVault) -> None:
    """Sixteen first sign-ins at once leave one entity."""
    barrier = threading.Barrier(16)

    def appear(_: int) -> str:
        signed = {"role": "person", "jwt": vault.signer.sign("newcomer", sn="EV-1", act="test")}
        barrier.wait()
        return str(vault.call("post", "auth/jwt/login", body=signed).document["auth"]["entity_id"])

    with ThreadPoolExecutor(16) as pool:
        entities = set(pool.map(appear, range(16)))

    assert entities == {vault.entity("newcomer")}
