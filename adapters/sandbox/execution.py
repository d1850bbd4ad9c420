"""The calls of one request, carried out one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.sandbox.call import Answer
from adapters.sandbox.errors import RestError
from adapters.sandbox.methods import call
from adapters.sandbox.timing import Pace, Stopwatch

if TYPE_CHECKING:
    from adapters.sandbox.call import Caller, Params
    from adapters.sandbox.portal import SandboxPortal


class Executed(Struct, frozen=True):
    """A call that went well: what it answers, and its ``time``."""

    answer: Answer
    time: dict[str, object]


class Executor:
    """Carries out calls for one request, in the time that the portal takes for them.

    Args:
        portal: what is called.
        caller: who calls.
    """

    def __init__(self, portal: SandboxPortal, caller: Caller) -> None:
        self.portal = portal
        self._caller = caller
        self._pace = Pace()

    def watch(self) -> Stopwatch:
        """Begin to measure a call."""
        return Stopwatch(self.portal.clock)

    async def receive(self) -> None:
        """Take the time that any request takes."""
        await self._pace.spend(self.portal.request_seconds)

    async def call(self, method: str, params: Params, watch: Stopwatch) -> Executed:
        """Carry out one call.

        Raises:
            RestError: it is refused.
        """
        timed = f"{self._caller.application} {method}"
        watch.begin()
        if not self.portal.operating.admits(timed, watch.called_at):
            raise RestError("OPERATION_TIME_LIMIT")
        await self._pace.spend(self.portal.call_seconds)
        answer = call(self.portal, self._caller, method, params)
        operating = self.portal.operating.add(timed, watch.called_at, self.portal.clock.now())
        return Executed(answer, watch.end(operating))
