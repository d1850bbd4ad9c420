"""``/b24link`` and ``/b24unlink``: one's own link to Bitrix24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.errors import NotLinked
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.people.identity import Link
    from bridge.people.recipients import Directory
    from bridge.ports import Links


class ShowLink:
    """Tells people who they are."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, request: Request, /) -> Decided:
        """Answer with the account one is linked to; see ``Handler``."""
        link = _linked(request)
        recipient, portal = link.recipient, self._directory.name_among(link.portal)
        number = f"#{recipient.user_id}"
        text = Say.LINKED_IN if portal else Say.LINKED
        return Decided(
            reply=request.words.write(say(text, name=recipient.label, number=number, portal=portal))
        )


class Unlink:
    """Ends one's own link."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def __call__(self, request: Request, /) -> Decided:
        """End the link and say so; see ``Handler``."""
        recipient = _linked(request).recipient
        await self._links.unlink(request.sender.identity)
        return Decided(reply=request.words.write(say(Say.UNLINKED, name=recipient.label)))


def _linked(request: Request) -> Link:
    if request.link is None:
        raise NotLinked(say(Say.NOT_LINKED, identity=str(request.sender.identity)))
    return request.link
