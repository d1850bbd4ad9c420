"""A Telegram on this machine, and a bridge's ear that listens to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.telegram.chat import TelegramChat
from adapters.telegram.pace import Limits
from adapters.telegram.retrying import Pauses
from bridge.delivery.policy import Policy
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import TelegramServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bridge.incoming import Incoming

SOON = Pauses(
    Policy(first_seconds=0.01, longest_seconds=0.02), conflict_seconds=0.01, webhook_seconds=0.01
)
FAST = Limits(per_second=1_000, chat_seconds=0.001, group_per_minute=60_000)


class Ear:
    """Accepts commands; ``heard`` are those that were accepted."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self._new: asyncio.Queue[Incoming] = asyncio.Queue()

    async def accept(self, incoming: Incoming) -> None:
        self.heard.append(incoming)
        self._new.put_nowait(incoming)

    async def next(self) -> Incoming:
        return await asyncio.wait_for(self._new.get(), 5)


class Bridge:
    """Starts chats that talk to one server."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server

    def chat(self, *, public_url: str = "", limits: Limits = FAST) -> TelegramChat:
        return TelegramChat(
            self.server.token,
            self.server.url,
            FakeClock(),
            public_url=public_url,
            pauses=SOON,
            limits=limits,
        )

    @asynccontextmanager
    async def running(
        self, accept: Callable[[Incoming], Awaitable[object]], chat: TelegramChat | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        chat = chat or self.chat()
        async with chat.open():
            task = asyncio.create_task(chat.run(accept))
            try:
                yield task
            finally:
                task.cancel()
                await asyncio.wait({task})


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
def bridge(server: TelegramServer) -> Bridge:
    return Bridge(server)


@pytest.fixture
async def ear(bridge: Bridge) -> AsyncIterator[Ear]:
    """An ear that already listens."""
    ear = Ear()
    async with bridge.running(ear.accept):
        yield ear


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
