from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.sandbox.chat import CommandHint, OptionHint, PersonHint, SandboxChat
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.people.identity import Identity, Platform, Sender
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.incoming import Incoming

DEADLINE_SECONDS = 5.0


class Accepted:
    """Takes what was typed, as a bridge would."""

    def __init__(self) -> None:
        self.incoming: list[Incoming] = []

    async def accept(self, incoming: Incoming) -> None:
        self.incoming.append(incoming)


class Events:
    """Reads server-sent events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """Read the next event: its name and its data."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            name = ""
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                if line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    async def ends(self) -> bool:
        """Tell whether nothing more comes and the stream is closed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return [line async for line in self._lines if line] == []


@asynccontextmanager
async def events(client: httpx.AsyncClient) -> AsyncIterator[Events]:
    async with client.stream("GET", "/sandbox/events") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Events(response)


def sender(handle: str, name: str, external_id: str) -> Sender:
    return Sender(Identity(Platform.SANDBOX, "demo", external_id), handle, name)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accepted() -> Accepted:
    return Accepted()


@pytest.fixture
def chat(clock: FakeClock, accepted: Accepted) -> SandboxChat:
    notify = CommandHint(
        "/b24notify",
        "/b24notify RECIPIENT… [OPTIONS] TEXT",
        "Notify people",
        (OptionHint("--tag", "T", "A later one replaces this one"),),
    )
    chat = SandboxChat(
        [sender("maria", "Maria Weber", "1"), sender("boris", "Boris Ivanov", "2")],
        [notify],
        [PersonHint("anna", "Anna Petrova", 5)],
        clock,
    )
    chat.connect(accepted.accept)
    return chat


@pytest.fixture
def portal(clock: FakeClock) -> SandboxPortal:
    return SandboxPortal(clock=clock)


@pytest.fixture
async def client(portal: SandboxPortal, chat: SandboxChat) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve("127.0.0.1:0", portal, chat) as url,
        httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client,
    ):
        yield client
