"""What a test can have go wrong in the portal."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from adapters.sandbox.errors import RestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_Result = TypeVar("_Result")


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls that do not go as they should; with a latency alone they go well, but late.

    Attributes:
        method: only a call of this method meets it, also one within a batch; empty: whichever
            request comes next, a batch as a whole.
        code: the ``error`` to answer; within a batch, in ``result_error``.
        status: the HTTP status of the answer; 0: as documented, else 500.
        page: an HTML page to answer instead of JSON; it is the answer to the whole request.
        drops_connection: end the connection without an answer.
        after_processing: the call is carried out all the same, and only its answer late or lost.
        latency_seconds: how long to wait before the call is carried out, or behind it.
        calls: how many calls it is for; 0: all, until it is taken away.
        share: which part of these calls meets it, by lot; 1: each.
    """

    method: str = ""
    code: str = ""
    status: Annotated[int, Meta(ge=0, le=599)] = 0
    page: str = ""
    drops_connection: bool = False
    after_processing: bool = False
    latency_seconds: Annotated[float, Meta(ge=0)] = 0
    calls: Annotated[int, Meta(ge=0)] = 1
    share: Annotated[float, Meta(ge=0, le=1)] = 1

    async def befall(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do some work late, for nothing or not at all.

        Raises:
            Broken: the whole request is to end without a good answer.
            RestError: the call is to be refused.
        """
        if not self.after_processing:
            await asyncio.sleep(self.latency_seconds)
            self._strike()
            return await work()
        try:
            return await work()
        finally:
            await asyncio.sleep(self.latency_seconds)
            self._strike()

    def _strike(self) -> None:
        if self.page or self.drops_connection:
            raise Broken(self)
        if self.code or self.status:
            raise RestError(self.code or "ERROR_UNEXPECTED_ANSWER", status=self.status)


class Broken(Exception):
    """A request that is to end without JSON."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status)
        self.fault = fault


class Faults(deque[Fault]):
    """Faults in the order in which the next calls meet them."""

    def __init__(self) -> None:
        super().__init__()
        # The same lots each time, so that a test that fails can be repeated.
        self._lots = random.Random(1)  # noqa: S311 (nothing secret is drawn)

    def take(self, method: str, *, in_batch: bool = False) -> Fault | None:
        """Return the first fault for a call and count it; None when the call may go well.

        Args:
            method: the name of the called method in lower case.
            in_batch: the call is one of a batch, so only faults of its own method are for it.
        """
        for place, fault in enumerate(self):
            if fault.method == method or not (fault.method or in_batch):
                self._count(place, fault)
                return fault if self._lots.random() < fault.share else None
        return None

    def _count(self, place: int, fault: Fault) -> None:
        if fault.calls == 1:
            del self[place]
        elif fault.calls > 1:
            self[place] = msgspec.structs.replace(fault, calls=fault.calls - 1)


async def carry_out(fault: Fault | None, work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Do some work as a fault lets it be done.

    Raises:
        Broken, RestError: as the fault wants it.
    """
    return await (fault.befall(work) if fault else work())
