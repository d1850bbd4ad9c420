"""``/b24who``: show who somebody is in Bitrix24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.people.directory import Directory


class Who:
    """Looks a recipient up."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, request: Request, /) -> Decided:
        """Answer with name and number, or with who is in a group; see ``Handler``."""
        ref = request.command.recipients[0]
        found = await self._directory.resolve_all((ref,), request.sender, request.link)
        if found.is_group:
            names = tuple(located.recipient.label for located in found.people)
            group = say(Say.WHO_GROUP, who=str(ref), names=names)
            return Decided(reply=request.words.write(group, *found.left_out))
        recipient, portal = found.people[0].recipient, found.people[0].portal
        host = self._directory.name_among(portal)
        text = Say.WHO_IN if host else Say.WHO
        number = f"#{recipient.user_id}"
        reply = say(text, who=str(ref), name=recipient.label, number=number, portal=host)
        return Decided(reply=request.words.write(reply))
