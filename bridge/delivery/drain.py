"""Takes what is due for one portal and sends it."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from enum import Enum, auto
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bridge.delivery.meter import UNMEASURED
from bridge.delivery.notification import Delivered, Outcome, Verdict
from bridge.delivery.policy import GiveUp, HoldPortal, Policy, RetryAt
from bridge.delivery.state import State
from bridge.delivery.under_way import UnderWay
from bridge.errors import OutcomeUnknown, PortalError, TryLater
from bridge.trace import following

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.delivery.meter import PortalMeter
    from bridge.delivery.notification import Delivery, Outlook, PortalStatus
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Outbox, Portal, Portals

    _OnProgress = Callable[[int], None]
    _Pause = tuple[datetime, str]

log = logging.getLogger(__name__)

_SHORTEST_SLEEP: Final = timedelta(milliseconds=50)
_LONGEST_RUN: Final = timedelta(seconds=30)
"""After which a drain ends as soon as it can: others may want its worker to end."""
_BEHIND_OTHERS: Final = timedelta(seconds=5)


class _Sent(Enum):
    """How much of what was due has been sent."""

    NOTHING = auto()
    SOME = auto()
    ALL = auto()


class Drain:
    """Empties the outbox of one portal; the worker sees to it that only one runs a portal.

    Several requests may be under way, a recipient never in two of them. What one of them carries is
    chosen when it may leave, and written down as soon as it has come back.

    Args:
        portal_id: which rows.
        portal: where they go.
        outbox: where they are.
        portals: remembers pauses and holds, across restarts.
        clock: the time.
        policy: what follows from errors.
        requests: the most that are under way at once.
        is_alone: whether nobody else ever drains this portal. Then what an earlier drain had under
            way is looked for once, and after a fault.
        chance: gives random numbers from 0 to 1.
        meter: measures what goes to the portal.
    """

    def __init__(  # noqa: PLR0913
        self,
        portal_id: PortalId,
        portal: Portal,
        *,
        outbox: Outbox,
        portals: Portals,
        clock: Clock,
        policy: Policy | None = None,
        requests: int = 4,
        is_alone: bool = False,
        chance: Callable[[], float] = random.random,
        meter: PortalMeter = UNMEASURED,
    ) -> None:
        self._id = portal_id
        self._portal = portal
        self._outbox = outbox
        self._portals = portals
        self._clock = clock
        self._policy = policy or Policy()
        self._chance = chance
        self._meter = meter
        self._under_way = UnderWay(requests)
        self._unrecorded: list[Verdict] = []
        self._is_alone = is_alone
        self._is_settled = False

    def nudge(self) -> None:
        """Send what is due now, as soon as it runs: something has been queued."""
        self._under_way.nudge()

    async def run(
        self, on_progress: _OnProgress, *, go_on: Callable[[], bool], linger_seconds: float = 0.0
    ) -> datetime | None:
        """Send until nothing is due, or the portal wants a pause, or ``go_on()`` says no.

        Args:
            on_progress: called whenever outcomes have been written down, with their number.
            go_on: asked before anything more is sent.
            linger_seconds: how long to wait, when all has been sent, for a nudge to send more.

        Returns when to run again; None if only a new notification can be a reason.
        """
        await self._record()  # what the database did not take last time
        await self._recover()
        async with self._under_way:
            outlook = await self._send_all(on_progress, go_on, linger_seconds)
        self._is_settled = True
        if outlook is None:
            outlook = await self._outbox.look(self._id)
        return await self._pause_until(outlook.status) or self._next_run(outlook)

    async def _send_all(
        self, on_progress: _OnProgress, go_on: Callable[[], bool], linger_seconds: float
    ) -> Outlook | None:
        """Send until nothing is due or under way; returns what is to come then.

        None if it was broken off before, or there was no turn for what is due.
        """
        may_linger = False
        lingers_until = self._clock.now() + (_LONGEST_RUN if linger_seconds else timedelta())
        outlook = await self._look()
        while go_on():
            await self._under_way.room()
            if outlook and await self._pause_until(outlook.status):
                return None
            sent = _Sent.NOTHING
            if outlook is None or self._is_due(outlook):
                sent = await self._send_due(on_progress, go_on)
                may_linger |= sent is not _Sent.NOTHING and self._clock.now() < lingers_until
            if sent is _Sent.SOME:
                outlook = None
                continue
            if sent is _Sent.ALL:
                # To look at once would hold up the request that is about to leave.
                await self._under_way.change(_SHORTEST_SLEEP.total_seconds())
            elif outlook and self._under_way.count:
                await self._under_way.change(self._seconds_to(outlook))
            elif outlook and self._is_due(outlook):
                return None
            elif outlook and may_linger:
                may_linger = False
                seconds = self._seconds_to(outlook) or linger_seconds
                await self._under_way.change(min(seconds, linger_seconds))
            elif outlook:
                return outlook
            outlook = await self._look()
        return None

    async def _look(self) -> Outlook | None:
        """Look what is due; None if something is, as far as we have been told."""
        return None if self._under_way.take_news() else await self._outbox.look(self._id)

    async def _recover(self) -> None:
        is_known, self._is_settled = self._is_alone and self._is_settled, False
        if is_known:
            return
        if recovered := await self._outbox.recover(self._id):
            log.warning("Portal %s: %s deliveries were under way and go again", self._id, recovered)

    async def _send_due(self, on_progress: _OnProgress, go_on: Callable[[], bool]) -> _Sent:
        """Send the most urgent of what is due."""
        if not await self._has_turn():
            return _Sent.NOTHING
        taken = await self._take()
        if not taken:
            return _Sent.NOTHING
        if not go_on():
            # While its turn was waited for, somebody else may have begun to drain this portal.
            self._portal.skip_turn()
            await self._outbox.put_back(taken)
            return _Sent.NOTHING
        request = self._choose(taken)
        self._under_way.start(self._send(request, on_progress))
        # Until the next turn comes, something more urgent may.
        sent = {delivery.id for delivery in request}
        if unsent := [one for one in taken if one.id not in sent]:
            await self._outbox.put_back(unsent)
        return _Sent.SOME if unsent or len(taken) >= self._portal.request_size else _Sent.ALL

    def _is_due(self, outlook: Outlook) -> bool:
        return outlook.due_at is not None and outlook.due_at <= self._clock.now()

    async def _take(self) -> Sequence[Delivery]:
        """Take what may go with one request; gives the turn back if that is nothing."""
        taken: Sequence[Delivery] = ()
        try:
            limit = self._portal.request_size
            taken = await self._outbox.take_due(self._id, self._clock.now(), limit)
        finally:
            if not taken:
                self._portal.skip_turn()
        return taken

    def _choose(self, taken: Sequence[Delivery]) -> Sequence[Delivery]:
        """Choose what goes with one request: the first, and what may travel with it."""
        if self._portal.travels_alone(taken[0].notification):
            return taken[:1]
        return [one for one in taken if not self._portal.travels_alone(one.notification)]

    async def _has_turn(self) -> bool:
        try:
            await self._portal.turn()
        except TryLater as error:
            seconds = error.retry_after_seconds or self._policy.first_seconds
            await self._pause((self._clock.now() + timedelta(seconds=seconds), ""))
            return False
        return True

    def _seconds_to(self, outlook: Outlook) -> float | None:
        if outlook.due_at is None:
            return None
        return max(outlook.due_at - self._clock.now(), _SHORTEST_SLEEP).total_seconds()

    def _next_run(self, outlook: Outlook) -> datetime | None:
        due = outlook.due_at
        return max(due, self._clock.now() + _SHORTEST_SLEEP) if due else None

    async def _pause_until(self, status: PortalStatus) -> datetime | None:
        if status.resume_at is None:
            return None
        if status.resume_at > self._clock.now():
            return status.resume_at
        if status.hold_code:
            return await self._probe()
        await self._portals.end_pause(self._id)
        return None

    async def _probe(self) -> datetime | None:
        try:
            await self._portal.check()
        except PortalError as error:
            until = self._clock.now() + timedelta(seconds=self._policy.probe_seconds)
            await self._portals.pause(self._id, until, error.code)
            log.info("Portal %s is still on hold: %s", self._id, error)
            return until
        log.info("Portal %s works again", self._id)
        await self._portals.release(self._id)
        return None

    async def _send(self, taken: Sequence[Delivery], on_progress: _OnProgress) -> None:
        now = self._clock.now()
        for delivery in taken:
            if delivery.attempt == 1:
                self._meter.note_wait((now - delivery.received_at).total_seconds())
        started = perf_counter()
        outcomes = await self._portal.send([delivery.notification for delivery in taken])
        self._meter.note_call(perf_counter() - started)
        await self._settle(taken, outcomes)
        on_progress(len(taken))

    async def _settle(self, taken: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        pauses: dict[str, datetime] = {}
        for delivery, outcome in zip(taken, outcomes, strict=True):
            with following(delivery.trace):
                verdict, pause = self._judge(delivery, outcome)
            self._meter.note_verdict(verdict)
            self._unrecorded.append(verdict)
            if pause:
                until, hold_code = pause
                pauses[hold_code] = max(until, pauses.get(hold_code, until))
        # A longer pause does not end a hold, nor a longer hold the pause behind it.
        if brief := pauses.pop("", None):
            await self._pause((brief, ""))
        # Whoever ends a hold hastens what has been written down by then.
        await self._record()
        for hold_code, until in pauses.items():
            await self._pause((until, hold_code))

    async def _record(self) -> None:
        verdicts, self._unrecorded = self._unrecorded, []
        if verdicts:
            try:
                await self._outbox.record(verdicts)
            except BaseException:
                self._unrecorded = [*verdicts, *self._unrecorded]
                raise

    async def _pause(self, pause: _Pause) -> None:
        until, hold_code = pause
        if hold_code:
            log.info("Portal %s is put on hold: %s", self._id, hold_code)
        await self._portals.pause(self._id, until, hold_code)

    def _judge(self, delivery: Delivery, outcome: Outcome) -> tuple[Verdict, _Pause | None]:
        if isinstance(outcome, Delivered):
            number = outcome.portal_notification_id
            log.debug("Delivery %s, attempt %s: delivered", delivery.id, delivery.attempt)
            return Verdict(
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                state=State.DELIVERED,
                portal_notification_id=number,
            ), None
        log.warning("Delivery %s, attempt %s: %s", delivery.id, delivery.attempt, outcome)
        now = self._clock.now()
        match self._policy.decide(outcome, delivery, now, self._chance()):
            case GiveUp(state=state, portal_until=portal_until):
                pause = (portal_until, "") if portal_until else None
                return _failed(delivery, outcome, state), pause
            case RetryAt(at=at, portal_until=portal_until):
                pause = (portal_until, "")
                return _failed(delivery, outcome, State.QUEUED, at), pause
            case HoldPortal(until=until):
                pause = (until, outcome.code)
                self._meter.note_hold(outcome.code)
                # After the hold the others go first: the fault may be this one's alone.
                return _failed(delivery, outcome, State.QUEUED, until + _BEHIND_OTHERS), pause


def _failed(
    delivery: Delivery, error: PortalError, state: State, due_at: datetime | None = None
) -> Verdict:
    return Verdict(
        delivery_id=delivery.id,
        attempt=delivery.attempt,
        state=state,
        due_at=due_at,
        code=error.code,
        is_outcome_unknown=isinstance(error, OutcomeUnknown),
    )
