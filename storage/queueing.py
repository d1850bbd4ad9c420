"""Puts notifications into the outbox, in the order that their senders mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select

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

# By recipient, in the order of an index from behind: there may be years of the sender's commands,
# and a crowd in the lane.
_of_sender: Final = select(_inbox.c.sender).where(_inbox.c.id == _outbox.c.inbox_id)
_LANE_AHEAD: Final = (
    select(_outbox.c.lane)
    .where(
        _outbox.c.portal_id == bindparam("portal"),
        _outbox.c.bitrix_user_id == bindparam("user_id"),
        _outbox.c.finished_at.is_(None),
        (_outbox.c.lane > bindparam("lane")).is_(True),
        _of_sender.scalar_subquery() == bindparam("sender"),
    )
    .order_by(_outbox.c.due_at.is_not(None).desc(), _outbox.c.lane.desc(), _outbox.c.id.desc())
    .limit(1)
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
    for row in rows:
        _keep_order(session, command.sender, row)
    if rows:
        session.connection().execute(_QUEUE, rows)
    return bool(rows)


def _keep_order(session: Session, sender: str, row: dict[str, Any]) -> None:
    """Put what would overtake something older of the same sender for the same recipient behind it.

    Lanes are for others: one's own second message, to one alone, must not pass the first, to many.
    """
    values = {
        "portal": row["portal_id"],
        "user_id": row["bitrix_user_id"],
        "lane": row["lane"],
        "sender": sender,
    }
    if row["lane"] < max(Lane):
        ahead = session.execute(_LANE_AHEAD, values).scalar()
        row["lane"] = row["lane"] if ahead is None else ahead


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
