"""The state of a Bitrix24 portal on one's own machine."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.sandbox.faults import Faults
from adapters.sandbox.operating import OperatingTime
from adapters.sandbox.people import OWNER_ID, PEOPLE, Person
from adapters.sandbox.reader import read
from bridge.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.sandbox.bucket import LeakyBucket
    from bridge.ports import Clock

MESSAGE_CHARACTERS = 20_000
_CUT_MARK = " (...)"
_TAG_CHARACTERS = 246
_EVENTS_KEPT = 1_000
_TRIMMED = " \t\n\r\0\v"


class Draft(Struct, frozen=True, kw_only=True):
    """A notification as it is asked for.

    Attributes:
        user_id: the recipient.
        author_id: in whose name it is sent.
        message: BB codes, not empty.
        message_out: plain text for e-mail.
        application: the ``CLIENT_ID``: tags belong to it, and without it they are ignored.
        tag: an older notification of the recipient with it is removed.
        sub_tag: kept, without further effect.
        attach: the attachment as JSON; empty if there is none.
        attach_html: the same for a page.
    """

    user_id: int
    message: str
    author_id: int = OWNER_ID
    message_out: str = ""
    application: str = ""
    tag: str = ""
    sub_tag: str = ""
    attach: str = ""
    attach_html: str = ""


class StoredNotification(Struct, frozen=True, kw_only=True):
    """A notification in somebody's bell.

    Attributes:
        author_id: who it is from.
        message: as kept: trimmed and, if need be, cut.
        tag: empty where there is none or it was ignored.
        attach: the attachment as JSON; empty if there is none.
        created_at: aware, in UTC.
        html: message and attachment as the messenger shows them, safe for a page.
    """

    id: int
    user_id: int
    author_id: int
    message: str
    message_out: str
    application: str
    tag: str
    sub_tag: str
    attach: str
    created_at: datetime
    html: str


class Added(Struct, frozen=True, tag=True):
    """A bell has rung."""

    notification: StoredNotification


class Removed(Struct, frozen=True, tag=True):
    """A notification is gone from a bell."""

    id: int
    user_id: int


class Missed(Struct, frozen=True, tag=True):
    """The listener was too slow: events were left out, read ``portal.notifications`` anew."""


Event = Added | Removed | Missed


class Counters:
    """What the portal was asked.

    Attributes:
        requests: how many requests there were, refused ones included.
        refused: how many of them the bucket refused.
        by_method: how often each method was called, also within batches.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0
        self.by_method: Counter[str] = Counter()


class SandboxPortal:
    """A portal: its people, their bells, and what it was asked to do.

    It behaves as documented at
    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

    Args:
        people: who works here.
        bucket: the limit on calls; None for no limit.
        clock: what the portal takes for the time.
        webhook_code: the secret in the address of the owner's webhook.

    Attributes:
        ledger: everything accepted, replaced notifications included, oldest first.
        faults: what will go wrong with the next calls.
        scope: what the webhook may do.
        request_seconds: how long each request takes, besides its calls.
        call_seconds: how long each call takes, alone or in a batch.
        operating: how long the methods were at work, and how long they may be.
        counters: what was asked.
    """

    def __init__(
        self,
        people: Sequence[Person] = PEOPLE,
        bucket: LeakyBucket | None = None,
        clock: Clock | None = None,
        webhook_code: str = "sandbox-secret",
    ) -> None:
        self.people = tuple(people)
        self.bucket = bucket
        self.clock = clock or SystemClock()
        self.webhook_code = webhook_code
        self.owner_id = OWNER_ID
        self.scope = frozenset({"im", "user"})
        self.faults = Faults()
        self.request_seconds = 0.0
        self.call_seconds = 0.0
        self.operating = OperatingTime()
        self.counters = Counters()
        self.ledger: list[StoredNotification] = []
        self._bells: dict[int, StoredNotification] = {}
        self._by_tag: dict[tuple[str, int, str], StoredNotification] = {}
        self._accepted: Counter[tuple[int, str]] = Counter()
        self._listeners: set[asyncio.Queue[Event]] = set()

    @property
    def notifications(self) -> list[StoredNotification]:
        """What is in the bells now, oldest first."""
        return list(self._bells.values())

    def find_person(self, user_id: int) -> Person | None:
        """Find somebody by ``USER_ID``, dismissed or not."""
        return next((p for p in self.people if p.id == user_id), None)

    def times_accepted(self, user_id: int, message: str) -> int:
        """Count how often a message was accepted for a recipient, replaced or not."""
        return self._accepted[user_id, message]

    def add(self, draft: Draft) -> StoredNotification | None:
        """Ring a bell; None where the portal answers ``false``.

        That is when the recipient is missing or dismissed, or when a tag is too long to be kept.
        """
        recipient = self.find_person(draft.user_id)
        tag = _effective_tag(draft.tag, draft.application)
        sub_tag = _effective_tag(draft.sub_tag, draft.application)
        if (
            recipient is None
            or not recipient.active
            or max(len(tag), len(sub_tag)) > _TAG_CHARACTERS
        ):
            return None
        message = _keep(draft.message)
        notification = StoredNotification(
            id=len(self.ledger) + 1,
            user_id=draft.user_id,
            author_id=draft.author_id,
            message=message,
            message_out=draft.message_out,
            application=draft.application,
            tag=tag,
            sub_tag=sub_tag,
            attach=draft.attach,
            created_at=self.clock.now(),
            html=read(message).html + draft.attach_html,
        )
        self._replace_same_tag(notification)
        self._store(notification)
        return notification

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Event]]:
        """Listen to the bells from now on.

        The queue holds a bounded number of events. To a listener who does not keep up all that
        waits is replaced by one ``Missed``.
        """
        queue: asyncio.Queue[Event] = asyncio.Queue(_EVENTS_KEPT)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def _replace_same_tag(self, newer: StoredNotification) -> None:
        if not newer.tag:
            return
        key = (newer.application, newer.user_id, newer.tag)
        older = self._by_tag.get(key)
        self._by_tag[key] = newer
        if older:
            del self._bells[older.id]
            self._publish(Removed(older.id, older.user_id))

    def _store(self, notification: StoredNotification) -> None:
        self._bells[notification.id] = notification
        self.ledger.append(notification)
        self._accepted[notification.user_id, notification.message] += 1
        self._publish(Added(notification))

    def _publish(self, event: Event) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Missed())
            queue.put_nowait(event)


def trim(message: str) -> str:
    """Remove white space from both ends, as PHP does."""
    return message.strip(_TRIMMED)


def _keep(message: str) -> str:
    trimmed = trim(message)
    if len(trimmed) <= MESSAGE_CHARACTERS + len(_CUT_MARK):
        return trimmed
    # Even through the middle of a tag: the portal looks at characters alone.
    return trimmed[:MESSAGE_CHARACTERS] + _CUT_MARK


def _effective_tag(tag: str, application: str) -> str:
    # PHP takes "0" for empty.
    return tag if application and tag != "0" else ""
