"""What becomes of a portal's queue, links and groups when it is moved to its new host."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from bridge.commands.decided import Decided
from bridge.delivery.notification import Verdict
from bridge.delivery.state import State
from bridge.people.identity import Identity, Located, Platform
from bridge.people.linking import Proof
from storage.database import Database
from storage.inbox import SqlInbox
from storage.links import SqlLinks
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.tables import GroupMemberRow, GroupRow
from tests.contract.stores import ANNA, notify
from tests.fakes.clock import FakeClock
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlmodel import Session

    from bridge.people.identity import PortalId


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, now=FakeClock().now)
    await database.open()
    yield database
    await database.close()


async def test_what_a_hold_has_put_off_is_due_within_seconds_of_the_move(
    database: Database,
) -> None:
    now, portals, outbox = database.now(), SqlPortals(database), SqlOutbox(database)
    old, new = await portals.ensure("old", "old"), await portals.ensure("new", "new")
    await SqlInbox(database).store(make_incoming("/b24notify"))
    await SqlInbox(database).close(1, Decided(reply=None, notifications={old: [notify("a")]}))
    (taken,) = await outbox.take_due(old, now, 50)
    late = now + timedelta(hours=5)
    await outbox.record(
        [Verdict(delivery_id=taken.id, attempt=taken.attempt, state=State.QUEUED, due_at=late)]
    )
    await portals.pause(old, late, "PORTAL_MOVED")
    assert await portals.move(old, new, changed_by="") == 0
    assert (await outbox.look(old)).due_at is None
    assert (await outbox.look(new)).due_at == now + timedelta(seconds=5)


async def test_groups_go_with_their_portal_and_nobody_is_in_one_twice(database: Database) -> None:
    portals = SqlPortals(database)
    old, new = await portals.ensure("old", "old"), await portals.ensure("new", "new")
    await add_group(database, old, "ops", [(old, 5), (new, 5), (old, 6)])
    await add_group(database, old, "desk", [(old, 7)])
    await add_group(database, new, "desk", [(new, 8)])
    await portals.move(old, new, changed_by="")
    in_order = select(GroupRow).order_by(col(GroupRow.id))
    groups = await database.read(lambda session: session.exec(in_order).all())
    members = await database.read(lambda session: session.exec(select(GroupMemberRow)).all())
    assert [(group.portal_id, group.name) for group in groups] == [
        (new, "ops"),
        (old, "desk"),
        (new, "desk"),
    ]
    in_ops = sorted((one.portal_id, one.bitrix_user_id) for one in members if one.group_id == 1)
    assert in_ops == [(new, 5), (new, 6)]


async def test_links_go_with_their_portal_and_the_history_says_so(database: Database) -> None:
    portals, links = SqlPortals(database), SqlLinks(database)
    old, new = await portals.ensure("old", "old"), await portals.ensure("new", "new")
    anna, elsewhere = (Identity(Platform.TELEGRAM, "", number) for number in ("1", "2"))
    for identity, portal in ((anna, old), (elsewhere, new)):
        person = Located(portal, ANNA)
        await links.link(identity, person, proof=Proof.CODE, changed_by=str(identity))
    await portals.move(old, new, changed_by="console:root")
    assert [link.portal for link in await links.list_all()] == [new, new]
    made, ended, first = await links.list_changes(10, identity=anna)
    assert (made.person.portal, made.is_end, made.changed_by) == (new, False, "console:root")
    assert (ended.person.portal, ended.is_end, ended.changed_by) == (old, True, "console:root")
    assert (first.person.portal, first.proof, made.proof) == (old, Proof.CODE, Proof.CODE)
    assert len(await links.list_changes(10, identity=elsewhere)) == 1


async def add_group(
    database: Database, portal: PortalId, name: str, members: list[tuple[PortalId, int]]
) -> None:
    def add(session: Session) -> None:
        group = GroupRow(
            portal_id=portal,
            name=name,
            name_folded=name,
            created_by="telegram:1",
            created_at=database.now(),
        )
        session.add(group)
        session.flush()
        for where, user_id in members:
            session.add(
                GroupMemberRow(
                    group_id=group.id,
                    portal_id=where,
                    bitrix_user_id=user_id,
                    recipient_name="",
                )
            )

    await database.write(add)
