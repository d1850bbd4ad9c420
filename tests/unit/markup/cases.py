"""Reads the fixture files: cases of a title and parts, each part ended by a line with one dot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

_FIXTURES = Path(__file__).parents[2] / "fixtures" / "markup"
_JOINER = "\u2060"


def cases(name: str, parts: int = 2) -> list[ParameterSet]:
    """Read a file's cases as parameters, their titles as ids; ``·`` becomes U+2060."""
    text = (_FIXTURES / name).read_text(encoding="utf-8").replace("·", _JOINER)
    _about, text = text.split("\n\n", 1)
    pieces = iter(text.split("\n.\n"))
    found = []
    for title in pieces:
        if title.strip():
            values = [next(pieces) for _ in range(parts)]
            found.append(pytest.param(*values, id=title.strip()))
    return found


def visible(text: str) -> str:
    """Show the joiners, for messages of failed tests and their expectations."""
    return text.replace(_JOINER, "·")
