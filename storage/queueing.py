"""Puts notifications into the outbox, in the order that their senders mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, select

from bridge.delivery.lane import Lane
from bridge.delivery.state import State
from bridge.trace import trace_of
from storage.tables import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlmodel import Session

    from bridge.delivery.notification import Notification
    from bridge.people.identity import PortalId

_outbox: Final = Row.metadata.tables["outbox"]
_inbox: Final = Row.metadata.tables["inbox"]
_QUEUE: Final = insert(_outbox)

# Neither joined nor compared bare, so that it is looked up by recipient: there may be years of the
# sender's commands, and a crowd in the lane.
_of_sender: Final = select(_inbox.c.sender).where(_inbox.c.id == _outbox.c.inbox_id)
_LANES_AHEAD: Final = (
    select(_outbox.c.bitrix_user_id, func.max(_outbox.c.lane))
    .where(
        _outbox.c.portal_id == bindparam("portal"),
        _outbox.c.finished_at.is_(None),
        (_outbox.c.lane > bindparam("lane")).is_(True),
        _outbox.c.bitrix_user_id.in_(bindparam("people", expanding=True)),
        _of_sender.scalar_subquery() == bindparam("sender"),
    )
    .group_by(_outbox.c.bitrix_user_id)
)


def queue(
    session: Session,
    command: Any,  # noqa: ANN401 - a row with some columns of the inbox
    notifications: Mapping[PortalId, Sequence[Notification]],
    now: datetime,
) -> bool:
    """Queue what a command leads to; False if that is nothing.

    Args:
        session: the transaction.
        command: its number, its sender, when it came and what came.
        notifications: by portal.
        now: the time.
    """
    trace = trace_of(command.incoming)
    rows = [
        _row(portal, notification, now)
        | {"inbox_id": command.id, "received_at": command.received_at, "trace": trace}
        for portal, for_portal in notifications.items()
        for notification in for_portal
    ]
    if rows:
        _keep_order(session, command.sender, rows)
        session.connection().execute(_QUEUE, rows)
    return bool(rows)


def _keep_order(session: Session, sender: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put what would overtake something older of the same sender for the same recipient behind it.

    Lanes are for others: one's own second message, to one alone, must not pass the first, to many.
    """
    for portal, lane in {(row["portal_id"], row["lane"]) for row in rows}:
        if lane == max(Lane):
            continue
        ours = [row for row in rows if (row["portal_id"], row["lane"]) == (portal, lane)]
        people = [row["bitrix_user_id"] for row in ours]
        values = {"portal": portal, "lane": lane, "people": people, "sender": sender}
        for user_id, ahead in session.execute(_LANES_AHEAD, values):
            for row in ours:
                if row["bitrix_user_id"] == user_id:
                    row["lane"] = ahead


def _row(portal: PortalId, notification: Notification, now: datetime) -> dict[str, Any]:
    return {
        "portal_id": portal,
        "bitrix_user_id": notification.recipient.user_id,
        "recipient_name": notification.recipient.name,
        "message": notification.message,
        "message_out": notification.message_out,
        "tag": notification.tag,
        "sub_tag": notification.sub_tag,
        "attach": notification.attach,
        "lane": notification.lane,
        "is_system": notification.is_system,
        "state": State.QUEUED,
        "attempts": 0,
        "queued_at": now,
        "due_at": now,
        "code": "",
        "is_possibly_doubled": False,
        "portal_notification_id": 0,
    }
