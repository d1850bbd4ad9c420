"""``/b24link`` and ``/b24unlink``: one's own link to Bitrix24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.handler import Decided
from bridge.replies.texts import Say, say, write

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.people.identity import Sender
    from bridge.ports import Links
    from bridge.replies.reply import Reply


async def show_link(request: Request, /) -> Decided:
    """Answer with the account one is linked to; see ``Handler``."""
    if request.link is None:
        return Decided(reply=write(_not_linked(request.sender)))
    recipient = request.link.recipient
    number = f"#{recipient.user_id}"
    return Decided(reply=write(say(Say.LINKED, name=recipient.label, number=number)))


class Unlink:
    """Ends one's own link."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def __call__(self, request: Request, /) -> Decided:
        """End the link and say so; see ``Handler``."""
        if request.link is None:
            return Decided(reply=write(_not_linked(request.sender)))
        await self._links.unlink(request.sender.identity)
        recipient = request.link.recipient
        return Decided(reply=write(say(Say.UNLINKED, name=recipient.label)))


def _not_linked(sender: Sender) -> Reply:
    return say(Say.NOT_LINKED, identity=str(sender.identity))
