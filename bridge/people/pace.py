"""How fast people may type."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.incoming import StoredCommand
    from bridge.ports import Times

COMMANDS_PER_MINUTE: Final = 20
_MINUTE: Final = timedelta(minutes=1)


class Pace:
    """Says who types too much; what was refused counts as well, so that nothing is gained by it.

    Args:
        times: when people gave commands, in any process.
        limit: how many commands one person may give in a minute.
    """

    def __init__(self, times: Times, limit: int = COMMANDS_PER_MINUTE) -> None:
        self.limit = limit
        self._times = times

    async def wait_seconds(self, stored: StoredCommand) -> int:
        """Tell in how many seconds somebody may give a command again; 0 if this one may be."""
        sender = stored.incoming.sender.identity
        times = await self._times.list_times(sender, stored.id, self.limit + 1)
        return wait_seconds(times, self.limit)


def wait_seconds(times: Sequence[datetime], limit: int) -> int:
    """Tell how long to wait after the newest of some times, that no minute has more than a limit.

    Args:
        times: newest first.
        limit: how many a minute may have.

    Returns 0 if the newest is not too much itself.
    """
    if len(times) <= limit or times[0] - times[limit] >= _MINUTE:
        return 0
    return max(1, ceil((times[limit - 1] + _MINUTE - times[0]).total_seconds()))
