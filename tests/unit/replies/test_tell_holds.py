"""Administrators are told of a hold once, again after an hour, and when it is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.hold_news import HoldNews, HoldStage
from bridge.errors import ChatError, StorageError
from bridge.markup import plain
from bridge.people.identity import Identity, Platform, PortalId
from bridge.replies.tell_holds import HoldTeller
from bridge.replies.words import Words
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from bridge.markup.nodes import Document

MARIA = Identity(Platform.TELEGRAM, "", "1")
ANNA = Identity(Platform.SLACK, "T1", "U1")


class FakeHolds:
    """News, until they are noted as told."""

    def __init__(self, *news: HoldNews) -> None:
        self.news = list(news)
        self.fails = False

    async def list_news(self, *, reminded_before: datetime) -> list[HoldNews]:
        return self.news

    async def mark_told(self, news: HoldNews) -> bool:
        if self.fails:
            raise StorageError("the disk is full")
        self.news.remove(news)
        return True


class DirectMessages:
    """A chat that remembers whom it has told what."""

    def __init__(self, *errors: ChatError) -> None:
        self.told: list[tuple[Identity, str]] = []
        self.errors = list(errors)

    async def tell(self, identity: Identity, message: Document) -> None:
        if self.errors:
            raise self.errors.pop()
        self.told.append((identity, plain.render(message)))


def news(stage: HoldStage) -> HoldNews:
    code = "" if stage is HoldStage.ENDED else "NO_AUTH_FOUND"
    return HoldNews(
        portal=PortalId(1), name="corp.example", stage=stage, code=code, queued=7, told=0
    )


def teller(holds: FakeHolds, chat: DirectMessages, *administrators: Identity) -> HoldTeller:
    chats = {Platform.TELEGRAM: chat}
    return HoldTeller(holds, chats, listing(*administrators or (MARIA,)), FakeClock(), Words())


def listing(*administrators: Identity) -> Callable[[], Awaitable[Sequence[Identity]]]:
    async def list_them() -> Sequence[Identity]:
        return administrators

    return list_them


@pytest.mark.parametrize(
    ("stage", "told", "level"),
    [
        (HoldStage.BEGUN, "is on hold: `NO_AUTH_FOUND`", logging.ERROR),
        (HoldStage.LASTS, "has been on hold for an hour: `NO_AUTH_FOUND`", logging.ERROR),
        (HoldStage.ENDED, "is not on hold any more", logging.WARNING),
    ],
)
async def test_each_news_is_in_the_log_and_told_to_administrators(
    stage: HoldStage, told: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    holds, chat = FakeHolds(news(stage)), DirectMessages()
    await teller(holds, chat).tell()
    await teller(holds, chat).tell()
    ((who, message),) = chat.told
    assert who == MARIA
    assert told in message
    assert "corp.example" in message
    assert [(one.levelno, "corp.example" in one.getMessage()) for one in caplog.records] == [
        (level, True)
    ]


async def test_what_ends_before_it_is_noted_is_told_once_more() -> None:
    holds, chat = FakeHolds(news(HoldStage.BEGUN)), DirectMessages()
    holds.fails = True
    with pytest.raises(StorageError):
        await teller(holds, chat).tell()
    holds.fails = False
    await teller(holds, chat).tell()
    await teller(holds, chat).tell()
    assert len(chat.told) == 2


async def test_whoever_cannot_be_written_to_keeps_nobody_from_being_told() -> None:
    holds, chat = FakeHolds(news(HoldStage.BEGUN)), DirectMessages(ChatError("blocked"))
    boris = Identity(Platform.TELEGRAM, "", "2")
    await teller(holds, chat, ANNA, MARIA, boris).tell()
    assert [who for who, _ in chat.told] == [boris]


async def test_a_chat_that_is_busy_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("bridge.replies.tell_holds.asyncio.sleep", sleep)
    chat = DirectMessages(ChatError("busy", retry_after_seconds=7))
    await teller(FakeHolds(news(HoldStage.BEGUN)), chat).tell()
    assert len(chat.told) == 1
    assert slept == [7]


async def test_a_chat_that_is_away_for_longer_is_told_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bridge.replies.tell_holds.asyncio.sleep", no_sleep)
    holds = FakeHolds(news(HoldStage.BEGUN))
    chat = DirectMessages(*[ChatError("away", retry_after_seconds=0)] * 12)
    telling = teller(holds, chat)
    for _ in range(3):
        assert chat.told == []
        await telling.tell()
    await telling.tell()
    assert len(chat.told) == 1
    assert caplog.text.count("is on hold, an administrator must act") == 1


async def test_a_hold_that_comes_and_goes_is_told_a_few_times_an_hour() -> None:
    holds, chat, clock = FakeHolds(), DirectMessages(), FakeClock()
    telling = HoldTeller(holds, {Platform.TELEGRAM: chat}, listing(MARIA), clock, Words())
    for _ in range(59):
        holds.news = [news(HoldStage.BEGUN)]
        await telling.tell()
        clock.advance(30)
        is_told = not holds.news
        holds.news = [news(HoldStage.ENDED)] if is_told else []
        await telling.tell()
        clock.advance(30)
    assert len(chat.told) == 6
    holds.news = [news(HoldStage.BEGUN)]
    await telling.tell()
    assert len(chat.told) == 6
    clock.advance(300)
    await telling.tell()
    assert len(chat.told) == 7


async def no_sleep(_: float) -> None:
    """Take no time."""
