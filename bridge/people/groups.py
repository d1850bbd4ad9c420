"""Names for several recipients at once."""

from __future__ import annotations

from msgspec import Struct

from bridge.people.identity import Located, PortalId


class Group(Struct, frozen=True, kw_only=True):
    """Bitrix24 people with one name, for everybody who looks people up in a portal.

    Attributes:
        portal: where the name is known; no two groups there have the same, whatever its case.
        name: without ``@``.
        members: in the order in which they came.
        created_by: who made it, as ``str(Identity)``; they may change it.
    """

    portal: PortalId
    name: str
    members: tuple[Located, ...]
    created_by: str
