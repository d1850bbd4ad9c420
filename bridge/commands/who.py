"""``/b24who``: show who somebody is in Bitrix24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.people.recipients import Directory


class Who:
    """Looks a recipient up."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, request: Request, /) -> Decided:
        """Answer with name and number; see ``Handler``."""
        ref = request.command.recipients[0]
        found = await self._directory.resolve(ref, request.sender, request.link)
        recipient, portal = found.recipient, self._directory.name_among(found.portal)
        number = f"#{recipient.user_id}"
        text = Say.WHO_IN if portal else Say.WHO
        reply = say(text, who=str(ref), name=recipient.label, number=number, portal=portal)
        return Decided(reply=request.words.write(reply))
