"""A portal, and a server that lets it be called over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def portal() -> SandboxPortal:
    return SandboxPortal()


@pytest.fixture
async def address(portal: SandboxPortal) -> AsyncIterator[str]:
    """Where the portal is reached, without a slash at the end."""
    async with serve("127.0.0.1:0", portal) as url:
        yield url


@pytest.fixture
async def webhook(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the owner's webhook: call ``webhook.post("scope")``."""
    async with httpx.AsyncClient(base_url=f"{address}/rest/1/sandbox-secret/") as client:
        yield client
