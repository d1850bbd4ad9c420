"""``/b24link @anna #5``: administrators link others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.decided import Decided
from bridge.commands.grammar import LINK
from bridge.errors import NotAllowed, RecipientUnknown, UsageError
from bridge.people.identity import Identity, Link
from bridge.people.linking import Proof
from bridge.people.recipients import Email, Handle, Mentioned, Number
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from bridge.commands.handler import Request
    from bridge.people.directory import Directory
    from bridge.people.identity import Sender
    from bridge.ports import Links, People


class LinkOther:
    """Links somebody whom an administrator names to a Bitrix24 person.

    Args:
        directory: finds the Bitrix24 person.
        people: finds who has a handle.
        links: where links are kept.
    """

    def __init__(self, directory: Directory, people: People, links: Links) -> None:
        self._directory = directory
        self._people = people
        self._links = links

    async def __call__(self, request: Request, /) -> Decided:
        """Link them and say so; see ``Handler``."""
        match request.command.recipients:
            case (Mentioned() | Handle() as who, Number() | Email() as account):
                pass
            case (Number() | Email() as account, Mentioned() | Handle() as who):
                pass
            case _:
                raise UsageError(say(Say.LINK_OTHER_HOW, usage=f"/{LINK.name} @anna #5"))
        if not request.is_administrator:
            raise NotAllowed(say(Say.ONLY_ADMINISTRATORS))
        identity = await self._identify(who, request.sender)
        person = await self._directory.resolve(account, request.sender, request.link)
        await self._links.link(
            identity, person, proof=Proof.ADMINISTRATOR, changed_by=str(request.sender.identity)
        )
        reply = say(
            Say.OTHER_LINKED,
            who=str(who),
            identity=str(identity),
            name=person.recipient.label,
            number=f"#{person.recipient.user_id}",
        )
        return Decided(reply=request.words.write(reply))

    async def _identify(self, who: Mentioned | Handle, near: Sender) -> Identity:
        home = near.identity
        if isinstance(who, Mentioned):
            return Identity(home.platform, home.workspace, who.external_id)
        found = await self._people.find_by_handle(home.platform, home.workspace, who.name)
        if found is None:
            raise RecipientUnknown(say(Say.OTHER_UNSEEN, who=str(who), command=f"/{LINK.name}"))
        return found.identity if isinstance(found, Link) else found
