"""A whole bridge in memory, run by the embedded worker."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from adapters.workers.embedded import EmbeddedWorker
from bridge.clock import SystemClock
from bridge.commands.desk import Desk, make_handlers
from bridge.delivery.drain import Drain
from bridge.intake import Intake
from bridge.people.identity import Platform, PortalId
from bridge.people.permissions import Access
from bridge.replies.tell import Teller
from tests.fakes.chat import FakeChat
from tests.fakes.desk import make_directory, make_reception
from tests.fakes.portal import FakePortal, serving
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.delivery.notification import Notification, Outcome

PORTAL = PortalId(1)


class SlowPortal(FakePortal):
    """A portal that answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        self.asked.set()
        await self.may_answer.wait()
        return await super().send(notifications)


class SlowChat(FakeChat):
    """A chat that takes answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, *args: Any, **options: Any) -> str:
        self.asked += 1
        await self.may_answer.wait()
        return await super().answer(*args, **options)


class Scene:
    """A whole bridge in memory."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.stores = MemoryStores(clock)
        self.portal = SlowPortal()
        self.chat = SlowChat()
        directory = make_directory(self.stores, serving((PORTAL, self.portal)))
        access = Access(workspaces=frozenset({(Platform.TELEGRAM, "77")}))
        self.worker = EmbeddedWorker(clock, poll_seconds=0.05)
        self.intake = Intake(self.stores.inbox, self.worker)
        self.desk = Desk(
            inbox=self.stores.inbox,
            reception=make_reception(self.stores, directory, access),
            handlers=make_handlers(directory, self.stores.groups),
            clock=clock,
        )
        self.drain = Drain(
            PORTAL,
            self.portal,
            outbox=self.stores.outbox,
            portals=self.stores.portals,
            clock=clock,
            chance=lambda: 0.0,
        )
        self.worker.serve(PORTAL, self.drain)
        self.teller = Teller(self.stores.answers, {Platform.TELEGRAM: self.chat}, clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.create_task(self.worker.run(desk=self.desk, teller=self.teller))
        try:
            yield
        finally:
            self.worker.stop()
            await asyncio.wait_for(work, 5)

    async def until_said(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.chat.said) < count:
                await asyncio.sleep(0.005)
