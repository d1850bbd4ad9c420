"""Who works here no longer, of those who are linked or in a group."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.errors import PortalError
from bridge.people.identity import Located

if TYPE_CHECKING:
    from bridge.delivery.served import Served
    from bridge.people.identity import BitrixUserId, PortalId
    from bridge.ports import Acquaintances

log = logging.getLogger(__name__)


class Leavers:
    """Remembers what the portals said when they were last asked.

    Nobody waits for a portal because of it: between two looks a dismissed person is taken for one
    who works here, and the portal itself creates no notification for them.

    Args:
        acquaintances: lists whom to ask about.
        served: the portals.
    """

    def __init__(self, acquaintances: Acquaintances, served: Served) -> None:
        self._acquaintances = acquaintances
        self._served = served
        self._dismissed: dict[PortalId, frozenset[BitrixUserId]] = {}

    def __contains__(self, located: object) -> bool:
        if not isinstance(located, Located):
            return False
        return located.recipient.user_id in self._dismissed.get(located.portal, ())

    async def look(self) -> None:
        """Ask each portal, with few requests, about all whom we know there.

        Of a portal that cannot be asked, the last answer stays.

        Raises:
            StorageError: it cannot be told whom we know.
        """
        for portal in self._served:
            user_ids = await self._acquaintances.list_user_ids(portal)
            if not user_ids or portal not in self._served:
                continue
            try:
                people = await self._served[portal].find_people(user_ids, ())
            except PortalError as error:
                log.info("Portal %s could not be asked who has left: %s", portal, error)
                continue
            dismissed = frozenset(one.user_id for one in people if not one.is_active)
            if new := dismissed - self._dismissed.get(portal, frozenset()):
                log.info("%s people we know in portal %s have been dismissed", len(new), portal)
            self._dismissed[portal] = dismissed
