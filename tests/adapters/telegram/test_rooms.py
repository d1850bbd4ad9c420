"""Who is in a group, as Telegram tells a bot that is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from telegram import Bot

from adapters.telegram.rooms import TelegramRooms
from bridge.errors import ChatError
from bridge.people.identity import Identity, Platform
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Failure, TelegramServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PERSON = Identity(Platform.TELEGRAM, "", "4242")


class Asked:
    """A server, and what asks it."""

    def __init__(self, server: TelegramServer, bot: Bot) -> None:
        self.server = server
        self.clock = FakeClock()
        self.room = server.room("Ops")
        self._rooms = TelegramRooms(bot, self.clock)

    async def has_member(self, status: str = "") -> bool:
        if status:
            self.server.seat(self.room, 4242, status)
        return await self._rooms.has_member(str(self.room.id), PERSON)


@pytest.fixture
async def asked(server: TelegramServer) -> AsyncIterator[Asked]:
    async with Bot(server.token, base_url=f"{server.url}/bot") as bot:
        yield Asked(server, bot)


@pytest.mark.parametrize(
    ("status", "is_in"),
    [
        ("creator", True),
        ("administrator", True),
        ("member", True),
        ("restricted", True),
        ("restricted, left", False),
        ("left", False),
        ("kicked", False),
    ],
)
async def test_whoever_is_in_a_group_is_told_from_those_who_are_not(
    asked: Asked, status: str, is_in: bool
) -> None:
    assert await asked.has_member(status) is is_in


async def test_nobody_is_in_a_group_that_telegram_says_nothing_about(asked: Asked) -> None:
    assert not await asked.has_member()


async def test_an_answer_is_kept_for_five_minutes(asked: Asked) -> None:
    assert await asked.has_member("member")
    assert await asked.has_member("left")
    asked.clock.advance(300)
    assert not await asked.has_member()
    assert asked.server.calls.count("getchatmember") == 2


async def test_that_telegram_cannot_be_asked_is_neither_yes_nor_no(asked: Asked) -> None:
    asked.server.fail("getchatmember", Failure(502))
    with pytest.raises(ChatError) as caught:
        await asked.has_member("member")
    assert caught.value.retry_after_seconds
    assert await asked.has_member()
