"""What a person sees of a notification's message.

A reader of our own, written from what was observed of the real server and its web messenger and
independent of what renders the bridge's messages, so that each can be held against the other.
Where a thing is not known for certain it takes the one for active: better a false alarm than a
message that surprises its reader. It takes time in proportion to the message.
"""

from __future__ import annotations

import re

from msgspec import Struct

from adapters.sandbox.reading.blocks import Kind, split_blocks, take_code
from adapters.sandbox.reading.canvas import Canvas, Look, Span, styled
from adapters.sandbox.reading.server_text import prepare
from adapters.sandbox.reading.show import show

__all__ = ["Reading", "Span", "read"]

_QUOTE = Look("quote", "<blockquote>", "</blockquote>")
_COMMANDS = {"/me": Look("me", "<i>", "</i>"), "/loud": styled("loud")}
_CODE_DOLLAR = re.compile(r"\$[$&`'\"<>]")
_PHP_NAME = re.compile(
    r"count|current|date|datetime|each|end|exec|exit|file|header|key|link|list|log|mail|max|min|"
    r"next|pos|prev|range|reset|round|sleep|sort|system|time|trim",
    re.IGNORECASE,
)


class Reading(Struct, frozen=True):
    """A message as it is seen.

    Attributes:
        text: the visible text; lines end with a line feed, invisible word joiners are left out,
            and spaces that are kept are no-break spaces.
        spans: what is active in it, outer before inner.
        dangers: names of what breaks or corrupts something in the real messenger: ``put``,
            ``call``, ``cut``, ``replacement-mark``, ``code-dollar``, ``address-before-code``,
            ``session-id``, ``php-name``.
        html: the same for a page: safe to be set as ``innerHTML``.
    """

    text: str
    spans: tuple[Span, ...]
    dangers: frozenset[str]
    html: str


def read(message: str) -> Reading:
    """Read a message as the portal and its messenger do; never raises."""
    canvas = Canvas()
    prepared = prepare(message)
    dangers = _dangers_of_whole(prepared)
    command = next((c for c in _COMMANDS if prepared[: len(c)].lower() == c), None)
    if command:
        canvas.open(_COMMANDS[command])
        # The messenger takes the character after the command for a space, whatever it is.
        prepared = prepared[len(command) + 1 :]
    text, codes = take_code(prepared)
    if any(map(_CODE_DOLLAR.search, codes)):
        dangers.add("code-dollar")
    remaining = iter(codes)
    for block in split_blocks(text):
        if block.kind is Kind.QUOTE:
            canvas.open_block(_QUOTE)
        dangers |= show(block.text, remaining, canvas)
        if block.kind is Kind.QUOTE:
            canvas.close_block()
    if command:
        canvas.close()
    return Reading(canvas.text, canvas.spans, frozenset(dangers), canvas.html)


def _dangers_of_whole(text: str) -> set[str]:
    found = set()
    upper = text.upper()
    if "####REPLACEMENT_" in upper:
        found.add("replacement-mark")
    if "PHPSESSID=" in upper:
        found.add("session-id")
    if _PHP_NAME.fullmatch(text):
        found.add("php-name")
    return found
