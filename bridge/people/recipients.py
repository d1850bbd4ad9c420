"""Whom a person means: what they may write, and the Bitrix24 person behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.errors import RecipientAmbiguous, RecipientUnknown
from bridge.people.identity import BitrixUserId, Identity, Link, Located
from bridge.replies.suggestions import nearest
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.delivery.served import Served
    from bridge.people.identity import PortalId, Recipient, Sender
    from bridge.ports import People, Portal


class Mentioned(Struct, frozen=True):
    """A mention that the platform itself made, with its own id of the person."""

    external_id: str
    label: str

    def __str__(self) -> str:
        return f"@{self.label}"


class MentionedGroup(Struct, frozen=True):
    """A mention of a group of the platform's own, with its id."""

    external_id: str
    label: str

    def __str__(self) -> str:
        return f"@{self.label}"


class Handle(Struct, frozen=True):
    """``@anna``: a name as it was typed."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


class Number(Struct, frozen=True):
    """``#5``: a ``USER_ID`` in Bitrix24."""

    user_id: BitrixUserId

    def __str__(self) -> str:
        return f"#{self.user_id}"


class Email(Struct, frozen=True):
    """``anna@corp.example``."""

    address: str

    def __str__(self) -> str:
        return self.address


RecipientRef = Mentioned | MentionedGroup | Handle | Number | Email
"""What a person may write for a recipient; ``str()`` shows it as it was written."""

# What is not text stands for itself, see ``bridge.commands.cursor``.
_END: Final = r"(?=:?(?:[\s,\ufffc]|$))"
_ATOM: Final = r"""[^\s,:;@<>()"\ufffc]"""
RECIPIENT: Final = re.compile(
    rf"""
    @(?P<handle>[\w.-]*\w) {_END}
    | \#(?P<number>[0-9]{{1,18}}) {_END}
    | (?P<email>{_ATOM}++@(?={_ATOM}+?\.){_ATOM}++(?<=\w)) {_END}
    """,
    re.VERBOSE,
)
"""A recipient in plain text, up to white space, a comma, a colon or the end."""


def read_recipient(text: str) -> RecipientRef | None:
    """Read a whole text as one recipient; None if it is none."""
    match = RECIPIENT.match(text)
    return recipient_of(match) if match and match.end() == len(text) else None


def recipient_of(match: re.Match[str]) -> RecipientRef:
    """Turn a match of ``RECIPIENT`` into the recipient it names."""
    if handle := match["handle"]:
        return Handle(handle)
    if number := match["number"]:
        return Number(BitrixUserId(int(number)))
    return Email(match["email"])


class Directory:
    """Finds the Bitrix24 person behind what was written.

    Args:
        people: the mapping store; links to portals that are not served are none here.
        served: the portals; asked for numbers and e-mail addresses.
    """

    def __init__(self, people: People, served: Served) -> None:
        self._people = people
        self._served = served

    def name_among(self, portal: PortalId) -> str:
        """Tell a portal's host if there are others that it could be mixed up with, else nothing."""
        return self._served.name_among(portal)

    async def find_link(self, identity: Identity) -> Link | None:
        """Find the link of an identity to somebody in a portal; None if it has none."""
        link = await self._people.find_link(identity)
        return link if link and link.portal in self._served else None

    async def find_links(
        self,
        near: Sender,
        portal: PortalId,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        """Find the links, to one portal, of those near a sender who have these handles or ids."""
        home = near.identity
        links = await self._people.find_links(
            home.platform, home.workspace, handles=handles, external_ids=external_ids
        )
        return [link for link in links if link.portal == portal]

    async def resolve(self, ref: RecipientRef, sender: Sender, link: Link | None) -> Located:
        """Find the recipient that ``sender``, who has this link, means.

        Whoever is mentioned is where they are linked; numbers and e-mail addresses are looked up in
        the sender's own portal, or in the default one.

        Raises:
            RecipientUnknown: nobody, or somebody who cannot be notified.
            RecipientAmbiguous: more than one person.
            PortalError: the portal could not be asked.
        """
        match ref:
            case Mentioned(external_id=external_id):
                identity = _beside(sender.identity, external_id)
                return _linked(ref, await self.find_link(identity), identity)
            case MentionedGroup():
                raise RecipientUnknown(say(Say.HANDLE_UNKNOWN, handle=str(ref)))
            case Handle():
                return await self._by_handle(ref, sender.identity)
            case Number():
                home = self._served.home(link)
                return Located(home, await _by_number(ref, self._served[home]))
            case Email():
                home = self._served.home(link)
                return Located(home, await _by_email(ref, self._served[home]))

    async def _by_handle(self, ref: Handle, near: Identity) -> Located:
        found = await self._people.find_by_handle(near.platform, near.workspace, ref.name)
        if found is not None:
            identity = found.identity if isinstance(found, Link) else found
            return _linked(ref, await self.find_link(identity), identity)
        handles = await self._people.list_handles(near.platform, near.workspace)
        near_handle = nearest(ref.name, handles)
        if near_handle:
            reply = say(Say.HANDLE_UNKNOWN_NEAR, handle=str(ref), near=f"@{near_handle}")
        else:
            reply = say(Say.HANDLE_UNKNOWN, handle=str(ref))
        raise RecipientUnknown(reply)


def _beside(identity: Identity, external_id: str) -> Identity:
    return Identity(identity.platform, identity.workspace, external_id)


def _linked(ref: RecipientRef, link: Link | None, identity: Identity) -> Located:
    if link:
        return Located(link.portal, link.recipient)
    raise RecipientUnknown(say(Say.RECIPIENT_NOT_LINKED, who=str(ref), identity=str(identity)))


async def _by_number(ref: Number, portal: Portal) -> Recipient:
    found = await portal.find_by_id(ref.user_id) if ref.user_id else None
    if found is None:
        raise RecipientUnknown(say(Say.NUMBER_UNKNOWN, number=str(ref)))
    return _active(found)


async def _by_email(ref: Email, portal: Portal) -> Recipient:
    found = await portal.find_by_email(ref.address)
    active = [recipient for recipient in found if recipient.is_active]
    if len(active) > 1:
        names = tuple(f"{recipient.label} (#{recipient.user_id})" for recipient in active)
        reply = say(Say.EMAIL_AMBIGUOUS, email=str(ref), names=names)
        raise RecipientAmbiguous(reply, ref=ref, candidates=active)
    if not found:
        raise RecipientUnknown(say(Say.EMAIL_UNKNOWN, email=str(ref)))
    return _active((active or found)[0])


def _active(recipient: Recipient) -> Recipient:
    if recipient.is_active:
        return recipient
    raise RecipientUnknown(say(Say.DISMISSED, name=recipient.label))
