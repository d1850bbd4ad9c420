"""A scripted portal, and our client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.turns import Turns
from tests.fakes.portal_server import PortalServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


UNHURRIED = Limit(100_000, 1_000)


@pytest.fixture
async def server() -> AsyncIterator[PortalServer]:
    async with PortalServer() as server:
        yield server


@pytest.fixture
async def portal(server: PortalServer) -> AsyncIterator[Bitrix24Portal]:
    webhook, turns = Webhook.parse(server.webhook), Turns(UNHURRIED)
    async with Bitrix24Portal(webhook, turns=turns, timeout_seconds=5) as portal:
        yield portal
