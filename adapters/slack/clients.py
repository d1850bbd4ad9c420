"""slack_sdk's clients, set up the way the bridge uses them."""

from __future__ import annotations

import logging
from typing import Final

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

_TIMEOUT_SECONDS = 10


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


def build_response_client(response_url: str) -> AsyncWebhookClient:
    """Build a client for a ``response_url``; when told to wait, it waits and tries once more."""
    return AsyncWebhookClient(
        response_url,
        timeout=_TIMEOUT_SECONDS,
        logger=SILENT,
        retry_handlers=[AsyncRateLimitErrorRetryHandler()],
    )
