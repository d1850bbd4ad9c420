"""Links people by the e-mail address that their platform has verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from bridge.people.identity import Link
from bridge.people.linking import Proof
from bridge.people.recipients import Email

if TYPE_CHECKING:
    from bridge.people.accounts import Accounts
    from bridge.people.member import Member
    from bridge.ports import Links


class EmailLinks:
    """Links whoever is a full member of their workspace and has the address of one active person.

    Args:
        accounts: finds who has an address there.
        links: where links are kept.
    """

    def __init__(self, accounts: Accounts, links: Links) -> None:
        self._accounts = accounts
        self._links = links

    async def link_at_first(self, member: Member | None) -> Link | None:
        """Link somebody who never was linked; whoever ended a link does not want a new one.

        Raises:
            PortalError: a portal could not be asked.
        """
        if not _is_proved(member) or await self._links.was_ever_linked(member.identity):
            return None
        return await self.link(member)

    async def link(self, member: Member | None) -> Link | None:
        """Link somebody who asks for it; None if their address proves nothing.

        Raises:
            PortalError: a portal could not be asked.
        """
        if not _is_proved(member):
            return None
        person = await self._accounts.find(Email(member.email), None)
        if person is None:
            return None
        who = member.identity
        await self._links.link(who, person, proof=Proof.EMAIL, changed_by=str(who))
        return Link(who, person.portal, person.recipient, member.handle)


def _is_proved(member: Member | None) -> TypeGuard[Member]:
    return member is not None and member.is_full and bool(member.email)
