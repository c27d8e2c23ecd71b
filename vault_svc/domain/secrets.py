"""The one type that carries a secret value through the program."""

from __future__ import annotations

from typing import Final, final


@final
class Secret:
    """A value that shows nothing of itself: not printed, compared, hashed, copied into JSON or pickled.

    Call ``reveal`` only where the value leaves for the vault or for the one answer that delivers it.
    """

    __slots__ = ("__value",)
    __hash__ = None  # type: ignore[assignment]  # a hash would let values be matched

    def __init__(self, value: str) -> None:
        self.__value: Final = value

    def reveal(self) -> str:
        """Return the plain value; the caller owes that it goes nowhere else."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        raise TypeError

    def __reduce__(self) -> str:
        raise TypeError
