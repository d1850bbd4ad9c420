"""Every promise of the storage ports is held by the fake and by the databases alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.stores import Stores, make_memory_stores, open_stores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.postgres import TestServer


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
        return
    server: TestServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield await make_memory_stores()
    elif request.param == "sqlite":
        async with open_stores(f"sqlite:///{tmp_path / 'bridge.db'}") as opened:
            yield opened
    else:
        server: TestServer = request.getfixturevalue("postgres")
        async with open_stores(server.clean_database()) as opened:
            yield opened
