"""Every promise of the storage ports is held by the fake and by the database alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.stores import Stores, make_memory_stores, open_sqlite_stores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield await make_memory_stores()
    else:
        async with open_sqlite_stores(tmp_path) as opened:
            yield opened
