"""What administrators are to know about portals on hold."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from bridge.people.identity import PortalId

REMIND_AFTER: Final = timedelta(hours=1)
"""How long a hold lasts before administrators are told of it again."""

REMOVED: Final = "REMOVED"
"""Why a portal is on hold that an administrator has removed: nobody need be told of that."""

NOT_CONNECTED: Final = "NOT_CONNECTED"
"""Why a portal is on hold for which something waits, though the bridge has no credential for it."""


class HoldStage(StrEnum):
    """How far a hold is."""

    BEGUN = "begun"
    LASTS = "lasts"
    ENDED = "ended"


class HoldNews(Struct, frozen=True, kw_only=True):
    """Something that administrators have not been told yet.

    Attributes:
        portal: which one is or was on hold.
        name: its host.
        stage: what is new.
        code: why an administrator must act; empty when the hold has ended.
        queued: how many notifications wait for it.
        told: how much they have been told of this hold before.
    """

    portal: PortalId
    name: str
    stage: HoldStage
    code: str
    queued: int
    told: int
