"""A Bitrix24 account.

Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Self

from adapters.bitrix24.asking import Asking
from adapters.bitrix24.finding import Finding
from adapters.bitrix24.rest import Rest
from adapters.bitrix24.sending import METHODS, Sending, travels_alone
from adapters.bitrix24.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

    import httpx

    from adapters.bitrix24.auth import Credential
    from adapters.bitrix24.bucket import Place
    from bridge.delivery.notification import Notification, Outcome
    from bridge.people.identity import BitrixUserId, Recipient

TIMEOUT_SECONDS: Final = 75.0
"""The portal gives a request 60 seconds; the rest is for the way there and back."""


class Bitrix24Portal:
    """Sends notifications and finds people; implements ``bridge.ports.Portal``.

    Close it with ``aclose``, or use it in ``async with``.

    Args:
        credential: who calls; everything is sent in the name of its user.
        turns: says when a request may leave; all that go to one portal share them.
        timeout_seconds: the longest one request may take from beginning to end.
        transport: stands in for the network.

    Attributes:
        asking: what else can be asked of the portal.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        turns: Turns | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._credential = credential
        self._turns = turns or Turns()
        self._rest = Rest(credential, self._turns, timeout_seconds, transport)
        self.asking = Asking(self._rest)
        self._finding = Finding(self.asking)
        self._sending = Sending(self._rest, self._turns)
        self._granted: deque[Place] = deque()

    def __repr__(self) -> str:
        return f"Bitrix24Portal({self._credential!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; the portal cannot be used any more."""
        await self._rest.aclose()
        await self._turns.aclose()

    @property
    def request_size(self) -> int:
        """The most notifications that one request carries: a batch's, unless it is refused."""
        return self._sending.request_size

    @property
    def bucket_level(self) -> float:
        """How full the portal's bucket is, in requests."""
        return self._turns.level

    def travels_alone(self, notification: Notification) -> bool:
        """Tell whether a batch would change the texts of a notification."""
        return travels_alone(notification)

    async def turn(self) -> None:
        """Wait until a request may leave, and keep its place for the next ``send``.

        Raises:
            TryLater: that would take longer than a few seconds.
        """
        self._granted.append(await self._turns.take(METHODS))

    def skip_turn(self) -> None:
        """Give a place back: there was nothing to send."""
        self._turns.give_back(self._granted.pop())

    async def send(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Try to deliver each notification once, in order, with one request."""
        place = self._granted.popleft() if self._granted else None
        return await self._sending.send(notifications, place)

    async def find_by_id(self, user_id: BitrixUserId) -> Recipient | None:
        """Find a person by ``USER_ID``, dismissed ones too; None if there is none."""
        return await self.asking.find_by_id(user_id)

    async def find_by_email(self, email: str) -> Sequence[Recipient]:
        """Find all persons whose e-mail address, as the portal returns it, equals this one."""
        return await self.asking.find_by_email(email)

    async def find_people(
        self, user_ids: Collection[BitrixUserId], emails: Collection[str]
    ) -> Sequence[Recipient]:
        """Find all who have one of these numbers or addresses, dismissed ones too, in no order."""
        return await self._finding.find_people(user_ids, emails)

    async def check(self) -> None:
        """Prove that the credential works and may notify."""
        await self.asking.check()

    async def delete_by_tags(self, tags: Sequence[str]) -> None:
        """Take our notifications with tags out of the bells; that there are none is no failure.

        Raises:
            PortalError: the portal could not be asked about all; it can be asked again.
        """
        await self.asking.delete_by_tags(tags)
