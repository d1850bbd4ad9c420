"""The seed of all choices; and what goes wrong around the bridge happens to the same machines as in
the tests of all of it.
"""

from __future__ import annotations

import os
import sys
from random import Random, SystemRandom

import pytest

from tests.e2e.conftest import machine, slack, telegram

__all__ = ["chance", "machine", "slack", "telegram"]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """Make all choices, the same ones again if their seed is given."""
    seed = _SEED or str(SystemRandom().getrandbits(32))
    sys.stdout.write(f"B24BRIDGE_CHAOS_SEED={seed}\n")
    return Random(f"{seed} {request.node.name}")


_SEED = os.environ.get("B24BRIDGE_CHAOS_SEED")
"""Read before tests are kept from the settings of this machine."""
