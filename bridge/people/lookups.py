"""What portals tell of people, remembered for a while."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from bridge.people.identity import Recipient
from bridge.people.recipients import Email, Number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bridge.delivery.served import Served
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Portal

LIFETIME: Final = timedelta(minutes=10)
"""How long a person is taken for what the portal said; so long may somebody who has just been
dismissed still be notified."""
LIFETIME_OF_NOBODY: Final = timedelta(minutes=1)
"""How long nobody is, or one of several; an administrator may be mending just that."""
MOST: Final = 10_000

Account = Number | Email
"""What a portal can be asked about."""


class _Kept(Struct, frozen=True):
    people: tuple[Recipient, ...]
    until: datetime


class Lookups:
    """Asks portals about people, but never twice within a while.

    Those who ask for the same at the same time wait for one answer.

    Args:
        served: the portals.
        clock: the time.
        most: how many answers are kept.
    """

    def __init__(self, served: Served, clock: Clock, *, most: int = MOST) -> None:
        self.served = served
        self._clock = clock
        self._most = most
        self._kept: dict[tuple[PortalId, Account], _Kept] = {}
        self._asked: dict[
            tuple[PortalId, Account], asyncio.Task[Mapping[Account, tuple[Recipient, ...]]]
        ] = {}

    async def find(
        self, portal: PortalId, accounts: Collection[Account]
    ) -> Mapping[Account, Sequence[Recipient]]:
        """Find the people, dismissed ones too, behind each number and address; perhaps nobody.

        Raises:
            PortalError: the portal could not be asked.
        """
        wanted = {account: _fold(account) for account in accounts}
        known = self._list_fresh(portal, set(wanted.values()))
        missing = [one for one in dict.fromkeys(wanted.values()) if one not in known]
        unasked = [one for one in missing if (portal, one) not in self._asked]
        if unasked:
            asking = asyncio.create_task(self._ask(portal, self.served[portal], unasked))
            self._asked.update({(portal, one): asking for one in unasked})
        tasks = {self._asked[portal, one] for one in missing}
        # Whoever stops waiting does not stop the others.
        for answer in await asyncio.gather(*map(asyncio.shield, tasks)):
            known |= answer
        return {account: known[folded] for account, folded in wanted.items()}

    def _list_fresh(
        self, portal: PortalId, accounts: Collection[Account]
    ) -> dict[Account, tuple[Recipient, ...]]:
        now = self._clock.now()
        return {
            account: kept.people
            for account in accounts
            if (kept := self._kept.get((portal, account))) and now < kept.until
        }

    async def _ask(
        self, portal_id: PortalId, portal: Portal, accounts: Sequence[Account]
    ) -> Mapping[Account, tuple[Recipient, ...]]:
        try:
            people = await portal.find_people(
                [account.user_id for account in accounts if isinstance(account, Number)],
                [account.address for account in accounts if isinstance(account, Email)],
            )
        finally:
            for account in accounts:
                del self._asked[portal_id, account]
        # Who was found by address need not be asked for by number.
        answer = {Number(person.user_id): (person,) for person in people} | {
            account: tuple(person for person in people if _is_meant(account, person))
            for account in accounts
        }
        for account, found in answer.items():
            self._keep(portal_id, account, found)
        return answer

    def _keep(self, portal: PortalId, account: Account, people: tuple[Recipient, ...]) -> None:
        is_lasting = sum(person.is_active for person in people) == 1
        until = self._clock.now() + (LIFETIME if is_lasting else LIFETIME_OF_NOBODY)
        self._kept.pop((portal, account), None)
        self._kept[portal, account] = _Kept(people, until)
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]  # the oldest


def _fold(account: Account) -> Account:
    return Email(_lower(account.address.strip())) if isinstance(account, Email) else account


def _is_meant(account: Account, person: Recipient) -> bool:
    if isinstance(account, Number):
        return person.user_id == account.user_id
    return _lower(person.email) == account.address


def _lower(address: str) -> str:
    """Lower the case, but let a Kelvin sign be no ``k``: that would be somebody else's address."""
    lowered = address.lower()
    return lowered if lowered.isascii() == address.isascii() else address
