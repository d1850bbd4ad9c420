"""Takes what is due for one portal and sends it."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bridge.delivery.notification import Delivered, Outcome, Verdict
from bridge.delivery.policy import GiveUp, HoldPortal, Policy, RetryAt
from bridge.delivery.state import State
from bridge.errors import OutcomeUnknown, PortalError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.delivery.notification import Delivery
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Outbox, Portal, Portals

    _Pause = tuple[datetime, str]

log = logging.getLogger(__name__)

_SHORTEST_SLEEP: Final = timedelta(milliseconds=50)
_BEHIND_OTHERS: Final = timedelta(seconds=5)


class Drain:
    """Empties the outbox of one portal; the worker sees to it that only one runs a portal.

    Args:
        portal_id: which rows.
        portal: where they go.
        outbox: where they are.
        portals: remembers pauses and holds, across restarts.
        clock: the time.
        policy: what follows from errors.
        chance: gives random numbers from 0 to 1.
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
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._id = portal_id
        self._portal = portal
        self._outbox = outbox
        self._portals = portals
        self._clock = clock
        self._policy = policy or Policy()
        self._chance = chance
        self._unrecorded: list[Verdict] = []

    async def run(
        self, on_progress: Callable[[], None], *, go_on: Callable[[], bool]
    ) -> datetime | None:
        """Send until nothing is due, or the portal wants a pause, or ``go_on()`` says no.

        Calls ``on_progress`` whenever outcomes have been written down. Returns when to run again;
        None if only a new notification can be a reason.
        """
        await self._record()  # what the database did not take last time
        if recovered := await self._outbox.recover(self._id):
            log.warning("Portal %s: %s deliveries were under way and go again", self._id, recovered)
        while go_on():
            if resume_at := await self._pause_until():
                return resume_at
            taken = await self._outbox.take_due(
                self._id, self._clock.now(), self._portal.request_size
            )
            if not taken:
                break
            await self._send(taken)
            on_progress()
        return await self._next_run()

    async def _next_run(self) -> datetime | None:
        due = await self._outbox.next_due(self._id)
        return max(due, self._clock.now() + _SHORTEST_SLEEP) if due else None

    async def _pause_until(self) -> datetime | None:
        status = await self._portals.status(self._id)
        if status.resume_at is None:
            return None
        if status.resume_at > self._clock.now():
            return status.resume_at
        if status.hold_code:
            return await self._probe()
        await self._portals.release(self._id)
        return None

    async def _probe(self) -> datetime | None:
        try:
            await self._portal.check()
        except PortalError as error:
            until = self._clock.now() + timedelta(seconds=self._policy.probe_seconds)
            await self._portals.pause(self._id, until, error.code)
            log.warning("Portal %s is still on hold: %s", self._id, error)
            return until
        log.warning("Portal %s works again; its queue goes on", self._id)
        await self._portals.release(self._id)
        return None

    async def _send(self, taken: Sequence[Delivery]) -> None:
        outcomes = await self._portal.send([delivery.notification for delivery in taken])
        verdicts: list[Verdict] = []
        pauses: list[_Pause] = []
        for delivery, outcome in zip(taken, outcomes, strict=True):
            verdict, pause = self._judge(delivery, outcome)
            verdicts.append(verdict)
            pauses += [pause] if pause else []
        self._unrecorded = verdicts
        if pauses:
            await self._pause(max(pauses))
        await self._record()

    async def _record(self) -> None:
        if self._unrecorded:
            await self._outbox.record(self._unrecorded)
            self._unrecorded = []

    async def _pause(self, pause: _Pause) -> None:
        until, hold_code = pause
        if hold_code:
            log.error("Portal %s is on hold, an administrator must act: %s", self._id, hold_code)
        await self._portals.pause(self._id, until, hold_code)

    def _judge(self, delivery: Delivery, outcome: Outcome) -> tuple[Verdict, _Pause | None]:
        if isinstance(outcome, Delivered):
            number = outcome.portal_notification_id
            return Verdict(
                delivery_id=delivery.id, state=State.DELIVERED, portal_notification_id=number
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
                # After the hold the others go first: the fault may be this one's alone.
                return _failed(delivery, outcome, State.QUEUED, until + _BEHIND_OTHERS), pause


def _failed(
    delivery: Delivery, error: PortalError, state: State, due_at: datetime | None = None
) -> Verdict:
    return Verdict(
        delivery_id=delivery.id,
        state=state,
        due_at=due_at,
        code=error.code,
        is_outcome_unknown=isinstance(error, OutcomeUnknown),
    )
