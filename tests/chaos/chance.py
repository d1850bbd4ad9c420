"""Chances that can be taken once more."""

from __future__ import annotations

from random import Random


def fork(chance: Random) -> Random:
    """Make a chance of one's own, so that it does not matter who is quicker than whom."""
    return Random(chance.getrandbits(64))
