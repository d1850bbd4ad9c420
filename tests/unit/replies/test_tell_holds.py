"""Administrators are told of a hold once, again after an hour, and when it is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.hold_news import HoldNews, HoldStage
from bridge.errors import ChatError
from bridge.markup import plain
from bridge.people.identity import Identity, Platform, PortalId
from bridge.replies.tell_holds import HoldTeller
from bridge.replies.words import Words
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.markup.nodes import Document

MARIA = Identity(Platform.TELEGRAM, "", "1")
ANNA = Identity(Platform.SLACK, "T1", "U1")


class FakeHolds:
    """News, and whether they are ours to tell."""

    def __init__(self, *news: HoldNews) -> None:
        self.news = list(news)
        self.is_ours = True

    async def list_news(self, *, reminded_before: datetime) -> list[HoldNews]:
        return self.news

    async def mark_told(self, news: HoldNews) -> bool:
        self.news.remove(news)
        return self.is_ours


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
    return HoldTeller(holds, chats, administrators or (MARIA,), FakeClock(), Words())


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


async def test_what_another_process_tells_is_told_by_nobody_else() -> None:
    holds, chat = FakeHolds(news(HoldStage.BEGUN)), DirectMessages()
    holds.is_ours = False
    await teller(holds, chat).tell()
    assert chat.told == []


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
