"""What only an administrator can mend, told in the log, once each."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from adapters.slack.errors import APP_GONE, MISSING_SCOPE

if TYPE_CHECKING:
    from adapters.slack.errors import Trouble

logger = logging.getLogger(__name__)

_MANIFEST: Final = "deploy/slack-manifest.yaml"


class Notices:
    """Tells of the app itself what repeats with every request, and only once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, trouble: Trouble) -> None:
        """Tell of a trouble if it is of the app itself, and has not been told."""
        if trouble.code in APP_GONE:
            self.note_removed(trouble.code)
        elif trouble.code == MISSING_SCOPE:
            self._tell(
                f"The Slack app lacks the scope {trouble.scope or '(unnamed)'}: "
                f"bring it up to date with {_MANIFEST} and install it again"
            )

    def note_removed(self, how: str) -> None:
        """Tell that the workspace has removed the app, or taken its token back."""
        if "removed" not in self._told:
            self._told.add("removed")
            self._tell(
                f"Slack's workspace has removed the app, or taken its token back ({how}): "
                "nobody can be answered there until it is installed again"
            )

    def _tell(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            logger.error("%s", words)
