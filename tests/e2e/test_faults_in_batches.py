"""The portal's server breaks in the middle: nothing is lost, and nobody is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.turns import Turns
from adapters.sandbox.faults import Fault
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.clock import SystemClock
from bridge.commands.decided import Decided
from bridge.delivery.drain import Drain
from bridge.delivery.notification import Notification
from bridge.delivery.policy import Policy
from bridge.delivery.state import State
from bridge.people.identity import BitrixUserId, Recipient
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.tables import DeliveryRow
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

COUNT = 200
CROWD = range(1_000, 1_000 + COUNT)
METHOD = "im.notify.personal.add"
UNHURRIED = Limit(100_000, 1_000)
IMPATIENT = Policy(first_seconds=0.01, longest_seconds=0.05)
BREAKS = (
    Fault(drops_connection=True, calls=0, share=0.15),
    Fault(drops_connection=True, after_processing=True, calls=0, share=0.15),
    Fault(status=502, page="<html>Bad Gateway</html>", after_processing=True, calls=0, share=0.1),
    Fault(method="batch", code="INTERNAL_SERVER_ERROR", calls=0, share=0.1),
    Fault(method=METHOD, code="INTERNAL_SERVER_ERROR", after_processing=True, calls=0, share=0.05),
    Fault(method=METHOD, code="ERROR_UNEXPECTED_ANSWER", calls=0, share=0.05),
    Fault(method=METHOD, drops_connection=True, calls=0, share=0.01),
)


def notification(user_id: int) -> Notification:
    # Every tenth would be changed in a batch.
    text = f"$result[x] for {user_id}" if user_id % 10 == 0 else f"Hello {user_id}"
    recipient = Recipient(BitrixUserId(user_id))
    return Notification(recipient=recipient, message=text, message_out="", tag=f"t|{user_id}")


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxPortal]:
    people = [
        Person(id=number, name="P", last_name="", email="", work_position="", handle="")
        for number in CROWD
    ]
    portal = SandboxPortal((*PEOPLE, *people))
    async with serve("127.0.0.1:0", portal):
        yield portal


@pytest.mark.parametrize("first", range(0, len(BREAKS), 3))
async def test_with_tags_nothing_is_lost_and_nothing_is_shown_twice(
    sandbox: SandboxPortal, tmp_path: Path, first: int
) -> None:
    sandbox.faults.extend(BREAKS[first:] + BREAKS[:first])
    rows = await deliver(sandbox, tmp_path, [notification(user_id) for user_id in CROWD])
    assert {row.state for row in rows} == {State.DELIVERED}
    shown = Counter(one.user_id for one in sandbox.notifications)
    assert shown == dict.fromkeys(CROWD, 1)
    wanted = {user_id: notification(user_id).message for user_id in CROWD}
    assert {one.user_id: one.message for one in sandbox.notifications} == wanted
    # It is no proof unless the portal did break, and did have some of them twice.
    assert len(sandbox.ledger) > COUNT
    assert any(row.is_possibly_doubled for row in rows)


async def deliver(
    sandbox: SandboxPortal, folder: Path, notifications: Sequence[Notification]
) -> Sequence[DeliveryRow]:
    """Queue notifications, drain the outbox, and return what became of them."""
    database = Database(f"sqlite:///{folder / 'bridge.db'}")
    await database.open()
    portals, inbox = SqlPortals(database), SqlInbox(database)
    address = f"{sandbox.address}/rest/{sandbox.owner_id}/{sandbox.webhook_code}/"
    portal_id = await portals.ensure("sandbox", "sandbox")
    await inbox.store(make_incoming("/b24notify"))
    await inbox.close(1, Decided(reply=None, notifications={portal_id: notifications}))
    async with Bitrix24Portal(Webhook.parse(address), turns=Turns(UNHURRIED)) as portal:
        drain = Drain(
            portal_id,
            portal,
            outbox=SqlOutbox(database),
            portals=portals,
            clock=SystemClock(),
            policy=IMPATIENT,
        )
        while await drain.run(lambda _: None, go_on=lambda: True):
            await asyncio.sleep(0.01)
    rows = await database.read(lambda session: session.exec(select(DeliveryRow)).all())
    await database.close()
    return rows
