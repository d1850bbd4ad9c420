"""Finds the Bitrix24 account that somebody says is theirs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.errors import PortalOnHold
from bridge.people.identity import Link, Located
from bridge.people.recipients import Email, Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.delivery.served import Served
    from bridge.people.identity import PortalId

log = logging.getLogger(__name__)


class Accounts:
    """Finds people who work here, and no others, by what is theirs alone.

    Args:
        served: the portals.
    """

    def __init__(self, served: Served) -> None:
        self._served = served

    async def find(self, claim: Number | Email, link: Link | None) -> Located | None:
        """Find the one active person with a number or an address; None if that is not one.

        Numbers are looked up at home, addresses in all portals, at home first.

        Args:
            claim: what is said to be theirs.
            link: the link they have already, if they have one.

        Raises:
            PortalError: a portal could not be asked.
        """
        home = self._served.home(link)
        if isinstance(claim, Email):
            return await self.find_by_email(claim.address, home)
        found = await self._served[home].find_by_id(claim.user_id) if claim.user_id else None
        return Located(home, found) if found and found.is_active else None

    async def find_by_email(self, address: str, home: PortalId) -> Located | None:
        """Find the one active person whom the first portal that knows an address knows by it.

        Raises:
            PortalError: a portal could not be asked.
        """
        for portal in self._from(home):
            try:
                found = await self._served[portal].find_by_email(address)
            except PortalOnHold:
                if portal == home:
                    raise
                log.warning("Portal %s cannot be asked for people now", portal)
                continue
            active = [recipient for recipient in found if recipient.is_active]
            if active:
                return Located(portal, active[0]) if len(active) == 1 else None
        return None

    def _from(self, home: PortalId) -> Iterator[PortalId]:
        yield home
        yield from (portal for portal in self._served if portal != home)
