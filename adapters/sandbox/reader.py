"""What a person sees of a notification's message."""

from __future__ import annotations

from html import escape

from msgspec import Struct


class Span(Struct, frozen=True):
    """A stretch of the visible text that is more than text.

    Attributes:
        kind: what it is: ``b``, ``url``, ``user``, ``code``, ``quote`` …
        start: where it begins in the visible text.
        end: where it ends, not included.
        value: the address of a link, the id of a user …; empty where there is none.
    """

    kind: str
    start: int
    end: int
    value: str = ""


class Reading(Struct, frozen=True):
    """A message as it is seen.

    Attributes:
        text: the visible text; lines end with a line feed, invisible word joiners are left out.
        spans: what is active in it, outer before inner.
        dangers: names of what would break the real messenger of the person who reads it.
        html: the same for a page: safe to be set as ``innerHTML``.
    """

    text: str
    spans: tuple[Span, ...]
    dangers: tuple[str, ...]
    html: str


def read(message: str) -> Reading:
    """Read a message as the portal and its messenger do; never raises."""
    return Reading(message, (), (), escape(message))
