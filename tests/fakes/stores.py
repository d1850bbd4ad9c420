"""The stores in memory: the same promises as ``storage``, nothing on disk.

``MemoryStores`` holds the state; its ``inbox``, ``answers`` and so on are the ports upon
it. No method waits, so that each is one transaction by nature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.commands import MemoryAnswers, MemoryInbox
from tests.fakes.deliveries import MemoryOutbox, MemoryOverview, MemoryPast
from tests.fakes.groups import MemoryAccess, MemoryGroups
from tests.fakes.links import MemoryLinkCodes, MemoryLinks
from tests.fakes.people import MemoryPeople
from tests.fakes.portals import MemoryPortals

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.delivery.notification import PortalStatus
    from bridge.people.groups import Group
    from bridge.people.identity import Identity, PortalId, Recipient, Sender
    from bridge.people.linking import LinkChange
    from bridge.people.permissions import Rule
    from bridge.ports import Clock
    from tests.fakes.rows import CommandRow, DeliveryRow


@dataclass
class MemoryStores:
    """Everything the bridge remembers, as plain lists and dicts that a test may look into."""

    clock: Clock
    commands: dict[int, CommandRow] = field(default_factory=dict)
    deliveries: dict[int, DeliveryRow] = field(default_factory=dict)
    senders: dict[Identity, Sender] = field(default_factory=dict)
    levels: dict[PortalId, tuple[float, datetime]] = field(default_factory=dict)
    links: dict[Identity, tuple[PortalId, Recipient]] = field(default_factory=dict)
    changes: list[LinkChange] = field(default_factory=list)
    refusals: dict[Identity, datetime] = field(default_factory=dict)
    groups_kept: dict[tuple[PortalId, str], Group] = field(default_factory=dict)
    rules: dict[Rule, str] = field(default_factory=dict)
    statuses: dict[PortalId, PortalStatus] = field(default_factory=dict)
    portal_keys: dict[str, PortalId] = field(default_factory=dict)
    portal_names: dict[PortalId, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inbox = MemoryInbox(self)
        self.answers = MemoryAnswers(self)
        self.outbox = MemoryOutbox(self)
        self.past = MemoryPast(self)
        self.overview = MemoryOverview(self)
        self.people = MemoryPeople(self)
        self.groups = MemoryGroups(self)
        self.access = MemoryAccess(self)
        self.linking = MemoryLinks(self)
        self.link_codes = MemoryLinkCodes(self)
        self.portals = MemoryPortals(self)

    def deliveries_of(self, command_id: int) -> list[DeliveryRow]:
        """List what a command has queued."""
        return [row for row in self.deliveries.values() if row.command_id == command_id]
