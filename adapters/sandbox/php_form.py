"""Forms and queries as PHP reads them: ``ATTACH[0][MESSAGE]=…`` becomes nested values.

Source: https://www.php.net/manual/en/function.parse-str.php
"""

from __future__ import annotations

from urllib.parse import unquote_plus

_FIELDS = 10_000
_DEPTH = 64


class FormError(ValueError):
    """The form has more fields, or deeper ones, than PHP accepts."""


class _Array(dict[str, "str | _Array"]):
    """PHP's one container: keys in order, and the number that ``[]`` takes next."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0

    def put(self, key: str, value: str) -> None:
        self[self._claim(key)] = value

    def open(self, key: str) -> _Array:
        key = self._claim(key)
        inner = self.get(key)
        if not isinstance(inner, _Array):
            inner = self[key] = _Array()
        return inner

    def _claim(self, key: str) -> str:
        key = key or str(self._next)
        if key.isascii() and key.isdecimal() and len(key) < len(str(2**63)):
            self._next = max(self._next, int(key) + 1)
        return key


def parse_form(encoded: str) -> dict[str, object]:
    """Read ``application/x-www-form-urlencoded`` text.

    Values are strings, lists where PHP's keys are 0, 1, 2 …, and dicts. Of a field given twice the
    last one counts.

    Raises:
        FormError: PHP would drop a part of it.
    """
    if encoded.count("&") >= _FIELDS:
        raise FormError("too many fields")
    form = _Array()
    for field in encoded.split("&"):
        name, _, value = field.partition("=")
        path = _path(unquote_plus(name))
        if path[0]:
            array = form
            for key in path[:-1]:
                array = array.open(key)
            array.put(path[-1], unquote_plus(value))
    return {key: _plain(value) for key, value in form.items()}


def _path(name: str) -> list[str]:
    """Split ``a[b][]`` into ``a``, ``b`` and an empty key."""
    head, bracket, rest = name.lstrip(" ").partition("[")
    path = [head.replace(".", "_").replace(" ", "_")]
    while bracket:
        key, closing, rest = rest.partition("]")
        if not closing:
            break
        path.append(key)
        if not rest.startswith("["):
            break
        rest = rest[1:]
        if len(path) > _DEPTH:
            raise FormError("fields nested too deeply")
    return path


def _plain(value: str | _Array) -> object:
    if isinstance(value, str):
        return value
    if list(value) == [str(number) for number in range(len(value))]:
        return [_plain(item) for item in value.values()]
    return {key: _plain(item) for key, item in value.items()}
