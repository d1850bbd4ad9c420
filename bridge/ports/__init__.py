"""What the core needs from outside, as small protocols.

``storage`` keeps ``Inbox``, ``Answers``, ``Outbox``, ``Past``, ``Overview``, ``People``,
``Colleagues``, ``Portals``, ``Credentials`` and ``Connections``; adapters are ``Portal``
(bitrix24), ``Chat`` and ``Members`` (telegram, slack, sandbox) and ``Worker`` (workers);
``OwnPages`` is the core's own, for chats. Every method is safe to cancel at an ``await``: it has
then either done its work or nothing.
"""

from bridge.ports.chats import Chat, DirectChat, Members, Rooms
from bridge.ports.commands import Answers, Inbox, Times
from bridge.ports.deliveries import Outbox, Overview, OwnPages, Past
from bridge.ports.people import (
    AccessRules,
    Acquaintances,
    Colleagues,
    Groups,
    LinkCodes,
    Links,
    People,
)
from bridge.ports.portals import Connections, Credentials, Holds, Portal, Portals
from bridge.ports.workers import Claims, Clock, News, Worker

__all__ = [
    "AccessRules",
    "Acquaintances",
    "Answers",
    "Chat",
    "Claims",
    "Clock",
    "Colleagues",
    "Connections",
    "Credentials",
    "DirectChat",
    "Groups",
    "Holds",
    "Inbox",
    "LinkCodes",
    "Links",
    "Members",
    "News",
    "Outbox",
    "Overview",
    "OwnPages",
    "Past",
    "People",
    "Portal",
    "Portals",
    "Rooms",
    "Times",
    "Worker",
]
