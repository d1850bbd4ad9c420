"""What the stores in memory keep of commands and deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.delivery.state import State

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.delivery.notification import Notification
    from bridge.incoming import Incoming
    from bridge.markup.nodes import Document
    from bridge.people.identity import PortalId
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
