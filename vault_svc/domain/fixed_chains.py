"""A chain as it was fixed into a request at submission: plain data, kept with the request and covered by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_svc.domain.chains import SERVICE, Mode
from vault_svc.domain.errors import Broken
from vault_svc.domain.matching import most_filled
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a step: held by any of these roles, or by these people as long as they have the relation ``word``.

    ``in_place_of`` names the role or relation for which the holder stands in.
    """

    word: str
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    in_place_of: str | None = None

    def held_by(self, person: str, held: Collection[str]) -> bool:
        """Whether a person with these roles and relations holds the seat."""
        return any(role in held for role in self.roles) or (person in self.people and self.word in held)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "word": self.word,
            "roles": list(self.roles),
            "people": list(self.people),
            "in_place_of": self.in_place_of,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Seat:
        """Read it back."""
        return cls(body["word"], tuple(body["roles"]), tuple(body["people"]), body["in_place_of"])


@dataclass(frozen=True, slots=True)
class FixedStep:
    """One step with its seats, how many different people it needs, and how it is said to people."""

    mode: Mode
    quorum: int
    seats: tuple[Seat, ...]
    rules: tuple[str, ...]
    words: Text

    @property
    def wants_two(self) -> bool:
        """Whether the rule wants more than one person here."""
        return self.quorum > 1

    def held_by(self, person: str, held: Collection[str]) -> bool:
        """Whether the person holds any seat."""
        return any(seat.held_by(person, held) for seat in self.seats)

    def seats_of(self, person: str, held: Collection[str]) -> tuple[str, ...]:
        """Return the roles and relations by which a person has a say in this step, sorted."""
        own = [seat for seat in self.seats if seat.held_by(person, held)]
        words = {role for seat in own for role in seat.roles if role in held}
        return tuple(sorted(words | {seat.word for seat in own if person in seat.people and seat.word in held}))

    def reached(self, voters: Mapping[str, Collection[str]]) -> int:
        """Return how many of the needed places these people fill, each person one."""
        takers = [{person for person, held in voters.items() if seat.held_by(person, held)} for seat in self.seats]
        if self.mode is Mode.ALL_OF:
            return most_filled(takers)
        return min(self.quorum, len(set[str]().union(*takers)))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; ``roles`` and ``people`` repeat those of all seats for whoever only lists them."""
        return {
            "needs": self.mode.value,
            "quorum": self.quorum,
            "seats": [seat.to_json() for seat in self.seats],
            "roles": sorted({role for seat in self.seats for role in seat.roles}),
            "people": sorted({person for seat in self.seats for person in seat.people}),
            "rules": list(self.rules),
            "zh": self.words.zh,
            "en": self.words.en,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> FixedStep:
        """Read it back."""
        step = cls(
            mode=Mode(body["needs"]),
            quorum=body["quorum"],
            seats=tuple(Seat.from_json(seat) for seat in body["seats"]),
            rules=tuple(body["rules"]),
            words=Text(body["zh"], body["en"]),
        )
        if type(step.quorum) is not int or step.quorum < 1 or not step.seats:
            raise Broken
        return step


@dataclass(frozen=True, slots=True)
class FixedChain:
    """The steps that one revision of a request has to pass, whom it excludes, and who carries it out.

    ``custodians`` and ``sensitivity`` are the account's at that moment: where they changed, the request is void.
    """

    kind: str
    revision: int
    excluded: tuple[str, ...]
    steps: tuple[FixedStep, ...]
    carry_out: tuple[Seat, ...]
    carry_out_words: Text
    rules: tuple[str, ...] = ()
    custodians: tuple[str, ...] = ()
    sensitivity: str | None = None

    @property
    def by_service(self) -> bool:
        """Whether the service itself carries it out."""
        return all(seat.word == SERVICE for seat in self.carry_out)

    @property
    def rule(self) -> str | None:
        """The regulation that events of the chain cite: the last one written, the most particular."""
        return self.rules[-1] if self.rules else None

    def same_object(self, *, custodians: Collection[str], sensitivity: str | None) -> bool:
        """Whether the account is still what the chain was fixed for."""
        return set(custodians) == set(self.custodians) and sensitivity == self.sensitivity

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON for the request; ``from_json`` reads it back to an equal chain."""
        return {
            "v": 1,
            "kind": self.kind,
            "revision": self.revision,
            "excluded": list(self.excluded),
            "steps": [step.to_json() for step in self.steps],
            "carried_out_by": {
                "service": self.by_service,
                "seats": [seat.to_json() for seat in self.carry_out],
                "roles": sorted({role for seat in self.carry_out for role in seat.roles}),
                "people": sorted({person for seat in self.carry_out for person in seat.people}),
                "zh": self.carry_out_words.zh,
                "en": self.carry_out_words.en,
            },
            "rules": list(self.rules),
            "custodians": list(self.custodians),
            "sensitivity": self.sensitivity,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> FixedChain:
        """Read it back. ``Broken`` where it is no fixed chain: a chain without steps approves nothing."""
        try:
            by = body["carried_out_by"]
            fixed = cls(
                kind=body["kind"],
                revision=body["revision"],
                excluded=tuple(body["excluded"]),
                steps=tuple(FixedStep.from_json(step) for step in body["steps"]),
                carry_out=tuple(Seat.from_json(seat) for seat in by["seats"]),
                carry_out_words=Text(by["zh"], by["en"]),
                rules=tuple(body["rules"]),
                custodians=tuple(body["custodians"]),
                sensitivity=body["sensitivity"],
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise Broken(Text("审批流程无法读取", "the chain of the request can't be read")) from fault
        if not fixed.steps or not fixed.carry_out or body.get("v") != 1 or not fixed.excluded:
            raise Broken(Text("审批流程无法读取", "the chain of the request can't be read"))
        return fixed
