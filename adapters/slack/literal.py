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
_LONE_STAR = re.compile(r"(?<![*\\])\*(?!\*)(?!(?<=^\*) )", re.MULTILINE)


def as_markdown(words: str) -> str:
    """Escape what Markdown would read as markup; linear, changes no handle."""
    return _ACTIVE.sub(_escape, words)


def without_stars(typed: str) -> str:
    """Escape the lone stars of typed text, but for those of lists and in code; linear.

    Two of them are Markdown's bold. One is bold to those who write in Slack and italic to Markdown:
    where Slack itself has shown a star, it was meant as such.
    """
    return typed if "`" in typed else _LONE_STAR.sub(r"\\*", typed)


def _escape(match: Match[str]) -> str:
    return f"{match[0][:-1]}\\{match[0][-1]}"
