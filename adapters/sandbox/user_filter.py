"""Which people a list is asked for.

Source: https://apidocs.bitrix24.com/api-reference/user/user-get.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sandbox.call import is_yes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

User = dict[str, object]
"""A person's fields, as the portal shows them."""

_FIELD = re.compile(r"(!?(?:=%|%=|[=@%])?|[<>]=?)(\w+)", re.ASCII)


class UserFilter:
    """Conditions that a person must meet, all of them.

    A condition has a field's name, perhaps with an operator before it, and one or several values.

    Args:
        asked: the conditions.
        known: the fields to filter by; a condition on another one is dropped without a word.
    """

    def __init__(self, asked: Mapping[str, object], known: AbstractSet[str]) -> None:
        self._conditions: list[tuple[str, str, list[str]]] = []
        for prefixed, value in asked.items():
            match = _FIELD.fullmatch(prefixed.upper())
            if match and match[2] in known:
                self._conditions.append((match[1], match[2], _comparable(match[2], value)))

    def matches(self, user: User) -> bool:
        """Tell whether a person is meant."""
        return all(
            _holds(operator, _comparable(name, user[name]), values)
            for operator, name, values in self._conditions
        )


def _holds(operator: str, values: list[str], wanted: list[str]) -> bool:
    negates = operator.startswith("!")
    compare = _OPERATORS[operator.removeprefix("!")]
    return any(compare(value, one) for value in values for one in wanted) is not negates


def _comparable(name: str, value: object) -> list[str]:
    """Return the values of a field or of a condition on it, ready to be compared."""
    if isinstance(value, list):
        return [text for item in value for text in _comparable(name, item)]
    if name == "ACTIVE":
        return [str(is_yes(value))]
    text = str(value).casefold()
    # Numbers are compared as numbers, texts without regard to case.
    return [text.zfill(20) if name == "ID" and text.isdecimal() else text]


def _is_like(value: str, pattern: str) -> bool:
    parts = (re.escape(part) for part in pattern.split("%"))
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "": str.__eq__,
    "=": str.__eq__,
    "@": str.__eq__,
    "%": str.__contains__,
    "=%": _is_like,
    "%=": _is_like,
    "<": str.__lt__,
    "<=": str.__le__,
    ">": str.__gt__,
    ">=": str.__ge__,
}
