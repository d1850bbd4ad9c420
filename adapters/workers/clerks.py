"""Those who carry out commands and tell people: several things at a time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from adapters.workers.alarm import Alarm
from adapters.workers.crew import Crew
from adapters.workers.rush import Rush
from adapters.workers.sharing import Sharing
from bridge.errors import StorageError
from bridge.replies.tell import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence

    from bridge.commands.desk import Desk
    from bridge.incoming import StoredCommand
    from bridge.people.identity import Identity, PortalId
    from bridge.ports import Claims, Clock
    from bridge.replies.tell import Teller

log = logging.getLogger(__name__)

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")

_CREW_SIZE: Final = 16
_FEW: Final = 4
"""As many are begun at once in a rush: to look for each alone would cost more than it saves."""
_RUSH_SECONDS: Final = 0.1
_GAP_SECONDS_A_COMMAND: Final = 0.0004
_GAP_SECONDS_AN_OUTCOME: Final = 0.0001
_AFTER_OTHERS: Final = timedelta(milliseconds=5)
"""How long all else waits for what a command has queued to leave."""
_NOW: Final = timedelta()
_LAST_ROUNDS: Final = 20
"""How often, at the end, to look for people who can still be told."""


class Clerks:
    """Carry out what is in the inbox, one command a sender at a time, and tell what became of it.

    Args:
        clock: the time.
        poll_seconds: how often to look for what was put off, and for what another process has put
            into the database.
        claims: what other machines are busy with; None if there are no others.
    """

    def __init__(self, clock: Clock, poll_seconds: float, claims: Claims | None = None) -> None:
        self._clock = clock
        self._poll = timedelta(seconds=poll_seconds)
        self._claims = claims
        self._inbox = Alarm(clock)
        self._answers = Alarm(clock)
        # Platforms wait for commands to be taken, and colleagues for what is sent to them; those
        # who sent it can see that it takes time.
        self._accepting = Rush(_RUSH_SECONDS, _GAP_SECONDS_A_COMMAND)
        self._draining = Rush(_RUSH_SECONDS, _GAP_SECONDS_AN_OUTCOME)
        self._stops = asyncio.Event()
        self._ends = asyncio.Event()

    def note_accepted(self) -> None:
        """Do less for a moment: commands are coming in."""
        self._accepting.note()

    def wake_inbox(self, later: timedelta = _NOW) -> None:
        """Have open commands carried out, now or later."""
        self._inbox.set(self._clock.now() + later if later else None)

    def wake_answers(self) -> None:
        """Have people told."""
        self._answers.set(self._clock.now() + _AFTER_OTHERS)

    def note_outcomes(self, count: int) -> None:
        """Have people told of that many outcomes."""
        self._draining.note(count)
        self.wake_answers()

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way is finished and told."""
        self._stops.set()
        self._inbox.set()
        self._answers.set()

    async def run(
        self,
        desk: Desk,
        teller: Teller,
        deliver: Callable[[], Awaitable[None]],
        on_queued: Callable[[Collection[PortalId]], None],
    ) -> None:
        """Work until ``stop`` is called and ``deliver`` has returned.

        Args:
            desk: where commands are carried out.
            teller: tells people.
            deliver: what runs beside; people are told of what it does until it ends.
            on_queued: called with the portals for which a command has queued something.
        """
        telling = asyncio.create_task(self._tell(teller))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry_out(desk, on_queued))
                group.create_task(_run(deliver))
        except BaseException:
            telling.cancel()
            raise
        finally:
            self._ends.set()
            self._answers.set()
            try:
                await asyncio.wait([telling])
            except asyncio.CancelledError:
                telling.cancel()
                await asyncio.wait([telling])
                raise

    async def _carry_out(
        self, desk: Desk, on_queued: Callable[[Collection[PortalId]], None]
    ) -> None:
        def find(limit: int, busy: Collection[Identity]) -> Awaitable[Sequence[StoredCommand]]:
            return desk.list_open(limit, without=busy)

        def sender(stored: StoredCommand) -> Identity:
            return stored.incoming.sender.identity

        async def carry_out(stored: StoredCommand) -> None:
            on_queued(await desk.carry_out(stored))

        loop = asyncio.get_running_loop()

        def go_on() -> None:
            self.wake_inbox(_AFTER_OTHERS)
            self.wake_answers()
            loop.call_later(PATIENCE.total_seconds(), self.wake_answers)

        crew = self._hire("StoredCommand", find, carry_out, sender, go_on)
        await self._keep_looking(crew, self._inbox, self._stops, self._accepting)
        await crew.finish()

    async def _tell(self, teller: Teller) -> None:
        def find(limit: int, busy: Collection[int]) -> Awaitable[Sequence[int]]:
            return teller.list_untold(limit, without=busy)

        crew = self._hire("Untold", find, teller.tell, lambda number: number, self.wake_answers)
        await self._keep_looking(crew, self._answers, self._ends, self._accepting, self._draining)
        await crew.finish()
        for _ in range(_LAST_ROUNDS):
            if not await survive(crew.look(), 0):
                break
            await crew.finish()

    def _hire(
        self,
        kind: str,
        find: Callable[[int, Collection[K]], Awaitable[Sequence[T]]],
        work: Callable[[T], Awaitable[None]],
        key: Callable[[T], K],
        on_done: Callable[[], None],
    ) -> Crew[T, K]:
        if self._claims:
            sharing = Sharing(self._claims, find, work, lambda thing: f"{kind} {key(thing)}")
            find, work = sharing.find, sharing.work
        return Crew(_CREW_SIZE, find, work, key=key, on_done=on_done)

    async def _keep_looking(
        self, crew: Crew[T, K], alarm: Alarm, until: asyncio.Event, *rushes: Rush
    ) -> None:
        try:
            while not until.is_set():
                gap_seconds = max(rush.gap_seconds for rush in rushes)
                found = await survive(crew.look(_FEW if gap_seconds else None), 0)
                if gap_seconds:
                    await asyncio.sleep(gap_seconds * max(found, 1))
                    if found:
                        continue  # there may be more
                alarm.set(self._clock.now() + self._poll)
                await alarm.wait()
        except asyncio.CancelledError:
            await crew.cancel()
            raise
        finally:
            alarm.cancel()


async def survive(work: Awaitable[T], otherwise: T) -> T:
    """Do one round; the database may be busy or full for a while, and that must not end us."""
    try:
        return await work
    except StorageError as error:
        log.debug("A round of work was broken off and will be taken up again: %s", error)
        return otherwise
    except Exception:
        log.exception("A round of work was broken off and will be taken up again")
        return otherwise


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()
