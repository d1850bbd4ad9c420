"""Putting a notification together: what goes into its text, its e-mail and its attachment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.markup import attach, plain
from bridge.markup.fit import fit

if TYPE_CHECKING:
    from bridge.markup.nodes import Document, Inline


class Composed(Struct, frozen=True):
    """A message as a notification takes it.

    Attributes:
        message: ``MESSAGE``, BB codes; empty only when the message shows nothing.
        message_out: ``MESSAGE_OUT``, all of it as plain text.
        attach: ``ATTACH`` as JSON; empty when the text says all of it.
        is_shortened: whether the message is longer than the portal keeps, and was cut.
    """

    message: str
    message_out: str
    attach: str
    is_shortened: bool


def compose(document: Document, ending: tuple[Inline, ...] = ()) -> Composed:
    """Put a message together; each of its texts has at most 20,000 characters.

    Args:
        document: the message.
        ending: where all of it can be read, for one that must be shortened; see ``fit``.
    """
    attached = attach.render(document)
    fitted = fit(attached.lead if attached else document, ending=ending)
    return Composed(
        message=fitted.text,
        message_out=fit(document, render=plain.render, ending=ending).text,
        attach=attached.json if attached else "",
        is_shortened=fitted.is_shortened,
    )
