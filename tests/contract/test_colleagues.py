"""What ``bridge.ports.Colleagues`` promises, in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.people.identity import BitrixUserId, Identity, Located, Platform, PortalId, Recipient
from bridge.people.linking import Proof
from storage.colleagues import SqlColleagues
from storage.database import Database
from storage.links import SqlLinks
from storage.portals import SqlPortals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ASKER = Identity(Platform.SLACK, "T1", "U1")
_PEOPLE = (
    (_ASKER, "Maria Weber", "maria"),
    (Identity(Platform.SLACK, "T1", "U2"), "Анна Петрова", "anna"),
    (Identity(Platform.SLACK, "T1", "U3"), "Boris Orlov", ""),
    (Identity(Platform.SLACK, "T2", "U4"), "Clara of another team", ""),
    (Identity(Platform.TELEGRAM, "", "5"), "Dora of another chat", ""),
)


@pytest.fixture
async def colleagues(database_url: str) -> AsyncIterator[SqlColleagues]:
    database = Database(database_url)
    await database.open()
    portal: PortalId = await SqlPortals(database).ensure("corp.example", "corp.example")
    links = SqlLinks(database)
    for number, (identity, name, handle) in enumerate(_PEOPLE, 1):
        person = Located(portal, Recipient(BitrixUserId(number), name))
        await links.link(
            identity, person, proof=Proof.ADMINISTRATOR, changed_by="console:root", handle=handle
        )
    yield SqlColleagues(database)
    await database.close()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["Boris Orlov", "Maria Weber", "Анна Петрова"]),
        ("orl", ["Boris Orlov"]),
        ("ПЕТР", ["Анна Петрова"]),
        (" @ANN ", ["Анна Петрова"]),
        ("clara", []),
    ],
)
async def test_the_linked_people_of_a_workspace_are_found_by_name_or_handle(
    colleagues: SqlColleagues, typed: str, expected: list[str]
) -> None:
    found = await colleagues.search(_ASKER, typed, 10)
    assert [link.recipient.name for link in found] == expected


async def test_no_more_are_told_than_asked_for(colleagues: SqlColleagues) -> None:
    assert len(await colleagues.search(_ASKER, "", 2)) == 2


async def test_who_is_not_linked_is_told_of_nobody(colleagues: SqlColleagues) -> None:
    assert await colleagues.search(Identity(Platform.SLACK, "T1", "U9"), "", 10) == []
