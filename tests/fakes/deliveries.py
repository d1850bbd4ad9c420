"""Deliveries in memory: those under way, and those of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.notification import FOR_GOOD, Delivery, Outlook, PortalStatus
from bridge.delivery.overview import Sent
from bridge.delivery.retraction import Retractable
from bridge.delivery.state import State
from bridge.incoming import ClosedCommand

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bridge.delivery.notification import Verdict
    from bridge.people.identity import Identity, PortalId
    from tests.fakes.rows import DeliveryRow
    from tests.fakes.stores import MemoryStores


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
