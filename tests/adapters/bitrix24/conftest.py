"""A scripted portal, and our client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from tests.fakes.portal_server import PortalServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[PortalServer]:
    async with PortalServer() as server:
        yield server


@pytest.fixture
async def portal(server: PortalServer) -> AsyncIterator[Bitrix24Portal]:
    async with Bitrix24Portal(Webhook.parse(server.webhook), timeout_seconds=5) as portal:
        yield portal
