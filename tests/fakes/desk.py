"""What stands behind a desk, upon the stores in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.reception import NOBODY, NOWHERE, Reception
from bridge.people.directory import MOST_RECIPIENTS, Directory
from bridge.people.lookups import Lookups
from bridge.people.pace import COMMANDS_PER_MINUTE, Pace
from bridge.people.permissions import Permissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.delivery.served import Served
    from bridge.people.email_links import EmailLinks
    from bridge.people.identity import Platform
    from bridge.people.permissions import Access
    from bridge.ports import Members, Rooms
    from tests.fakes.stores import MemoryStores


def make_directory(
    stores: MemoryStores,
    served: Served,
    *,
    members: Mapping[Platform, Members] = NOBODY,
    lookups: Lookups | None = None,
    most_recipients: int = MOST_RECIPIENTS,
) -> Directory:
    """Make what finds people."""
    lookups = lookups or Lookups(served, stores.clock)
    return Directory(stores.people, stores.groups, lookups, members, most_recipients)


def make_reception(
    stores: MemoryStores,
    directory: Directory,
    access: Access,
    *,
    members: Mapping[Platform, Members] = NOBODY,
    rooms: Mapping[Platform, Rooms] = NOWHERE,
    email_links: EmailLinks | None = None,
    commands_per_minute: int = COMMANDS_PER_MINUTE,
) -> Reception:
    """Make what lets people in."""
    return Reception(
        stores.people,
        directory,
        Permissions(access, stores.access, stores.clock),
        Pace(stores.inbox, commands_per_minute),
        clock=stores.clock,
        members=members,
        rooms=rooms,
        email_links=email_links,
    )
