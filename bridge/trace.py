"""What all log lines about one event have in common, from its command to its notifications."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2s
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.incoming import Incoming

_BYTES: Final = 5

current: Final[ContextVar[str]] = ContextVar("trace", default="")
"""What is being worked on; empty when it is nothing in particular."""


def trace_of(incoming: Incoming) -> str:
    """Tell the trace of an event: always the same, also when it comes again elsewhere."""
    event = f"{incoming.platform} {incoming.workspace} {incoming.event_id}"
    return blake2s(event.encode(errors="replace"), digest_size=_BYTES).hexdigest()


@contextmanager
def following(trace: str) -> Iterator[None]:
    """Put a trace on what is logged meanwhile, also by tasks that are begun meanwhile."""
    token = current.set(trace)
    try:
        yield
    finally:
        current.reset(token)
