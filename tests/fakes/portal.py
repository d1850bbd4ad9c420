"""A portal that does what a test says."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bridge.delivery.notification import Delivered, Notification, Outcome
from bridge.delivery.served import Served
from bridge.errors import TryLater
from bridge.people.identity import BitrixUserId, Recipient

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.errors import PortalError
    from bridge.people.identity import PortalId


ANNA = Recipient(BitrixUserId(5), "Anna Petrova", "anna@corp.example")
BORIS = Recipient(BitrixUserId(2), "Boris Ivanov", "boris@corp.example")
DMITRI = Recipient(BitrixUserId(4), "Dmitri Orlov", "dmitri@corp.example", is_active=False)


def serving(*portals: tuple[PortalId, FakePortal]) -> Served:
    """Serve portals, the first as the default; each is called by its number."""
    served = Served()
    for portal_id, portal in portals:
        served.add(portal_id, portal, f"portal-{portal_id}.example")
    return served


class FakePortal:
    """Delivers everything, but for the outcomes and errors it is given."""

    def __init__(self, *people: Recipient, request_size: int = 50) -> None:
        self.request_size = request_size
        self.people = list(people or (ANNA, BORIS, DMITRI))
        self.sent: list[list[Notification]] = []
        self.outcomes: deque[PortalError | None] = deque()
        self.error: PortalError | None = None
        self.busy: TryLater | None = None
        self.loners: set[str] = set()
        self.turns = 0
        self.deleted: list[list[str]] = []
        self.deletes: int | None = None
        self.checks = 0
        self.look_ups = 0

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        assert len(notifications) <= self.request_size
        self.sent.append(list(notifications))
        self.turns -= 1
        scripted = [self.outcomes.popleft() if self.outcomes else None for _ in notifications]
        return [outcome or Delivered(100 + number) for number, outcome in enumerate(scripted)]

    def travels_alone(self, notification: Notification) -> bool:
        return notification.message in self.loners

    async def turn(self) -> None:
        if self.busy:
            raise self.busy
        self.turns += 1

    def skip_turn(self) -> None:
        self.turns -= 1

    async def find_by_id(self, user_id: BitrixUserId) -> Recipient | None:
        self.look_ups += 1
        self._raise()
        return next((person for person in self.people if person.user_id == user_id), None)

    async def find_by_email(self, email: str) -> Sequence[Recipient]:
        self._raise()
        return [person for person in self.people if person.email == email.casefold()]

    async def delete_by_tags(self, tags: Sequence[str]) -> None:
        assert len(tags) <= self.request_size
        self._raise()
        if self.deletes is not None and len(self.deleted) >= self.deletes:
            raise TryLater("QUERY_LIMIT_EXCEEDED")
        self.deleted.append(list(tags))

    async def find_people(
        self, user_ids: Collection[BitrixUserId], emails: Collection[str]
    ) -> Sequence[Recipient]:
        self.look_ups += 1
        self._raise()
        wanted = {email.casefold() for email in emails}
        return [p for p in self.people if p.user_id in user_ids or p.email.casefold() in wanted]

    async def check(self) -> None:
        self.checks += 1
        self._raise()

    def _raise(self) -> None:
        if self.error:
            raise self.error
