"""A Bitrix24 account.

Sources: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html,
https://apidocs.bitrix24.com/api-reference/user/user-get.html and
https://apidocs.bitrix24.com/api-reference/common/users/profile.html
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final, Self

from adapters.bitrix24.parameters import send_whole_characters
from adapters.bitrix24.people import recipients_from
from adapters.bitrix24.rest import Rest
from adapters.bitrix24.sending import METHODS, Sending, travels_alone
from adapters.bitrix24.turns import Turns
from bridge.errors import OutcomeUnknown, TryLater

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import httpx

    from adapters.bitrix24.answers import Answer
    from adapters.bitrix24.auth import Credential
    from adapters.bitrix24.bucket import Place
    from bridge.delivery.notification import Notification, Outcome
    from bridge.people.identity import BitrixUserId, Recipient

TIMEOUT_SECONDS: Final = 75.0
"""The portal gives a request 60 seconds; the rest is for the way there and back."""
EMAIL_PAGES: Final = 10
"""How many pages of people are looked through when the portal ignores the e-mail filter."""

_logger = logging.getLogger(__name__)


class Bitrix24Portal:
    """Sends notifications and finds people; implements ``bridge.ports.Portal``.

    Close it with ``aclose``, or use it in ``async with``.

    Args:
        credential: who calls; everything is sent in the name of its user.
        turns: says when a request may leave; all that go to one portal share them.
        timeout_seconds: the longest one request may take from beginning to end.
        transport: stands in for the network.
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
        if user_id <= 0:
            return None
        people, _ = await self._list_people({"ID": user_id}, 0)
        # The portal drops a filter that it does not allow, and returns everyone.
        return next((person for person in people if person.user_id == user_id), None)

    async def find_by_email(self, email: str) -> Sequence[Recipient]:
        """Find all persons whose e-mail address, as the portal returns it, equals this one.

        A portal whose webhook may not see addresses ignores the filter and returns everyone;
        then the first ``EMAIL_PAGES`` pages are looked through, as far as they show addresses.
        """
        wanted = send_whole_characters(email).strip()
        if not wanted:
            return []
        people = await self._list_by_email(wanted)
        # By number, since a page may repeat a person when somebody joins in between.
        equal = {p.user_id: p for p in people if p.email.lower() == wanted.lower()}
        if any(person.user_id not in equal for person in people):
            _logger.warning("The portal ignores the e-mail filter: may its webhook see addresses?")
        return list(equal.values())

    async def check(self) -> None:
        """Prove that the credential works. The right to send is first proved by sending."""
        answer = await self._look_up("profile", {})
        if not isinstance(answer.result, dict):
            raise TryLater("UNEXPECTED_ANSWER", "profile returned no person")

    async def _list_by_email(self, email: str) -> Sequence[Recipient]:
        listed: list[Recipient] = []
        start = 0
        for _ in range(EMAIL_PAGES):
            people, following = await self._list_people({"EMAIL": email}, start)
            listed += people
            if following is None or not any(person.email for person in people):
                break
            start = following
        return listed

    async def _list_people(
        self, search: Mapping[str, object], start: int
    ) -> tuple[list[Recipient], int | None]:
        """Return a page of people, and where the next one begins."""
        answer = await self._look_up("user.get", {"FILTER": search, "start": start})
        people = recipients_from(answer.result)
        if people is None:
            raise TryLater("UNEXPECTED_ANSWER", "user.get returned no list")
        return people, answer.next_start

    async def _look_up(self, method: str, parameters: Mapping[str, object]) -> Answer:
        """Call a method that changes nothing: whatever came of it, it can be called again."""
        try:
            return await self._rest.call(method, parameters)
        except OutcomeUnknown as error:
            raise TryLater(error.code, error.detail) from None
