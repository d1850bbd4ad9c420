"""Words that are not typed Markdown, written so that Markdown shows them as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match

# Within a word an underscore means nothing, so that handles stay as they are.
_ACTIVE = re.compile(
    r"""
    [\\`*~\[\]<>&|]
  | (?<![^\W_])_ | _(?![^\W_])
  | ^[^\S\n]*+(?:\#{1,6}|[+-]|=+|\d{1,9}[.)])(?=\s|\Z)
  | ^[^\S\n]*+-(?=[-\s]*$)
    """,
    re.MULTILINE | re.VERBOSE,
)


def as_markdown(words: str) -> str:
    """Escape what Markdown would read as markup; linear, changes no handle."""
    return _ACTIVE.sub(_escape, words)


def _escape(match: Match[str]) -> str:
    return f"{match[0][:-1]}\\{match[0][-1]}"
