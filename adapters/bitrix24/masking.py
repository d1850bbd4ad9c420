"""Keeps credentials out of everything that is written down."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

DETAIL_CHARACTERS: Final = 200
"""The longest detail that goes to the log."""

_HTTP_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_ADDRESS: Final = re.compile(r"\S*(?://|/rest/|www\.)\S*", re.IGNORECASE)


class Mask:
    """Hides secrets in texts, and in what the HTTP library itself logs.

    Args:
        secrets: returns what must not be seen at this moment, in whatever case; none is empty.
    """

    def __init__(self, secrets: Callable[[], Collection[str]]) -> None:
        self._secrets = secrets
        self._filter = _LogFilter(self.hide)

    def hide(self, text: str) -> str:
        """Return the text with ``***`` for each secret."""
        for secret in self._secrets():
            text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
        return text

    def guard_logs(self) -> None:
        """Hide the secrets in the log records of httpx and httpcore, at every level."""
        # A logger does not run the filters of its parents, so each one is guarded by itself.
        for name in _HTTP_LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    def release_logs(self) -> None:
        """Undo ``guard_logs``."""
        for name in _HTTP_LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)


class _LogFilter(logging.Filter):
    """Rewrites a record that would show a secret; lets every record through."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        super().__init__()
        self._hide = hide

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = self._hide(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        return True


def shorten_detail(text: str) -> str:
    """Make a foreign text fit for one line of the log: no addresses, no control characters."""
    # Cut first: the search for addresses must not take long on a hostile text.
    printable = "".join(c if c.isprintable() else " " for c in text[: 5 * DETAIL_CHARACTERS])
    line = " ".join(_ADDRESS.sub("(address)", printable).split())
    return line if len(line) <= DETAIL_CHARACTERS else line[: DETAIL_CHARACTERS - 1] + "…"
