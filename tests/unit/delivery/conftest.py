"""What the tests of the drain begin with."""

from __future__ import annotations

import pytest

from tests.unit.delivery.scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()
