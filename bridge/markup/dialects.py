"""What messages are converted from and to."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """What can be read."""

    MARKDOWN = "markdown"


class Target(StrEnum):
    """What can be written."""

    BB = "bb"
    PLAIN = "plain"
    TREE = "tree"
