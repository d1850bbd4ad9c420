"""Commands, and what their people are told, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.delivery.notification import PortalStatus, Progress
from bridge.incoming import StoredCommand
from bridge.people.identity import Recipient
from bridge.replies.untold import Untold
from bridge.trace import trace_of
from tests.fakes.rows import CommandRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bridge.commands.decided import Decided
    from bridge.delivery.lane import Lane
    from bridge.delivery.notification import Notification
    from bridge.incoming import Incoming
    from bridge.people.identity import Identity, Platform, PortalId
    from tests.fakes.stores import MemoryStores


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


def _has_waited(row: CommandRow, waiting_since: datetime) -> bool:
    if row.closed_at is None or row.told_waiting_at is not None:
        return False
    return row.closed_at < waiting_since


def _event(incoming: Incoming) -> tuple[Platform, str, str]:
    return incoming.platform, incoming.workspace, incoming.event_id


def _as_kept(notification: Notification) -> Notification:
    recipient = Recipient(notification.recipient.user_id, notification.recipient.name)
    return replace(notification, recipient=recipient)
