"""Finds out who typed a command, and lets in who may."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.commands.link import tell_email_link
from bridge.errors import NotAllowed
from bridge.people.identity import Platform
from bridge.people.member import Member
from bridge.people.permissions import Act, Person, Refusal
from bridge.replies.reply import Reply
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.incoming import StoredCommand
    from bridge.people.directory import Directory
    from bridge.people.email_links import EmailLinks
    from bridge.people.identity import Identity
    from bridge.people.pace import Pace
    from bridge.people.permissions import Access, Permissions, Workspace
    from bridge.ports import Clock, Members, People, Rooms

NOBODY: Final[Mapping[Platform, Members]] = MappingProxyType({})
"""For platforms that tell nothing of their people."""
NOWHERE: Final[Mapping[Platform, Rooms]] = MappingProxyType({})
"""For platforms that tell nothing of who is in their chats."""
SILENCE: Final = timedelta(hours=1)
"""How long a stranger hears nothing after a refusal where anybody in the world can type."""

_REFUSALS: Final = {
    Refusal.STRANGER: Say.STRANGER,
    Refusal.DISMISSED: Say.SENDER_DISMISSED,
    Refusal.CLOSED: Say.SENDER_CLOSED,
    Refusal.FOREIGN: Say.SENDER_FOREIGN,
    Refusal.GUEST: Say.SENDER_GUEST,
}


class Admitted(Struct, frozen=True):
    """Somebody who may give their command.

    Attributes:
        person: who.
        is_administrator: whether they may change what concerns others.
        news: what they are to be told first: that they have been linked just now.
    """

    person: Person
    is_administrator: bool
    news: tuple[Reply, ...] = ()


class Reception:
    """Nobody gets past it without a reason.

    Args:
        people: the mapping store.
        directory: finds links.
        permissions: who may do what.
        pace: how fast people may type.
        clock: the time.
        members: what platforms tell of their people.
        rooms: what platforms tell of who is in their chats.
        email_links: links people at their first command; None if that is switched off.
    """

    def __init__(  # noqa: PLR0913
        self,
        people: People,
        directory: Directory,
        permissions: Permissions,
        pace: Pace,
        *,
        clock: Clock,
        members: Mapping[Platform, Members] = NOBODY,
        rooms: Mapping[Platform, Rooms] = NOWHERE,
        email_links: EmailLinks | None = None,
    ) -> None:
        self._people = people
        self._directory = directory
        self._permissions = permissions
        self._pace = pace
        self._clock = clock
        self._members = members
        self._rooms = rooms
        self._email_links = email_links

    async def find_member(self, identity: Identity) -> Member | None:
        """Find out what the platform tells of somebody; None if it tells nothing of anybody.

        Raises:
            ChatError: it could not be asked.
        """
        if identity.platform not in self._members:
            return None
        found = await self._members[identity.platform].find(identity)
        # Nobody is let in whom a platform that could tell does not know.
        return found or Member(identity=identity, is_active=False)

    async def admit(self, stored: StoredCommand, act: Act, member: Member | None) -> Admitted:
        """Let somebody in who may do what they are about to do.

        Raises:
            NotAllowed: they may not; without a reply they are not even to be told.
            PortalError: a portal had to be asked and could not be.
            ChatError: the platform had to be asked and could not be.
        """
        incoming = stored.incoming
        identity = incoming.sender.identity
        if incoming.platform is Platform.CONSOLE:  # nobody can be named there
            link = await self._directory.find_link(identity)
        else:
            link = await self._directory.greet(incoming.sender)
        access = await self._permissions.read()
        news: tuple[Reply, ...] = ()
        if link is None and act is not Act.LINK and self._email_links:
            link = await self._email_links.link_at_first(member)
            news = tell_email_link(link, self._directory) if link else ()
        person, where = Person(identity, link, member), (incoming.platform, incoming.workspace)
        refusal = access.decide(person, where, act)
        if refusal is Refusal.STRANGER and (room := await self._find_room(identity, access)):
            where = room
            refusal = access.decide(person, where, act)
        if refusal:
            raise await self._turn_away(refusal, identity)
        await self._check_pace(stored, person, access)
        return Admitted(person, access.decide(person, where, Act.ADMINISTER) is None, news)

    async def _find_room(self, identity: Identity, access: Access) -> Workspace | None:
        """Find a chat that somebody is in, and in which everybody may send."""
        rooms = self._rooms.get(identity.platform)
        for platform, chat in sorted(access.workspaces):
            is_group = platform is identity.platform and chat.startswith("-")
            if rooms and is_group and await rooms.has_member(chat, identity):
                return platform, chat
        return None

    async def _check_pace(self, stored: StoredCommand, person: Person, access: Access) -> None:
        incoming = stored.incoming
        if incoming.platform is Platform.CONSOLE:
            return
        if seconds := await self._pace.wait_seconds(stored):
            where = incoming.platform, incoming.workspace
            if refusal := access.decide(person, where, Act.SEND):
                raise await self._turn_away(refusal, person.identity)
            limit = str(self._pace.limit)
            raise NotAllowed(say(Say.TOO_FAST, limit=limit, seconds=str(seconds)))

    async def _turn_away(self, refusal: Refusal, identity: Identity) -> NotAllowed:
        if refusal is Refusal.BOT:
            return NotAllowed()  # two programs that answer each other never end
        if refusal is Refusal.STRANGER and await self._people.find_link(identity):
            return NotAllowed(say(Say.PORTAL_REFUSES))  # their portal is not connected at present
        if refusal is Refusal.STRANGER and identity.platform is Platform.TELEGRAM:
            now = self._clock.now()
            since = now - SILENCE
            if not await self._people.note_refusal(identity, now, unless_since=since):
                return NotAllowed()
        return NotAllowed(say(_REFUSALS[refusal], identity=str(identity)))
