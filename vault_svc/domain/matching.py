"""Filling seats with different people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def most_filled(seats: Sequence[Collection[str]]) -> int:
    """Return how many seats can be filled at once, each by a different one of the people who may take it.

    A maximum bipartite matching by augmenting paths (Kuhn 1955); sizes here are a handful.
    """
    taken: dict[str, int] = {}

    def seat_somebody(seat: int, tried: set[str]) -> bool:
        for person in seats[seat]:
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or seat_somebody(taken[person], tried):
                taken[person] = seat
                return True
        return False

    return sum(seat_somebody(seat, set()) for seat in range(len(seats)))
