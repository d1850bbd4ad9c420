"""The stores in memory: the same promises as ``storage``, nothing on disk.

``MemoryStores`` holds the state; its ``inbox``, ``answers`` and so on are the ports upon
it. No method waits, so that each is one transaction by nature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.delivery.notification import FOR_GOOD, Delivery, Outlook, PortalStatus, Progress
from bridge.delivery.overview import Sent
from bridge.delivery.retraction import Retractable
from bridge.delivery.state import State
from bridge.incoming import ClosedCommand, StoredCommand
from bridge.people.identity import Link, Located, PortalId, Recipient, Sender
from bridge.people.linking import LinkChange, Proof
from bridge.replies.untold import Untold
from bridge.trace import trace_of
from tests.fakes.groups import MemoryAccess, MemoryGroups
from tests.fakes.links import MemoryLinkCodes, MemoryLinks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bridge.commands.decided import Decided
    from bridge.delivery.lane import Lane
    from bridge.delivery.notification import Notification, Verdict
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Document
    from bridge.people.groups import Group
    from bridge.people.identity import Identity, Platform
    from bridge.people.permissions import Rule
    from bridge.ports import Clock
    from bridge.replies.button import Button


@dataclass
class CommandRow:
    """A command and what its person has been told."""

    id: int
    incoming: Incoming
    attempts: int = 0
    due_at: datetime | None = None
    closed_at: datetime | None = None
    reply: Document | None = None
    is_refused: bool = False
    buttons: tuple[Button, ...] = ()
    language: str = ""
    told_at: datetime | None = None
    told_waiting_at: datetime | None = None
    answer_id: str = ""
    answer_attempts: int = 0
    answer_due_at: datetime | None = None


@dataclass
class DeliveryRow:
    """A notification on its way."""

    id: int
    command_id: int
    portal: PortalId
    notification: Notification
    queued_at: datetime
    due_at: datetime | None
    received_at: datetime
    trace: str
    state: State = State.QUEUED
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    code: str = ""
    is_possibly_doubled: bool = False
    portal_notification_id: int = 0


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


class MemoryInbox:
    """``Inbox`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def store(self, incoming: Incoming) -> bool:
        key = _event(incoming)
        if any(_event(row.incoming) == key for row in self._stores.commands.values()):
            return False
        command_id = len(self._stores.commands) + 1
        self._stores.commands[command_id] = CommandRow(command_id, incoming)
        return True

    async def list_open(
        self, now: datetime, limit: int, *, without: Collection[Identity] = ()
    ) -> Sequence[StoredCommand]:
        heads = [row for row in self._heads() if row.incoming.sender.identity not in without]
        due = [row for row in heads if row.due_at is None or row.due_at <= now]
        return [StoredCommand(row.id, row.incoming, row.attempts) for row in due[:limit]]

    async def close(self, command_id: int, decided: Decided) -> None:
        row = self._stores.commands[command_id]
        if row.closed_at is not None:
            return
        now = self._stores.clock.now()
        row.closed_at, row.reply, row.is_refused = now, decided.reply, decided.is_refused
        row.buttons, row.language = decided.buttons, decided.language
        if decided.settles in self._stores.commands:
            self._stores.commands[decided.settles].buttons = ()
        if decided.reply is None and not decided.notifications:
            row.told_at = now
        for portal, for_portal in decided.notifications.items():
            for notification in for_portal:
                delivery_id = len(self._stores.deliveries) + 1
                lane = self._lane_behind_own(row, portal, notification)
                kept = replace(_as_kept(notification), lane=lane)
                self._stores.deliveries[delivery_id] = DeliveryRow(
                    delivery_id,
                    command_id,
                    portal,
                    kept,
                    queued_at=now,
                    due_at=now,
                    received_at=row.incoming.received_at,
                    trace=trace_of(row.incoming),
                )

    async def postpone(self, command_id: int, until: datetime) -> None:
        row = self._stores.commands[command_id]
        row.attempts += 1
        row.due_at = until

    async def list_times(self, sender: Identity, up_to: int, limit: int) -> Sequence[datetime]:
        times = [
            row.incoming.received_at
            for row in self._stores.commands.values()
            if row.incoming.sender.identity == sender and row.id <= up_to
        ]
        return sorted(times, reverse=True)[:limit]

    async def note_slow(self, command_id: int, language: str) -> None:
        row = self._stores.commands[command_id]
        if row.closed_at is None and row.told_waiting_at is None:
            row.answer_due_at, row.language = self._stores.clock.now(), language

    def _lane_behind_own(
        self, command: CommandRow, portal: PortalId, notification: Notification
    ) -> Lane:
        ahead = [
            row.notification.lane
            for row in self._stores.deliveries.values()
            if row.portal == portal
            and not row.state.is_final
            and row.notification.recipient.user_id == notification.recipient.user_id
            and self._stores.commands[row.command_id].incoming.sender.identity
            == command.incoming.sender.identity
        ]
        return max([notification.lane, *ahead])

    def _heads(self) -> Iterator[CommandRow]:
        seen: set[Identity] = set()
        for row in self._stores.commands.values():
            if row.closed_at is None and row.incoming.sender.identity not in seen:
                seen.add(row.incoming.sender.identity)
                yield row


class MemoryAnswers:
    """``Answers`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def list_untold(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        waiting_since: datetime,
        limit: int,
        without: Collection[int] = (),
    ) -> Sequence[int]:
        ids = [
            row.id
            for row in self._untold_rows()
            if row.id not in without
            and row.incoming.platform in platforms
            and (row.answer_due_at is None or row.answer_due_at <= now)
            and (self._is_final(row) or _has_waited(row, waiting_since))
        ]
        return ids[:limit]

    async def read(self, command_id: int) -> Untold | None:
        row = self._stores.commands.get(command_id)
        return self._untold(row) if row else None

    async def mark_told(self, command_id: int, *, is_final: bool, answer_id: str = "") -> None:
        row = self._stores.commands[command_id]
        now = self._stores.clock.now()
        if is_final:
            row.told_at = now
        else:
            row.told_waiting_at, row.told_at = now, None
        row.answer_id = answer_id
        row.answer_attempts, row.answer_due_at = 0, None

    async def postpone(self, command_id: int, until: datetime) -> None:
        row = self._stores.commands[command_id]
        row.answer_attempts += 1
        row.answer_due_at = until

    def _untold_rows(self) -> Iterator[CommandRow]:
        for row in self._stores.commands.values():
            is_slow = row.closed_at is None and row.answer_due_at is not None
            if is_slow or (row.closed_at is not None and row.told_at is None):
                yield row

    def _is_final(self, row: CommandRow) -> bool:
        return all(delivery.state.is_final for delivery in self._stores.deliveries_of(row.id))

    def _untold(self, row: CommandRow) -> Untold:
        progress = tuple(map(self._progress, self._stores.deliveries_of(row.id)))
        return Untold(
            id=row.id,
            incoming=row.incoming,
            reply=row.reply,
            is_refused=row.is_refused,
            progress=progress,
            answer_id=row.answer_id,
            attempts=row.answer_attempts,
            buttons=row.buttons,
            language=row.language,
            decided_at=row.closed_at,
        )

    def _progress(self, row: DeliveryRow) -> Progress:
        status = self._stores.statuses.get(row.portal, PortalStatus())
        if row.state.is_final:
            status = PortalStatus()
        return Progress(
            recipient=row.notification.recipient,
            state=row.state,
            code=row.code or status.hold_code,
            is_put_off=bool(status.resume_at and status.resume_at > self._stores.clock.now()),
            portal=self._stores.portal_names.get(row.portal, ""),
            is_unsure=row.is_possibly_doubled,
        )


class MemoryOutbox:
    """``Outbox`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def recover(self, portal: PortalId) -> int:
        rows = [row for row in self._waiting(portal) if row.state is State.SENDING]
        for row in rows:
            row.state, row.due_at = State.QUEUED, self._stores.clock.now()
            row.is_possibly_doubled = True
        return len(rows)

    async def take_due(self, portal: PortalId, now: datetime, limit: int) -> Sequence[Delivery]:
        if self._stores.statuses.get(portal, PortalStatus()).resume_at:
            return []
        due = [row for row in self._heads(portal) if row.due_at is not None and row.due_at <= now]
        return [self._take(row, now) for row in due[:limit]]

    async def put_back(self, deliveries: Collection[Delivery]) -> None:
        for delivery in deliveries:
            row = self._stores.deliveries[delivery.id]
            if (row.state, row.attempts) == (State.SENDING, delivery.attempt):
                row.state, row.due_at = State.QUEUED, self._stores.clock.now()
                row.attempts -= 1

    async def record(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            row = self._stores.deliveries[verdict.delivery_id]
            if (row.state, row.attempts) != (State.SENDING, verdict.attempt):
                continue
            now = self._stores.clock.now()
            if verdict.code and not row.code:
                self._stores.commands[row.command_id].told_waiting_at = None
            row.state, row.code = verdict.state, verdict.code
            row.due_at = None if verdict.state.is_final else verdict.due_at or now
            row.finished_at = now if verdict.state.is_final else None
            row.is_possibly_doubled |= verdict.is_outcome_unknown
            row.portal_notification_id = verdict.portal_notification_id

    async def look(self, portal: PortalId) -> Outlook:
        due = [row.due_at for row in self._heads(portal) if row.due_at is not None]
        status = self._stores.statuses.get(portal, PortalStatus())
        return Outlook(status, min(due, default=None))

    def _waiting(self, portal: PortalId) -> Iterator[DeliveryRow]:
        for row in self._stores.deliveries.values():
            if row.portal == portal and not row.state.is_final:
                yield row

    def _heads(self, portal: PortalId) -> Iterator[DeliveryRow]:
        waiting = sorted(self._waiting(portal), key=lambda row: (row.notification.lane, row.id))
        seen = {row.notification.recipient.user_id for row in waiting if row.state is State.SENDING}
        for row in waiting:
            user_id = row.notification.recipient.user_id
            if user_id not in seen:
                yield row
            seen.add(user_id)

    @staticmethod
    def _take(row: DeliveryRow, now: datetime) -> Delivery:
        row.state, row.started_at, row.due_at = State.SENDING, now, None
        row.attempts += 1
        return Delivery(
            id=row.id,
            notification=row.notification,
            attempt=row.attempts,
            queued_at=row.queued_at,
            received_at=row.received_at,
            trace=row.trace,
        )


class MemoryPast:
    """``Past`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def find(self, command_id: int) -> ClosedCommand | None:
        row = self._stores.commands.get(command_id)
        return ClosedCommand(row.id, row.incoming, row.buttons) if row and row.closed_at else None

    async def list_deliveries(self, command_id: int) -> Sequence[Retractable]:
        return [self._retractable(row) for row in self._stores.deliveries_of(command_id)]

    async def cancel(self, command_id: int) -> None:
        now = self._stores.clock.now()
        rows = self._stores.deliveries_of(command_id)
        for row in rows:
            if row.state is State.QUEUED:
                row.state, row.due_at, row.finished_at = State.CANCELLED, None, now
        if all(row.state.is_final for row in rows):
            self._stores.commands[command_id].told_at = now

    async def mark_deleted(self, delivery_ids: Collection[int]) -> None:
        for delivery_id in delivery_ids:
            row = self._stores.deliveries[delivery_id]
            row.state, row.finished_at = State.CANCELLED, self._stores.clock.now()
            row.is_possibly_doubled = False

    def _retractable(self, row: DeliveryRow) -> Retractable:
        return Retractable(
            id=row.id,
            portal=row.portal,
            recipient=row.notification.recipient,
            tag=row.notification.tag,
            state=row.state,
            finished_at=row.finished_at,
            is_possibly_doubled=row.is_possibly_doubled,
            is_replaced=any(
                later.id > row.id
                and later.portal == row.portal
                and later.notification.tag == row.notification.tag
                and later.state not in {State.FAILED, State.DEAD, State.CANCELLED}
                for later in self._stores.deliveries.values()
            ),
        )


class MemoryOverview:
    """``Overview`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def list_sent(self, identity: Identity, limit: int) -> Sequence[Sent]:
        commands = [
            row
            for row in self._stores.commands.values()
            if row.incoming.sender.identity == identity
        ]
        commands.sort(key=lambda row: (row.incoming.received_at, row.id), reverse=True)
        rows = [row for command in commands for row in self._stores.deliveries_of(command.id)]
        rows.sort(key=lambda row: row.state.is_final)
        return [self._sent(row) for row in rows[:limit]]

    async def count_waiting(self, identity: Identity) -> int:
        sent = await self.list_sent(identity, len(self._stores.deliveries))
        return sum(not one.state.is_final for one in sent)

    def _sent(self, row: DeliveryRow) -> Sent:
        status = self._stores.statuses.get(row.portal, PortalStatus())
        return Sent(
            recipient=row.notification.recipient,
            state=row.state,
            code=row.code,
            queued_at=row.queued_at,
            next_try_at=self._next_try(row, status),
            finished_at=row.finished_at,
            is_possibly_doubled=row.is_possibly_doubled,
            hold_code=status.hold_code,
            held_at=status.held_at,
        )

    def _next_try(self, row: DeliveryRow, status: PortalStatus) -> datetime | None:
        if row.due_at is None:
            return None
        place = (row.notification.lane, row.id)
        ahead = [
            other.due_at
            for other in self._stores.deliveries.values()
            if other.portal == row.portal
            and other.notification.recipient.user_id == row.notification.recipient.user_id
            and (other.notification.lane, other.id) < place
        ]
        next_try_at = max(filter(None, [row.due_at, status.resume_at, *ahead]))
        return None if next_try_at == FOR_GOOD else next_try_at


class MemoryPeople:
    """``People`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def note_seen(self, sender: Sender) -> Link | None:
        if not sender.handle:
            known = self._stores.senders.get(sender.identity, sender)
            sender = replace(sender, handle=known.handle)
        elif not self._may_have_handle(sender):
            sender = replace(sender, handle="")
        self.keep(sender)
        return await self.find_link(sender.identity)

    async def find_link(self, identity: Identity) -> Link | None:
        if identity not in self._stores.links:
            return None
        portal, recipient = self._stores.links[identity]
        return Link(identity, portal, recipient, self._stores.senders[identity].handle)

    async def find_by_handle(
        self, platform: Platform, workspace: str, handle: str
    ) -> Link | Identity | None:
        for sender in self._senders_of(platform, workspace):
            if sender.handle.casefold() == handle.casefold():
                return await self.find_link(sender.identity) or sender.identity
        return None

    async def find_links(
        self,
        platform: Platform,
        workspace: str,
        *,
        handles: Collection[str],
        external_ids: Collection[str],
    ) -> Sequence[Link]:
        folded = {handle.casefold() for handle in handles}
        identities = [
            sender.identity
            for sender in self._stores.senders.values()
            if (sender.identity.platform, sender.identity.workspace) == (platform, workspace)
            and (
                (sender.handle and sender.handle.casefold() in folded)
                or sender.identity.external_id in external_ids
            )
        ]
        links = [await self.find_link(identity) for identity in identities]
        return [link for link in links if link]

    async def note_refusal(
        self, identity: Identity, now: datetime, *, unless_since: datetime
    ) -> bool:
        before = self._stores.refusals.get(identity)
        if identity not in self._stores.senders or (before and before > unless_since):
            return False
        self._stores.refusals[identity] = now
        return True

    async def list_handles(
        self, platform: Platform, workspace: str, portal: PortalId
    ) -> Sequence[str]:
        return sorted(
            sender.handle
            for sender in self._senders_of(platform, workspace)
            if self._stores.links.get(sender.identity, (None,))[0] == portal
        )

    async def link(
        self, identity: Identity, portal: PortalId, recipient: Recipient, *, handle: str = ""
    ) -> None:
        """Link an identity as an administrator would."""
        await self._stores.linking.link(
            identity,
            Located(portal, recipient),
            proof=Proof.ADMINISTRATOR,
            changed_by="a test",
            handle=handle,
        )

    def _senders_of(self, platform: Platform, workspace: str) -> Iterator[Sender]:
        for sender in self._stores.senders.values():
            where = (sender.identity.platform, sender.identity.workspace)
            if sender.handle and where == (platform, workspace):
                yield sender

    def _may_have_handle(self, sender: Sender) -> bool:
        if sender.identity in self._stores.links:
            return True
        return all(other.identity not in self._stores.links for other in self._others_with(sender))

    def keep(self, sender: Sender) -> None:
        """Remember a person; a handle is theirs alone."""
        for other in self._others_with(sender):
            self._stores.senders[other.identity] = replace(other, handle="")
        self._stores.senders[sender.identity] = sender

    def _others_with(self, sender: Sender) -> list[Sender]:
        return [
            other
            for other in self._senders_of(sender.identity.platform, sender.identity.workspace)
            if other.identity != sender.identity
            and other.handle.casefold() == sender.handle.casefold()
        ]


class MemoryPortals:
    """``Portals`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def ensure(self, key: str, name: str) -> PortalId:
        """Return the number of the portal with this key, a new one when it is not known."""
        number = PortalId(len(self._stores.portal_keys) + 1)
        portal = self._stores.portal_keys.setdefault(key, number)
        self._stores.portal_names[portal] = name
        return portal

    async def status(self, portal: PortalId) -> PortalStatus:
        return self._stores.statuses.get(portal, PortalStatus())

    async def pause(self, portal: PortalId, until: datetime, hold_code: str = "") -> None:
        before = await self.status(portal)
        resume_at = max(until, before.resume_at or until)
        is_shorter = bool(before.hold_code) and until < resume_at
        code = before.hold_code if is_shorter or not hold_code else hold_code
        held_at = before.held_at or (self._stores.clock.now() if code else None)
        self._stores.statuses[portal] = PortalStatus(resume_at, code, held_at)

    async def end_pause(self, portal: PortalId) -> None:
        status = self._stores.statuses.get(portal, PortalStatus())
        now = self._stores.clock.now()
        if status.resume_at and status.resume_at <= now and not status.hold_code:
            del self._stores.statuses[portal]

    async def release(self, portal: PortalId) -> None:
        before = self._stores.statuses.pop(portal, PortalStatus())
        soon = self._stores.clock.now() + timedelta(seconds=5)
        for row in self._stores.deliveries.values():
            if before.hold_code and row.portal == portal and row.due_at and row.due_at > soon:
                row.due_at = soon

    async def read_level(self, portal: PortalId) -> tuple[float, datetime] | None:
        return self._stores.levels.get(portal)

    async def save_level(self, portal: PortalId, level: float, at: datetime) -> None:
        self._stores.levels[portal] = (level, at)


def _has_waited(row: CommandRow, waiting_since: datetime) -> bool:
    if row.closed_at is None or row.told_waiting_at is not None:
        return False
    return row.closed_at < waiting_since


def _event(incoming: Incoming) -> tuple[Platform, str, str]:
    return incoming.platform, incoming.workspace, incoming.event_id


def _as_kept(notification: Notification) -> Notification:
    return replace(notification, recipient=_without_email(notification.recipient))


def _without_email(recipient: Recipient) -> Recipient:
    return Recipient(recipient.user_id, recipient.name)
