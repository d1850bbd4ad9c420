"""Everybody's bell: what is in it now, and what ever was."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from adapters.sandbox.notifications import Added, Event, Missed, Removed, StoredNotification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Fate = Literal["accepted", "replaced", "deleted"]
"""What became of a notification: it is in its bell, or gone, and how."""

_EVENTS_KEPT = 1_000


class Bells:
    """The notifications of all people.

    Attributes:
        ledger: everything accepted, what is gone included, oldest first.
    """

    def __init__(self) -> None:
        self.ledger: list[StoredNotification] = []
        self._ringing: dict[int, StoredNotification] = {}
        self._tagged: dict[tuple[str, str], dict[int, StoredNotification]] = {}
        self._gone: dict[int, Fate] = {}
        self._accepted: Counter[tuple[int, str]] = Counter()
        self._listeners: set[asyncio.Queue[Event]] = set()

    @property
    def ringing(self) -> list[StoredNotification]:
        """What is in the bells now, oldest first."""
        return list(self._ringing.values())

    def fate(self, notification: StoredNotification) -> Fate:
        """Tell what became of a notification."""
        return self._gone.get(notification.id, "accepted")

    def with_tag(self, application: str, tag: str) -> list[StoredNotification]:
        """Return what is in the bells with a tag of an application."""
        return list(self._tagged.get((application, tag), {}).values())

    def times_accepted(self, user_id: int, message: str) -> int:
        """Count how often a message was accepted for a recipient."""
        return self._accepted[user_id, message]

    def add(self, notification: StoredNotification) -> None:
        """Ring a bell."""
        self._ringing[notification.id] = notification
        if notification.tag:
            key = notification.application, notification.tag
            self._tagged.setdefault(key, {})[notification.id] = notification
        self.ledger.append(notification)
        self._accepted[notification.user_id, notification.message] += 1
        self._publish(Added(notification))

    def remove(self, notification: StoredNotification, fate: Fate) -> None:
        """Take a notification out of its bell."""
        self._gone[notification.id] = fate
        del self._ringing[notification.id]
        if notification.tag:
            del self._tagged[notification.application, notification.tag][notification.id]
        self._publish(Removed(notification.id, notification.user_id))

    def delete(self, is_meant: Callable[[StoredNotification], bool]) -> bool:
        """Delete all notifications of a kind and tell whether there were any."""
        meant = [one for one in self._ringing.values() if is_meant(one)]
        for notification in meant:
            self.remove(notification, "deleted")
        return bool(meant)

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

    def _publish(self, event: Event) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Missed())
            queue.put_nowait(event)
