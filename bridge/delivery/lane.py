"""How urgent a notification is."""

from __future__ import annotations

from enum import IntEnum


class Lane(IntEnum):
    """Which notifications go before others; within a lane the oldest goes first."""

    URGENT = 0
    """An escalation: somebody is to act at once."""
    NORMAL = 1
    """A person typed it and waits."""
    BULK = 2
    """For many, or from a program."""
