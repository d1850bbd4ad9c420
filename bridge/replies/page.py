"""What is shown to a person who has typed nothing."""

from __future__ import annotations

from msgspec import Struct

from bridge.markup.nodes import Document
from bridge.replies.button import Button


class Page(Struct, frozen=True):
    """A page of a person's own.

    Attributes:
        document: what stands there; all its texts are literal.
        buttons: what they may press under it.
    """

    document: Document
    buttons: tuple[Button, ...] = ()
