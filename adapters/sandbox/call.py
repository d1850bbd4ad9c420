"""One call of a method: what it is asked and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Answer(Struct, frozen=True):
    """What a method returns.

    Attributes:
        result: any JSON value.
        next: the ``start`` of the next page of a list; None after the last one.
        total: how many there are in all; None where that is not told.
    """

    result: object
    next: int | None = None
    total: int | None = None


class Caller(Struct, frozen=True):
    """Who calls.

    Attributes:
        user_id: in whose name.
        scope: what the credential allows.
        application: the ``client_id`` of an application; empty for a webhook.
    """

    user_id: int
    scope: frozenset[str]
    application: str = ""


class Params:
    """The parameters of a call; the case of their names does not matter."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = {name.upper(): value for name, value in values.items()}

    def get(self, name: str) -> object:
        """Return a parameter; None if it is missing."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """Return a parameter as PHP makes a string of it; empty for what has no text."""
        value = self.get(name)
        if isinstance(value, bool):
            return "1" if value else ""
        return str(value) if isinstance(value, str | int | float) else ""

    def number(self, name: str) -> int:
        """Return a whole number, also one written as text; 0 for anything else."""
        text = self.text(name).strip()
        digits = text.removeprefix("-")
        is_number = digits.isascii() and digits.isdecimal() and len(digits) < len(str(2**63))
        return int(text) if is_number else 0


def is_yes(value: object) -> bool:
    """Tell whether a value means yes: ``true``, ``1``, ``"Y"`` and the like."""
    return str(value).upper() in {"TRUE", "1", "Y"}
