"""The portals that the bridge works for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import PortalOnHold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.people.identity import Link, PortalId
    from bridge.ports import Portal


class Served:
    """The portals that are served now; some may come and go while the bridge runs.

    Attributes:
        default: the one that is meant where nothing says which; None while there is none.
    """

    def __init__(self) -> None:
        self.default: PortalId | None = None
        self._portals: dict[PortalId, tuple[Portal, str]] = {}

    def __contains__(self, portal_id: PortalId) -> bool:
        return portal_id in self._portals

    def __iter__(self) -> Iterator[PortalId]:
        return iter(tuple(self._portals))

    def __getitem__(self, portal_id: PortalId) -> Portal:
        return self._portals[portal_id][0]

    def add(self, portal_id: PortalId, portal: Portal, name: str) -> None:
        """Serve a portal; the first one is the default until another is made it."""
        self._portals[portal_id] = portal, name
        if self.default is None:
            self.default = portal_id

    def drop(self, portal_id: PortalId) -> None:
        """Serve a portal no longer."""
        del self._portals[portal_id]
        if self.default == portal_id:
            self.default = next(iter(self._portals), None)

    def home(self, link: Link | None) -> PortalId:
        """Tell where whoever has this link looks for people: in their own portal, if there is one.

        Raises:
            PortalOnHold: no portal is served at all.
        """
        portal_id = link.portal if link else self.default
        if portal_id is None:
            raise PortalOnHold("NO_PORTAL", "no portal is connected yet")
        return portal_id

    def name(self, portal_id: PortalId) -> str:
        """Tell a portal's host."""
        return self._portals[portal_id][1]

    def name_among(self, portal_id: PortalId) -> str:
        """Tell a portal's host if there are others that it could be mixed up with, else nothing."""
        return self._portals[portal_id][1] if len(self._portals) > 1 else ""
