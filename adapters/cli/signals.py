"""Waiting for the word to stop."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class StopSignals:
    """What was asked for by signals.

    Attributes:
        asked: set by the first one: stop.
        insisted: set by the next one: at once.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()

    def note(self) -> None:
        """Note that a signal has come."""
        if self.asked.is_set():
            self.insisted.set()
        self.asked.set()


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Note SIGTERM and SIGINT, instead of ending the process at once."""
    stops = StopSignals()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stops.note)
    try:
        yield stops
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
