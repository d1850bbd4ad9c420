"""Keeps a credential out of everything that is written down."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Hides one secret in texts, and in what the HTTP library itself logs.

    Args:
        secret: what must not be seen, in whatever case; not empty.
    """

    def __init__(self, secret: str) -> None:
        self._pattern = re.compile(re.escape(secret), re.IGNORECASE)
        self._filter = _LogFilter(self.hide)

    def hide(self, text: str) -> str:
        """Return the text with ``***`` for the secret."""
        return self._pattern.sub("***", text)

    def guard_logs(self) -> None:
        """Hide the secret in the log records of httpx and httpcore, at every level."""
        # A logger does not run the filters of its parents, so each one is guarded by itself.
        for name in _HTTP_LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    def release_logs(self) -> None:
        """Undo ``guard_logs``."""
        for name in _HTTP_LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)


class _LogFilter(logging.Filter):
    """Rewrites a record that would show the secret; lets every record through."""

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
