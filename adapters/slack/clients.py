"""slack_sdk's clients, set up the way the bridge uses them."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_TIMEOUT_SECONDS = 10
_IDLE_SECONDS = 5
"""How long a connection is kept; Slack keeps it longer, so that it is not gone when it is used."""


def _build_silent_logger() -> logging.Logger:
    logger = logging.Logger("slack", logging.CRITICAL)  # noqa: LOG001 - on purpose, see SILENT
    logger.disabled = True
    return logger


SILENT: Final = _build_silent_logger()
"""The libraries write payloads, addresses and one-time tickets into their logs, some of them as
warnings. They get a logger that no configuration can find and wake; the adapter logs for itself."""


def build_web_client(token: str | None, api_url: str) -> AsyncWebClient:
    """Build a client for the Web API; when told to wait, it waits and tries once more."""
    return AsyncWebClient(
        token,
        api_url,
        timeout=_TIMEOUT_SECONDS,
        logger=SILENT,
        retry_handlers=[AsyncRateLimitErrorRetryHandler()],
    )


@asynccontextmanager
async def keeping_connections(client: AsyncWebClient) -> AsyncIterator[None]:
    """Have a client use its connections again; left to itself, it opens one for each call."""
    async with ClientSession(
        connector=TCPConnector(keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=_TIMEOUT_SECONDS),
    ) as session:
        client.session = session
        try:
            yield
        finally:
            client.session = None


def build_response_client(response_url: str, client: AsyncWebClient) -> AsyncWebhookClient:
    """Build a client for a ``response_url``; when told to wait, it waits and tries once more.

    Args:
        response_url: where it posts.
        client: whose connections it uses, if that keeps any.
    """
    return AsyncWebhookClient(
        response_url,
        timeout=_TIMEOUT_SECONDS,
        logger=SILENT,
        retry_handlers=[AsyncRateLimitErrorRetryHandler()],
        session=client.session,
    )
