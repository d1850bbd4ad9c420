"""A notification before it is sent: what is written, and to whom in which portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from bridge.markup import markdown
from bridge.markup.compose import Composed, compose
from bridge.markup.nodes import Document
from bridge.people.identity import PortalId, Recipient
from bridge.people.mentions import resolve_mentions
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.markup.nodes import Inline
    from bridge.people.directory import Directory
    from bridge.people.identity import Located


class Draft(Struct, frozen=True):
    """A message to people in one portal.

    Attributes:
        portal: where they are.
        recipients: who they are.
        document: the message, with its mentions of people there.
        composed: the same as it is sent.
    """

    portal: PortalId
    recipients: Sequence[Recipient]
    document: Document
    composed: Composed


async def write_drafts(
    request: Request, recipients: Sequence[Located], directory: Directory
) -> list[Draft]:
    """Write the message for each portal: who is mentioned is a person in one of them."""
    document = markdown.parse(request.command.text)
    if shared := request.incoming.shared:
        document = Document((*document.children, shared))
    where = _tell_where(request)
    drafts = []
    for portal in sorted({found.portal for found in recipients}):
        here = await resolve_mentions(document, request.sender, directory, portal)
        to = [found.recipient for found in recipients if found.portal == portal]
        drafts.append(Draft(portal, to, here, compose(here, where)))
    return drafts


def _tell_where(request: Request) -> tuple[Inline, ...]:
    if not request.incoming.permalink:
        return ()
    return request.words.write_lines(
        say(Say.WHOLE_TEXT, address=request.incoming.permalink)
    ).children
