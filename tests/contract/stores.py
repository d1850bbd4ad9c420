"""The stores that the contract is held against, and what its tests put into them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Protocol

from bridge.commands.decided import Decided
from bridge.delivery.notification import Notification, Verdict
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Identity, Platform, PortalId, Recipient, Sender
from bridge.ports import (
    AccessRules,
    Acquaintances,
    Answers,
    Groups,
    Inbox,
    LinkCodes,
    Links,
    Outbox,
    Overview,
    Past,
    People,
    Portals,
    Times,
)
from storage.access import SqlAccess
from storage.answers import SqlAnswers
from storage.database import Database
from storage.deliveries import SqlDeliveries
from storage.groups import SqlGroups
from storage.inbox import SqlInbox
from storage.link_codes import SqlLinkCodes
from storage.links import SqlLinks
from storage.outbox import SqlOutbox
from storage.overview import SqlOverview
from storage.past import SqlPast
from storage.people import SqlPeople
from storage.portals import SqlPortals
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming
from tests.fakes.stores import MemoryStores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from bridge.people.linking import LinkChange
    from bridge.people.permissions import Rule
    from bridge.replies.untold import Untold

ANNA = Recipient(BitrixUserId(5), "Anna Petrova")
BORIS = Recipient(BitrixUserId(6), "Boris Orlov")
_numbers = count(1)


class ShownLinks(Links, Acquaintances, Protocol):
    """Links with whom they lead to, and what administrators are shown of them."""

    async def list_changes(
        self, limit: int, *, identity: Identity | None = None, user_id: BitrixUserId | None = None
    ) -> Sequence[LinkChange]: ...


class ChangedAccess(AccessRules, Protocol):
    """Access rules as administrators change them."""

    async def allow(self, rule: Rule, allowed_by: str) -> bool: ...

    async def deny(self, rule: Rule) -> bool: ...


@dataclass
class Stores:
    """All of them, on one state, with two portals in it."""

    clock: FakeClock
    inbox: Inbox
    answers: Answers
    outbox: Outbox
    past: Past
    overview: Overview
    people: People
    groups: Groups
    access: ChangedAccess
    times: Times
    links: ShownLinks
    link_codes: LinkCodes
    portals: Portals
    portal: PortalId
    other_portal: PortalId
    list_doubled: Callable[[], Awaitable[list[int]]]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def queue(
        self,
        *notifications: Notification,
        portal: PortalId | None = None,
        sender: Sender | None = None,
    ) -> int:
        """Store a command, of a sender of its own if none is given, and close it."""
        command_id = await self.store(sender=sender)
        await self.inbox.close(
            command_id, Decided(reply=None, notifications={portal or self.portal: notifications})
        )
        return command_id

    async def store(
        self, platform: Platform = Platform.TELEGRAM, *, sender: Sender | None = None
    ) -> int:
        """Store a command, of a sender of its own if none is given; returns its row."""
        incoming = make_incoming("hello", sender=sender or make_sender(platform))
        assert await self.inbox.store(incoming)
        stored = await self.inbox.list_open(self.now, 1000)
        return next(one.id for one in stored if one.incoming == incoming)

    async def take(self, limit: int = 50) -> list[str]:
        """Take what is due; returns the messages."""
        taken = await self.outbox.take_due(self.portal, self.now, limit)
        return [delivery.notification.message for delivery in taken]

    async def finish(self, state: State = State.DELIVERED, code: str = "") -> None:
        """Take all that is due and end it."""
        taken = await self.outbox.take_due(self.portal, self.now, 50)
        await self.outbox.record(
            [
                Verdict(delivery_id=delivery.id, attempt=delivery.attempt, state=state, code=code)
                for delivery in taken
            ]
        )

    async def list_untold(self, *platforms: Platform, limit: int = 50) -> Sequence[Untold]:
        """List what can be told to people who waited three seconds."""
        ids = await self.answers.list_untold(
            platforms or tuple(Platform),
            self.now,
            waiting_since=self.now - timedelta(seconds=3),
            limit=limit,
        )
        found = [await self.answers.read(command_id) for command_id in ids]
        return [untold for untold in found if untold]


def make_sender(platform: Platform = Platform.TELEGRAM) -> Sender:
    """Make a person whom nobody has seen before."""
    return Sender(Identity(platform, "", f"sender-{next(_numbers)}"))


def notify(message: str, recipient: Recipient = ANNA) -> Notification:
    """Make a notification."""
    return Notification(recipient=recipient, message=message, message_out=message, tag=message)


async def make_memory_stores() -> Stores:
    """Make stores in memory."""
    clock = FakeClock()
    state = MemoryStores(clock)

    async def list_doubled() -> list[int]:
        return [row.id for row in state.deliveries.values() if row.is_possibly_doubled]

    return Stores(
        clock=clock,
        inbox=state.inbox,
        answers=state.answers,
        outbox=state.outbox,
        past=state.past,
        overview=state.overview,
        people=state.people,
        groups=state.groups,
        access=state.access,
        times=state.inbox,
        links=state.linking,
        link_codes=state.link_codes,
        portals=state.portals,
        portal=await state.portals.ensure("one.example", "One"),
        other_portal=await state.portals.ensure("two.example", "Two"),
        list_doubled=list_doubled,
    )


@asynccontextmanager
async def open_stores(url: str) -> AsyncIterator[Stores]:
    """Open stores on a database with nothing in it."""
    clock = FakeClock()
    database = Database(url, now=clock.now)
    await database.open()
    deliveries, portals = SqlDeliveries(database), SqlPortals(database)

    async def list_doubled() -> list[int]:
        return [row.id for row in await deliveries.list_latest(1000) if row.is_possibly_doubled]

    try:
        yield Stores(
            clock=clock,
            inbox=SqlInbox(database),
            answers=SqlAnswers(database),
            outbox=SqlOutbox(database),
            past=SqlPast(database),
            overview=SqlOverview(database),
            people=SqlPeople(database),
            groups=SqlGroups(database),
            access=SqlAccess(database),
            times=SqlInbox(database),
            links=SqlLinks(database),
            link_codes=SqlLinkCodes(database),
            portals=portals,
            portal=await portals.ensure("one.example", "One"),
            other_portal=await portals.ensure("two.example", "Two"),
            list_doubled=list_doubled,
        )
    finally:
        await database.close()
