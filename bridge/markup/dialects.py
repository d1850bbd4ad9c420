"""What messages are converted from and to."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """What can be read."""

    MARKDOWN = "markdown"
    SLACK = "slack"
    SLACK_BLOCKS = "slack-blocks"
    TELEGRAM = "telegram"

    @property
    def is_text(self) -> bool:
        """Whether a message is mere text; otherwise it is an object in JSON."""
        return self in {Source.MARKDOWN, Source.SLACK}


class Target(StrEnum):
    """What can be written."""

    BB = "bb"
    PLAIN = "plain"
    ATTACH = "attach"
    TREE = "tree"
