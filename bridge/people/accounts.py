"""Finds the Bitrix24 accounts that people say are theirs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.errors import PortalOnHold
from bridge.people.identity import Located
from bridge.people.recipients import Email, Number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bridge.people.identity import Link, PortalId, Recipient
    from bridge.people.lookups import Lookups

log = logging.getLogger(__name__)


class Accounts:
    """Finds people who work here, and no others, by what is theirs alone.

    Args:
        lookups: asks the portals.
    """

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def find(self, claim: Number | Email, link: Link | None) -> Located | None:
        """Find the one active person with a number or an address; None if that is not one.

        Numbers are looked up at home, addresses in all portals, at home first.

        Args:
            claim: what is said to be theirs.
            link: the link they have already, if they have one.

        Raises:
            PortalError: a portal could not be asked.
        """
        home = self._lookups.served.home(link)
        if isinstance(claim, Email):
            found = (await self.find_by_email([claim.address], home))[claim.address]
        else:
            found = _active(home, (await self._lookups.find(home, [claim]))[claim])
        return found[0] if len(found) == 1 else None

    async def find_by_email(
        self, addresses: Collection[str], home: PortalId | None = None
    ) -> Mapping[str, Sequence[Located]]:
        """Find the active people of the first portal that knows each address.

        Args:
            addresses: verified ones.
            home: the portal that is asked first; the default one if it is not told.

        Raises:
            PortalError: a portal could not be asked.
        """
        home = home or self._lookups.served.home(None)
        found: dict[str, Sequence[Located]] = {}
        for portal in self._from(home):
            missing = [Email(address) for address in addresses if not found.get(address)]
            try:
                answer = await self._lookups.find(portal, missing)
            except PortalOnHold:
                if portal == home:
                    raise
                log.warning("Portal number %s cannot be asked for people now", portal)
                continue
            found |= {claim.address: _active(portal, answer[claim]) for claim in missing}
        return found

    def _from(self, home: PortalId) -> Iterator[PortalId]:
        yield home
        yield from (portal for portal in self._lookups.served if portal != home)


def _active(portal: PortalId, people: Sequence[Recipient]) -> Sequence[Located]:
    return [Located(portal, person) for person in people if person.is_active]
