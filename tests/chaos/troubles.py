"""What goes wrong in the portals while the bridge is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from adapters.sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from adapters.sandbox.portal import SandboxPortal

ADD: Final = "im.notify.personal.add"
TIMEOUT_SECONDS: Final = 3.0
"""How long the bridge is to wait for a portal."""
_STALL_SECONDS: Final = TIMEOUT_SECONDS + 0.5
_PAGE: Final = "<html><h1>502 Bad Gateway</h1></html>"
_ONCE: Final = {
    "refused: the bucket is full": Fault(code="QUERY_LIMIT_EXCEEDED"),
    "an error of the server": Fault(method=ADD, code="INTERNAL_SERVER_ERROR"),
    "an error of the server, after processing": Fault(
        method=ADD, code="INTERNAL_SERVER_ERROR", after_processing=True
    ),
    "refused: no access": Fault(method=ADD, code="ACCESS_DENIED"),
    "late": Fault(latency_seconds=0.5),
    "dropped": Fault(drops_connection=True),
    "dropped, after processing": Fault(drops_connection=True, after_processing=True),
    "HTML": Fault(page=_PAGE, status=502),
    "HTML, after processing": Fault(page=_PAGE, status=502, after_processing=True),
    "stalled, after processing": Fault(latency_seconds=_STALL_SECONDS, after_processing=True),
}
_STRAGGLING: Final = {"stalled": Fault(latency_seconds=_STALL_SECONDS)}
"""A request that is carried out when nobody waits for it any more."""
_AT_ONCE: Final = 2


class Troubles:
    """Lets things go wrong, one after the other.

    Args:
        portals: where.
        chance: chooses.
        may_straggle: whether requests may be carried out long after they were made.

    Attributes:
        portals: as given.
        may_straggle: as given.
        counts: what has gone wrong, and how often.
    """

    def __init__(
        self, portals: Sequence[SandboxPortal], chance: Random, *, may_straggle: bool
    ) -> None:
        self.portals = portals
        self.may_straggle = may_straggle
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._once = _ONCE | (_STRAGGLING if may_straggle else {})
        self._others: dict[str, Callable[[SandboxPortal], None]] = {
            "tokens expired": lambda portal: portal.oauth.expire(),
            "the bucket filled by others": _fill_bucket,
        }

    async def run(self, pause_seconds: float) -> None:
        """Let something go wrong about so often, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, 2 * pause_seconds))
            portal = self._chance.choice(self.portals)
            name = self._chance.choice([*self._once, *self._others])
            if len(portal.faults) == _AT_ONCE:
                continue
            if other := self._others.get(name):
                other(portal)
            else:
                portal.faults.append(self._once[name])
            self.counts[name] += 1

    def close(self) -> None:
        """Let no portal take notifications until ``end``."""
        for portal in self.portals:
            portal.faults.extend(
                Fault(method=method, page=_PAGE, status=502, calls=0) for method in (ADD, "batch")
            )

    def end(self) -> None:
        """Let nothing more go wrong."""
        for portal in self.portals:
            portal.faults.clear()


def _fill_bucket(portal: SandboxPortal) -> None:
    """Let somebody else at our address call as often as is allowed."""
    assert portal.bucket is not None
    while portal.bucket.admit("127.0.0.1"):
        pass
