"""Has people type, and notes what they are told."""

from __future__ import annotations

import asyncio
import itertools
import re
from asyncio import FIRST_COMPLETED
from collections import defaultdict
from collections.abc import Sequence
from string import Formatter
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.replies.texts import Say
from tests.chaos.chance import fork
from tests.chaos.evidence import Command, Told
from tests.chaos.typists import SlackTypist, TelegramTypist, Typist

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from random import Random

    from tests.chaos.evidence import Pair
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import TelegramServer

_CHANNEL: Final = re.compile(r"C(\d+)")
_SEVERAL: Final = 0.1
"""The share of commands that are for several recipients."""
_ANEW_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.02


class Desk(Struct, frozen=True, kw_only=True):
    """Somebody at work: who types, in which portal, and whom they know there."""

    typist: Typist
    portal: str
    colleagues: Sequence[int]


class Driver:
    """Drives people on both platforms; entered, they type and read.

    Args:
        telegram: where some of them are.
        slack: where the others are.
        chance: makes all choices.
    """

    def __init__(self, telegram: TelegramServer, slack: SlackServer, chance: Random) -> None:
        self.desks: list[Desk] = []
        self._telegram = telegram
        self._slack = slack
        self._chance = chance
        self._commands: dict[int, Command] = {}
        self._queues: dict[str, asyncio.Queue[Command]] = {}
        self._said: defaultdict[int, list[str]] = defaultdict(list)
        self._by_chat: dict[int, TelegramTypist] = {}
        self._numbers = itertools.count(1)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._begin(self._read_telegram())
        self._begin(self._read_slack())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for desk in self.desks:
            await desk.typist.close()

    @property
    def commands(self) -> list[Command]:
        """All that was typed, in this order."""
        return list(self._commands.values())

    @property
    def repeats(self) -> int:
        """How often Slack has sent an event again."""
        return sum(desk.typist.repeats for desk in self.desks)

    def join_telegram(self, count: int, portal: str, colleagues: Sequence[int]) -> None:
        """Let people join on Telegram."""
        for _ in range(count):
            person = self._telegram.person("Somebody")
            typist = TelegramTypist(self._telegram, person, fork(self._chance))
            self._by_chat[person.id] = typist
            self._join(Desk(typist=typist, portal=portal, colleagues=colleagues))

    def join_slack(self, count: int, portal: str, colleagues: Sequence[int]) -> None:
        """Let people join on Slack."""
        for _ in range(count):
            user = f"U{100 + len(self.desks)}"
            self._slack.people.add(user)
            typist = SlackTypist(self._slack, user, fork(self._chance))
            self._join(Desk(typist=typist, portal=portal, colleagues=colleagues))

    def type(self, count: int) -> None:
        """Have so many commands typed, by anybody, as fast as their platforms take them."""
        for _ in range(count):
            desk = self._chance.choice(self.desks)
            most = 3 if self._chance.random() < _SEVERAL else 1
            self._queues[desk.typist.identity].put_nowait(
                Command(
                    number=0,
                    sender=desk.typist.identity,
                    portal=desk.portal,
                    recipients=tuple(self._chance.sample(desk.colleagues, most)),
                )
            )

    async def until_delivered(self) -> None:
        """Wait until the platforms consider everything delivered."""
        taken = asyncio.create_task(self._until_taken())
        done, _ = await asyncio.wait({taken, *self._tasks}, return_when=FIRST_COMPLETED)
        for task in done:
            task.result()  # nobody stops typing or reading but by a fault
        while self._telegram.queue.pending:
            await asyncio.sleep(_LOOK_SECONDS)

    def read_told(self) -> Mapping[Pair, Told]:
        """Tell what each person knows about each recipient of each command."""
        return {
            (command.number, recipient): told
            for command in self.commands
            if (said := self._said[command.number])
            for recipient, told in read_outcome(said[-1], command.recipients).items()
        }

    async def _until_taken(self) -> None:
        for queue in self._queues.values():
            await queue.join()

    def _join(self, desk: Desk) -> None:
        self.desks.append(desk)
        self._queues[desk.typist.identity] = asyncio.Queue()
        self._begin(self._work(desk.typist))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _work(self, typist: Typist) -> None:
        queue = self._queues[typist.identity]
        while True:
            command = await queue.get()
            is_delivered = False
            while not is_delivered:  # whoever sees it fail types it anew
                command = replace(command, number=next(self._numbers))
                self._commands[command.number] = command
                is_delivered = await typist.type(command)
                self._commands[command.number] = replace(command, is_delivered=is_delivered)
                if not is_delivered:
                    await asyncio.sleep(_ANEW_SECONDS)
            queue.task_done()

    async def _read_telegram(self) -> None:
        while True:
            answer = await self._telegram.chats.written.get()
            typist = self._by_chat[answer.chat_id]
            command = answer.json.get("reply_to_message", {}).get("message_id")
            self._said[typist.typed.get(command, 0)].append(answer.text)

    async def _read_slack(self) -> None:
        while True:
            answer = await self._slack.next_answer(float("inf"))
            channel = _CHANNEL.fullmatch(answer.channel)
            self._said[int(channel[1]) if channel else 0].append(answer.text)


def name_of(recipient: int) -> str:
    """Name a colleague, as no other one and nothing else is named."""
    return f"Colleague{recipient}"


def read_outcome(text: str, recipients: Sequence[int]) -> dict[int, Told]:
    """Read from an answer how it stands for each recipient; what tells of none is a refusal."""
    otherwise = Told.WAITING if text.startswith(Say.ASKING.value) else Told.FAILED
    outcome = dict.fromkeys(recipients, otherwise)
    for line in text.splitlines():
        for pattern, told in _LINES.items():
            if pattern.fullmatch(line):
                outcome |= {one: told for one in recipients if name_of(one) in line}
    return outcome


def _pattern(text: Say) -> re.Pattern[str]:
    parts = Formatter().parse(text.value)
    return re.compile(
        "".join(re.escape(words) + (".+" if name else "") for words, name, *_ in parts)
    )


_LINES: Final = {
    _pattern(Say.NOTIFIED): Told.NOTIFIED,
    **dict.fromkeys(
        map(
            _pattern,
            (
                Say.ON_ITS_WAY,
                Say.WAITING,
                Say.WAITING_LONGER,
                Say.WAITING_UNSURE,
                Say.WAITING_FOR_ADMINISTRATOR,
                Say.WAITING_PAUSED,
                Say.WAITING_BLOCKED,
            ),
        ),
        Told.WAITING,
    ),
}
