"""People who type, each one command after the other.

Telegram keeps what is typed until it is taken. Slack sends an event again until it is acknowledged,
and a slash command never: whoever types one is shown that it failed. Some edit what they have
written, and some of what was acknowledged comes once more: neither may send anything.

Sources: https://core.telegram.org/bots/api#getupdates, https://docs.slack.dev/apis/events-api/#retries
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

import aiohttp

from tests.fakes import slack_payloads

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from random import Random

    from tests.chaos.evidence import Command
    from tests.fakes.slack_server import Ack, SlackServer
    from tests.fakes.telegram_server import Person, TelegramServer

_NUMBER: Final = re.compile(r"number (\d+)")
_ACK_SECONDS: Final = 3.0
"""How long Slack waits for an acknowledgement."""
_RETRY_SECONDS: Final = 0.5
_FOR_EVER: Final = 3600.0
_SECOND_THOUGHTS: Final = 0.1
"""The share of what is edited, and of what comes once more."""


class Typist(Protocol):
    """Somebody who types."""

    identity: str
    repeats: int

    async def type(self, command: Command) -> bool:
        """Type a command; False if its person is shown that it went wrong."""
        ...

    async def close(self) -> None:
        """Wait for nothing any more."""
        ...


class TelegramTypist:
    """Somebody in a private chat with the bot.

    Attributes:
        typed: the numbers of the commands, by their messages.
    """

    def __init__(self, server: TelegramServer, person: Person, chance: Random) -> None:
        self.identity = f"telegram:{person.id}"
        self.repeats = 0
        self.typed: dict[int, int] = {}
        self._server = server
        self._person = person
        self._chance = chance

    async def type(self, command: Command) -> bool:
        """Write a command."""
        message = self._server.write(f"/b24notify {write(command)}", sender=self._person)
        self.typed[message["message_id"]] = command.number
        self._server.push({"message": message})
        if self._chance.random() < _SECOND_THOUGHTS:
            self._server.push({"edited_message": message | {"edit_date": message["date"]}})
        return True

    async def close(self) -> None:
        """There is nothing to wait for."""


class SlackTypist:
    """Somebody who types each command in another channel, so that its answer is found."""

    def __init__(self, server: SlackServer, user: str, chance: Random) -> None:
        self.identity = f"slack:{server.team}/{user}"
        self.repeats = 0
        self._server = server
        self._user = user
        self._chance = chance
        self._unacknowledged: set[asyncio.Task[Ack]] = set()

    async def type(self, command: Command) -> bool:
        """Type a slash command, or mention the bot."""
        if self._chance.random() < 0.5:
            return await self._is_taken(
                self._server.command(
                    "/b24notify",
                    write(command),
                    user=self._user,
                    channel=f"C{command.number}",
                    timeout=_FOR_EVER,
                )
            )
        await self._mention(command)
        return True

    async def close(self) -> None:
        """Wait for no acknowledgement any more."""
        for task in self._unacknowledged:
            task.cancel()
        await asyncio.gather(*self._unacknowledged, return_exceptions=True)

    async def _mention(self, command: Command) -> None:
        text, ts = f"<@UBOT> notify {write(command)}", f"1772442000.{command.number:06}"
        event = slack_payloads.message("app_mention", text, self._user, f"C{command.number}", ts)
        attempt = 0
        while not await self._is_told(event, f"Ev{ts}", attempt):
            attempt += 1
            self.repeats += 1
            await asyncio.sleep(_RETRY_SECONDS)
        if self._chance.random() < _SECOND_THOUGHTS:
            self.repeats += 1
            await self._is_told(event, f"Ev{ts}", attempt + 1)
        if self._chance.random() < _SECOND_THOUGHTS:
            edited = event | {"edited": {"user": self._user, "ts": ts}}
            await self._is_told(edited, f"Ev{ts}edited", 0)

    async def _is_told(self, event: dict[str, Any], event_id: str, attempt: int) -> bool:
        headers = {"x-slack-retry-num": f"{attempt}", "x-slack-retry-reason": "http_timeout"}
        payload = slack_payloads.callback(event, event_id)
        return await self._is_taken(
            self._server.deliver("events_api", payload, _FOR_EVER, headers if attempt else None)
        )

    async def _is_taken(self, sending: Coroutine[Any, Any, Ack]) -> bool:
        """Tell whether something is acknowledged in time; it may still be later."""
        task = asyncio.create_task(sending)
        self._unacknowledged.add(task)
        await asyncio.wait({task}, timeout=_ACK_SECONDS)
        if not task.done():
            return False
        self._unacknowledged.discard(task)
        try:
            ack = task.result()
        except (OSError, aiohttp.ClientError):
            return False
        return ack.status == 200 and not ack.text


def write(command: Command) -> str:
    """Write a command without its first word."""
    return f"{' '.join(f'#{one}' for one in command.recipients)} {text_of(command.number)}"


def text_of(number: int) -> str:
    """Tell what a command says to its recipients."""
    return f"number {number}"


def number_in(text: str) -> int:
    """Find the number of the command that says something; 0 if none does."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else 0
