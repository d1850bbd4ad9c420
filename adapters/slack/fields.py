"""Reading JSON that may have any shape: what is missing or of another type is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from bridge.markup.characters import mend

if TYPE_CHECKING:
    from collections.abc import Iterable

Object: TypeAlias = Mapping[str, object]

_LARGEST = 10**15


def as_text(value: object) -> str:
    """Read text; a number is written out, anything else is empty."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if -_LARGEST < value < _LARGEST else ""
    return ""


def get_text(source: Object, *names: str) -> str:
    """Read the first of these fields that has text."""
    return next(filter(None, (as_text(source.get(name)) for name in names)), "")


def get_object(source: Object, name: str) -> Object:
    """Read an object."""
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}


def get_list(source: Object, name: str) -> list[object]:
    """Read a list; a lone value is a list of one."""
    value = source.get(name)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def get_objects(source: Object, name: str) -> list[Object]:
    """Read the objects of a list; text among them is taken for an object that has it."""
    return as_objects(get_list(source, name))


def as_objects(values: Iterable[object]) -> list[Object]:
    """Keep objects; text among them becomes an object that has it."""
    found: list[Object] = []
    for value in values:
        if isinstance(value, Mapping):
            found.append(value)
        elif isinstance(value, list):
            found.append({"elements": value})
        elif text := as_text(value):
            found.append({"text": text})
    return found


def get_number(source: Object, name: str) -> int:
    """Read a whole number; 0 if it is none."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
