"""Notifications as requests, and what comes of them."""

from __future__ import annotations

import asyncio
import copy
import logging
import traceback
from typing import TYPE_CHECKING, Final

from adapters.bitrix24.answers import Answer, read_id
from adapters.bitrix24.batch import MOST_CALLS, Batch, Call, is_substituted
from adapters.bitrix24.parameters import notification_parameters
from adapters.bitrix24.rest import EXPIRED
from bridge.delivery.notification import Delivered
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from adapters.bitrix24.answers import Times
    from adapters.bitrix24.bucket import Place
    from adapters.bitrix24.rest import Rest
    from adapters.bitrix24.turns import Turns
    from bridge.delivery.notification import Notification, Outcome
    from bridge.people.identity import BitrixUserId

CLOCK_LIKE_SECONDS: Final = 5.0
"""An id as near as this to the time of the answer is a time and no id."""
METHODS: Final = ("im.notify.personal.add", "im.notify.system.add")
"""What notifications are sent with: in a person's name, and in the portal's."""
SMALLER_FOR_SECONDS: Final = 3600.0
"""How long smaller requests are made after the portal has refused a batch."""

_logger = logging.getLogger(__name__)


class Sending:
    """Makes one request of notifications: a batch, or a single call when there is one.

    Args:
        rest: calls the portal.
        turns: takes back a turn that is not needed.
    """

    def __init__(self, rest: Rest, turns: Turns) -> None:
        self._rest = rest
        self._turns = turns
        self._size = MOST_CALLS
        self._smaller_until = 0.0

    @property
    def request_size(self) -> int:
        """The most notifications in one request: fewer after the portal has refused a batch."""
        if asyncio.get_running_loop().time() >= self._smaller_until:
            self._size = MOST_CALLS
        return self._size

    async def send(
        self, notifications: Sequence[Notification], place: Place | None
    ) -> Sequence[Outcome]:
        """Try to deliver each notification once, in order, with one request or none.

        What the portal would refuse is refused here and not sent. ``place`` is the turn that the
        request has, if it has one.
        """
        prepared = [_prepare(notification) for notification in notifications]
        calls = [call for call in prepared if isinstance(call, Call)]
        if place and not calls:
            self._turns.give_back(place)
        answers = iter(await self._call(calls, place) if calls else [])
        return [
            _outcome_of(next(answers), notification.recipient.user_id)
            if isinstance(call, Call)
            else call
            for call, notification in zip(prepared, notifications, strict=True)
        ]

    async def _call(
        self, calls: Sequence[Call], place: Place | None
    ) -> Sequence[Answer | PortalError]:
        ask = self._call_alone if len(calls) == 1 else self._call_together
        return await self._outcomes_of(ask(calls, place), len(calls))

    async def _call_alone(self, calls: Sequence[Call], place: Place | None) -> Sequence[Answer]:
        return [await self._rest.call(call.method, call.parameters, place) for call in calls]

    async def _call_together(
        self, calls: Sequence[Call], place: Place | None
    ) -> Sequence[Answer | PortalError]:
        token = await self._rest.read_token()
        outcomes = list(await self._ask_together(calls, place))
        late = [number for number, outcome in enumerate(outcomes) if _is_expired(outcome)]
        if late:
            again = self._call_again([calls[number] for number in late], token)
            # Whatever becomes of these, the others have their outcomes already.
            for number, outcome in zip(
                late, await self._outcomes_of(again, len(late)), strict=True
            ):
                outcomes[number] = outcome
        return outcomes

    async def _call_again(
        self, calls: Sequence[Call], failed_token: str
    ) -> Sequence[Answer | PortalError]:
        """Call once more what a token was too old for that had still been good for the batch."""
        if not await self._rest.renew(failed_token):
            raise PortalOnHold(EXPIRED, "it cannot be renewed")
        return await self._ask_together(calls, None)

    async def _outcomes_of(
        self, asked: Awaitable[Sequence[Answer | PortalError]], size: int
    ) -> Sequence[Answer | PortalError]:
        try:
            return await asked
        except PortalError as error:
            self._heed(error, size)
            return [copy.copy(error) for _ in range(size)]
        except Exception as error:  # noqa: BLE001
            # An attempt without an outcome would be made again at once, and the same bell ring
            # every time. As an unknown one it waits its turn and is given up in the end.
            return [_outcome_of_fault(error) for _ in range(size)]

    async def _ask_together(
        self, calls: Sequence[Call], place: Place | None
    ) -> Sequence[Answer | PortalError]:
        batch = Batch(calls)
        answer = await self._rest.call("batch", batch.parameters, place)
        outcomes = batch.read(answer, hide=self._rest.hide)
        last_times: dict[str, Times] = {}
        for call, outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, Answer):
                last_times[call.method] = outcome.times
            else:
                self._heed(outcome, len(calls))
        for method, times in last_times.items():
            self._rest.note_operating(method, times)
        for call, outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, PortalError):
                self._rest.heed_time_limit(call.method, outcome)
        return outcomes

    def _heed(self, error: PortalError, size: int) -> None:
        match error.code:
            case "ERROR_BATCH_METHOD_NOT_ALLOWED":
                self._make_smaller(1)
            case "ERROR_BATCH_LENGTH_EXCEEDED":
                self._make_smaller(max(size // 2, 1))

    def _make_smaller(self, size: int) -> None:
        _logger.warning("The portal refuses a batch; for an hour at most %s go together", size)
        self._size = min(self._size, size)
        self._smaller_until = asyncio.get_running_loop().time() + SMALLER_FOR_SECONDS


def travels_alone(notification: Notification) -> bool:
    """Tell whether a batch would change the texts of a notification."""
    return any(map(is_substituted, _texts(notification)))


def _texts(notification: Notification) -> Iterator[str]:
    yield notification.message
    yield notification.message_out
    yield notification.tag
    yield notification.sub_tag
    yield notification.attach


def _prepare(notification: Notification) -> Call | PortalError:
    try:
        method = METHODS[notification.is_system]
        return Call(method, notification_parameters(notification))
    except Rejected as error:
        return error
    except Exception as error:  # noqa: BLE001
        return _outcome_of_fault(error)


def _is_expired(outcome: Answer | PortalError) -> bool:
    return isinstance(outcome, PortalOnHold) and outcome.code == EXPIRED


def _outcome_of_fault(fault: Exception) -> OutcomeUnknown:
    # The fault's own words may quote the message, so only its kind and place are logged.
    kind, place = type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__))
    _logger.error("Notifications could not be sent (%s)\n%s", kind, place)
    return OutcomeUnknown("UNEXPECTED_FAULT", kind)


def _outcome_of(answer: Answer | PortalError, user_id: BitrixUserId) -> Outcome:
    if isinstance(answer, PortalError):
        return answer
    result = answer.result
    if result is False:
        return Rejected("NOT_CREATED", "is the recipient active, and the tag short enough?")
    notification_id = read_id(result)
    if notification_id is None:
        return OutcomeUnknown("UNEXPECTED_ANSWER", f"the id is a {type(result).__name__}")
    finished_at = answer.times.finished_at
    if finished_at and abs(notification_id - finished_at) <= CLOCK_LIKE_SECONDS:
        return Rejected("SWITCHED_OFF", f"person {user_id} does not want such notifications")
    return Delivered(notification_id)
