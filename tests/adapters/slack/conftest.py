"""A Slack server and a chat that listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeAlias

import pytest

from adapters.slack.chat import SlackChat
from adapters.slack.connection import Pace
from bridge.delivery.policy import Policy
from bridge.incoming import Incoming
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import SlackServer

Accept: TypeAlias = Callable[[Incoming], Awaitable[object]]
Listening: TypeAlias = Callable[..., AbstractAsyncContextManager[SlackChat]]

QUICK = Pace(pauses=Policy(first_seconds=0.02, longest_seconds=0.2), close_seconds=0.2)


@asynccontextmanager
async def running(chat: SlackChat, accept: Accept, pace: Pace = QUICK) -> AsyncIterator[SlackChat]:
    """Have a chat listen until the block ends; it is ready."""
    async with chat.open():
        listening = asyncio.create_task(chat.run(accept, pace))
        try:
            async with asyncio.timeout(5):
                await chat.ready.wait()
            yield chat
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk sends everything through a proxy of the environment, loopback too."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[SlackServer]:
    """Slack; its parameter is how often connections are pinged, in seconds."""
    async with SlackServer(ping_seconds=getattr(request, "param", 5)) as server:
        yield server


@pytest.fixture
def make_chat(server: SlackServer) -> Callable[[], SlackChat]:
    def make() -> SlackChat:
        return SlackChat(server.bot_token, server.app_token, server.api_url, FakeClock())

    return make


@pytest.fixture
def listening(make_chat: Callable[[], SlackChat]) -> Listening:
    """``async with listening(accept):`` runs a chat until the block ends."""

    def listen(accept: Accept, pace: Pace = QUICK) -> AbstractAsyncContextManager[SlackChat]:
        return running(make_chat(), accept, pace)

    return listen
