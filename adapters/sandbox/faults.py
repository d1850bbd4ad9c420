"""What a test can have go wrong in the portal."""

from __future__ import annotations

from collections import deque

from msgspec import Struct


class Fault(Struct, frozen=True, kw_only=True):
    """One call that does not go as it should; with a latency alone it goes well, but late.

    Attributes:
        method: only a call of this method meets it; empty: whichever comes next.
        code: the ``error`` to answer.
        status: the HTTP status to answer with ``code`` or ``page``; 0: as documented, else 500.
        page: an HTML page to answer instead of JSON.
        drops_connection: end the connection without an answer.
        after_processing: the call is carried out all the same, and only its answer late or lost.
        latency_seconds: how long to wait before the call is carried out, or behind it.
    """

    method: str = ""
    code: str = ""
    status: int = 0
    page: str = ""
    drops_connection: bool = False
    after_processing: bool = False
    latency_seconds: float = 0

    @property
    def breaks(self) -> bool:
        """Whether the caller gets no good answer."""
        return bool(self.code or self.page or self.drops_connection)


class Faults(deque[Fault]):
    """Faults in the order in which the next calls meet them, each once."""

    def take(self, method: str) -> Fault | None:
        """Remove and return the first fault for a method; None when the call may go well."""
        for fault in self:
            if fault.method in {"", method}:
                self.remove(fault)
                return fault
        return None
