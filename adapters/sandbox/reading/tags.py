"""The BB codes that the messenger knows.

Source: https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from adapters.sandbox.reading.canvas import Look, styled
from adapters.sandbox.reading.links import ADDRESS, link

SINGLE_LEVEL = frozenset({"size", "color", "url"})
"""Pairs that are not seen within another of their kind."""

_FORMATS = frozenset({"b", "i", "u", "s"})
_PAIRS = {
    name: re.compile(parameter)
    for name, parameter in {
        **dict.fromkeys(_FORMATS, ""),
        "url": f"={ADDRESS}",
        "size": "=(?:[89]|[12][0-9]|30)",
        "color": "=#(?ai:[0-9a-f]{3}|[0-9a-f]{6})",
        "chat": "=.+",
        "context": "=.+",
        "send": "(?:=.*)?",
        "put": "(?:=.*)?",
        "call": "(?:=.*)?",
        "cut": "(?:=.*)?",
    }.items()
}
_SINGLES = {
    name: (re.compile(parameter), sign)
    for name, parameter, sign in (
        ("like", "", "👍"),
        ("rating", "=[0-9]+", "★"),
        ("disk", "=.+", "📎"),
        ("icon", "=.+", ""),
        ("pch", "=[0-9]+", ""),
    )
}
_TIME = re.compile(r"=([0-9]{1,11})(?: format=\S+)?")
_WITH_DATA = frozenset({"size", "color"})


def look_of_pair(name: str, parameter: str) -> Look | None:
    """Return how what stands between two tags looks; None if they are none.

    Args:
        name: of the tag, in lower case.
        parameter: what follows the name, with its ``=``.
    """
    pattern = _PAIRS.get(name)
    if pattern is None or not pattern.fullmatch(parameter):
        return None
    if name in _FORMATS:
        return Look(name, f"<{name}>", f"</{name}>")
    value = parameter.removeprefix("=")
    if name == "url":
        return link(value)
    return styled(name, value, data=name if name in _WITH_DATA else "")


def sign_of_single(name: str, parameter: str) -> tuple[Look, str] | None:
    """Return how a tag without a partner looks, and the sign it shows; None if it is none."""
    if name == "timestamp":
        moment = _TIME.fullmatch(parameter)
        return (styled(name, moment[1]), _show_moment(int(moment[1]))) if moment else None
    pattern, sign = _SINGLES.get(name, (None, ""))
    if pattern is None or not pattern.fullmatch(parameter):
        return None
    return styled(name, parameter.removeprefix("=")), sign


def _show_moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
