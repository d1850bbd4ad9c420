"""Finds the Bitrix24 people whom somebody means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from bridge.errors import RecipientAmbiguous, RecipientUnknown, TooLong
from bridge.people.groups import Group
from bridge.people.identity import Identity, Link, Located, PortalId, Recipient
from bridge.people.lookups import Account
from bridge.people.recipients import Email, Handle, Mentioned, MentionedGroup, Number
from bridge.people.resolved import Resolved, check_at_work, choose, join, once
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable

    from bridge.people.identity import Platform, Sender
    from bridge.people.lookups import Lookups
    from bridge.people.recipients import RecipientRef
    from bridge.ports import Groups, Members, People

MOST_RECIPIENTS: Final = 100
"""How many people may be meant at once, unless the settings say otherwise."""
_EXAMPLE: Final = "/b24group create oncall @anna @boris"
_MOST_NAMED: Final = 10
"""So many of those who are left out are named; the others are counted."""


class _Known(Struct, frozen=True):
    """What has been looked up for one command.

    Attributes:
        home: the portal that the sender looks people up in.
        groups: by their names, case-folded.
        by_handle: links by handles, case-folded.
        by_id: links by the platform's ids.
        accounts: the people behind numbers and e-mail addresses.
    """

    home: PortalId
    groups: Mapping[str, Group]
    by_handle: Mapping[str, Link]
    by_id: Mapping[str, Link]
    accounts: Mapping[Account, Sequence[Recipient]]


class Directory:
    """Finds the Bitrix24 people behind what was written, in one order on every platform.

    That is: the platform's own mentions, groups, known handles, numbers, e-mail addresses.

    Args:
        people: the mapping store; links to portals that are not served are none here.
        groups: the groups that people have made.
        lookups: asks the portals about numbers and e-mail addresses.
        members: tells who is in the platforms' own groups.
        most_recipients: how many people may be meant at once.
        leavers: whoever is in it works here no longer.
    """

    def __init__(  # noqa: PLR0913
        self,
        people: People,
        groups: Groups,
        lookups: Lookups,
        members: Mapping[Platform, Members],
        most_recipients: int = MOST_RECIPIENTS,
        *,
        leavers: Container[Located] = (),
    ) -> None:
        self._people = people
        self._groups = groups
        self._lookups = lookups
        self._served = lookups.served
        self._members = members
        self._most_recipients = most_recipients
        self._leavers = leavers

    def name_among(self, portal: PortalId) -> str:
        """Tell a portal's host if there are others that it could be mixed up with, else nothing."""
        return self._served.name_among(portal)

    def home(self, link: Link | None) -> PortalId:
        """Tell where whoever has this link looks people up.

        Raises:
            PortalOnHold: no portal is served at all.
        """
        return self._served.home(link)

    async def find_link(self, identity: Identity) -> Link | None:
        """Find the link of an identity to somebody in a portal; None if it has none."""
        return self._check_link(await self._people.find_link(identity))

    async def greet(self, sender: Sender) -> Link | None:
        """Note the handle and name of somebody who is here, and find their link."""
        return self._check_link(await self._people.note_seen(sender))

    async def find_links(
        self,
        near: Sender,
        portal: PortalId,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        """Find the links, to one portal, of those near a sender who have these handles or ids."""
        links = await self._find_served(near.identity, handles, external_ids)
        return [link for link in links if link.portal == portal]

    async def resolve(self, account: Account, sender: Sender, link: Link | None) -> Located:
        """Find the one person with a number or an e-mail address.

        Raises:
            RecipientUnknown: nobody, or somebody who cannot be notified.
            RecipientAmbiguous: more than one person.
            PortalError: the portal could not be asked.
        """
        return (await self.resolve_all((account,), sender, link)).people[0]

    async def resolve_all(
        self,
        refs: Iterable[RecipientRef],
        sender: Sender,
        link: Link | None,
        *,
        may_be_dismissed: bool = False,
    ) -> Resolved:
        """Find everybody that ``sender``, who has this link, means.

        Whoever is mentioned is where they are linked; numbers and e-mail addresses are looked up in
        the sender's own portal, or in the default one, all of them with few requests.

        Args:
            refs: what was written.
            sender: who wrote it.
            link: their own.
            may_be_dismissed: whether dismissed colleagues are found, too.

        Raises:
            RecipientUnknown: any of them is nobody, or somebody who cannot be notified.
            RecipientAmbiguous: all that is wrong is that some may mean more than one person.
            TooLong: they are too many.
            PortalError: the portal could not be asked.
            ChatError: the platform could not be asked.
        """
        wanted = tuple(dict.fromkeys(refs))
        self.check_number(wanted)
        known = await self._look_up(wanted, sender.identity, link)
        found: list[Resolved] = []
        errors: list[RecipientUnknown | RecipientAmbiguous] = []
        for ref in wanted:
            try:
                one = await self._find(ref, sender.identity, known)
                if not may_be_dismissed:
                    check_at_work(one)
                found.append(one)
            except (RecipientUnknown, RecipientAmbiguous) as error:
                errors.append(error)
        if errors:
            raise join(errors)
        everybody = once(located for one in found for located in one.people)
        self.check_number(everybody)
        left_out = tuple(reply for one in found for reply in one.left_out)
        return Resolved(everybody, left_out, any(one.is_group for one in found))

    def check_number(self, wanted: Collection[object]) -> None:
        """Refuse what is more than may be meant at once.

        Raises:
            TooLong: it is.
        """
        if len(wanted) > self._most_recipients:
            raise TooLong(say(Say.TOO_MANY_RECIPIENTS, limit=str(self._most_recipients)))

    async def _look_up(
        self, refs: Collection[RecipientRef], near: Identity, link: Link | None
    ) -> _Known:
        home = self._served.home(link)
        handles = [ref.name for ref in refs if isinstance(ref, Handle)]
        ids = [ref.external_id for ref in refs if isinstance(ref, Mentioned)]
        accounts = [ref for ref in refs if isinstance(ref, Number | Email)]
        groups = await self._groups.find(home, handles) if handles else ()
        links = await self._find_served(near, handles, ids) if handles or ids else ()
        return _Known(
            home=home,
            groups={group.name.casefold(): group for group in groups},
            by_handle={link.handle.casefold(): link for link in links if link.handle},
            by_id={link.identity.external_id: link for link in links},
            accounts=await self._lookups.find(home, accounts) if accounts else {},
        )

    async def _find(self, ref: RecipientRef, near: Identity, known: _Known) -> Resolved:
        match ref:
            case Mentioned(external_id=external_id):
                identity = Identity(near.platform, near.workspace, external_id)
                return _linked(ref, known.by_id.get(external_id), identity)
            case MentionedGroup():
                return await self._expand(ref, near)
            case Handle(name=name):
                if group := known.groups.get(name.casefold()):
                    return self._read_group(ref, group)
                if link := known.by_handle.get(name.casefold()):
                    return _linked(ref, link, link.identity)
                return await self._explain(ref, near, known.home)
            case Number() | Email():
                recipient = choose(ref, known.accounts[ref])
                return Resolved((Located(known.home, recipient),))

    def _read_group(self, ref: Handle, group: Group) -> Resolved:
        if not group.members:
            raise RecipientUnknown(say(Say.GROUP_EMPTY, group=str(ref)))
        served = [self._mark(one) for one in group.members if one.portal in self._served]
        people = tuple(one for one in served if one.recipient.is_active)
        unserved = [one for one in group.members if one.portal not in self._served]
        dismissed = [one for one in served if not one.recipient.is_active]
        left_out = [
            say(text, group=str(ref), names=tuple(one.recipient.label for one in left))
            for text, left in (
                (Say.LEFT_OUT_OF_REACH, unserved),
                (Say.LEFT_OUT_DISMISSED, dismissed),
            )
            if left
        ]
        if not people:
            raise RecipientUnknown(*left_out)
        return Resolved(people, tuple(left_out), is_group=True)

    async def _expand(self, ref: MentionedGroup, near: Identity) -> Resolved:
        """Find the people in a group of the platform's own."""
        platform = self._members.get(near.platform)
        listed = await platform.list_group(near.workspace, ref.external_id) if platform else None
        if platform is None or listed is None:
            raise RecipientUnknown(say(Say.GROUP_UNREADABLE, group=str(ref), example=_EXAMPLE))
        links = await self._find_served(near, (), [one.external_id for one in listed])
        if not links:
            raise RecipientUnknown(say(Say.GROUP_NOT_LINKED, group=str(ref)))
        linked = {link.identity for link in links}
        others = [identity for identity in listed if identity not in linked]
        names = [await _name(platform, identity) for identity in others[:_MOST_NAMED]]
        if len(others) > _MOST_NAMED:
            names.append(f"+{len(others) - _MOST_NAMED}")
        left_out = [say(Say.LEFT_OUT, group=str(ref), names=tuple(names))] if names else []
        people = tuple(Located(link.portal, link.recipient) for link in links)
        return Resolved(people, tuple(left_out), is_group=True)

    async def _explain(self, ref: Handle, near: Identity, home: PortalId) -> Resolved:
        found = await self._people.find_by_handle(near.platform, near.workspace, ref.name)
        if found is not None:
            return _linked(ref, None, found.identity if isinstance(found, Link) else found)
        handles = await self._people.list_handles(near.platform, near.workspace, home)
        groups = [group.name for group in await self._groups.list_all(home)]
        # Among thousands it takes a while, in which others must be served.
        if alike := await asyncio.to_thread(nearest, ref.name, [*handles, *groups]):
            raise RecipientUnknown(say(Say.HANDLE_UNKNOWN_NEAR, handle=str(ref), near=f"@{alike}"))
        raise RecipientUnknown(say(Say.HANDLE_UNKNOWN, handle=str(ref)))

    async def _find_served(
        self, near: Identity, handles: Collection[str], external_ids: Collection[str]
    ) -> Sequence[Link]:
        links = await self._people.find_links(
            near.platform, near.workspace, handles=handles, external_ids=external_ids
        )
        return [self._mark_link(link) for link in links if link.portal in self._served]

    def _check_link(self, link: Link | None) -> Link | None:
        return self._mark_link(link) if link and link.portal in self._served else None

    def _mark_link(self, link: Link) -> Link:
        recipient = self._mark(Located(link.portal, link.recipient)).recipient
        return replace(link, recipient=recipient)

    def _mark(self, located: Located) -> Located:
        """Note in a person whether they have left."""
        if located not in self._leavers:
            return located
        return replace(located, recipient=replace(located.recipient, is_active=False))


async def _name(platform: Members, identity: Identity) -> str:
    member = await platform.find(identity)
    if member is None:
        return str(identity)
    return f"@{member.handle}" if member.handle else member.display_name or str(identity)


def _linked(ref: RecipientRef, link: Link | None, identity: Identity) -> Resolved:
    if link:
        return Resolved((Located(link.portal, link.recipient),))
    raise RecipientUnknown(say(Say.RECIPIENT_NOT_LINKED, who=str(ref), identity=str(identity)))
