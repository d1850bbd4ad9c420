"""The bot speaks no faster than Telegram takes it."""

from __future__ import annotations

import pytest

from adapters.telegram.pace import Limits, Pace
from bridge.errors import ChatError

IMPATIENT = 0.001
GROUP, OTHER_GROUP, ANNA, BORIS = -100, -200, 1, 2


async def test_a_chat_is_given_one_turn_and_others_theirs() -> None:
    pace = Pace(Limits(chat_seconds=1_000, patience_seconds=IMPATIENT))
    await pace.turn(ANNA)
    with pytest.raises(ChatError) as caught:
        await pace.turn(ANNA)
    assert caught.value.retry_after_seconds
    await pace.turn(BORIS)


async def test_a_turn_that_comes_soon_is_waited_for() -> None:
    pace = Pace(Limits(chat_seconds=0.01, patience_seconds=60))
    for _ in range(3):
        await pace.turn(ANNA)


async def test_a_group_is_given_so_many_a_minute_and_a_private_chat_is_not_limited_so() -> None:
    pace = Pace(Limits(chat_seconds=0.0001, group_per_minute=3, patience_seconds=0.01))
    for _ in range(3):
        await pace.turn(GROUP)
    with pytest.raises(ChatError) as caught:
        await pace.turn(GROUP)
    assert caught.value.retry_after_seconds == 20
    await pace.turn(OTHER_GROUP)
    for _ in range(5):
        await pace.turn(ANNA)


async def test_all_chats_together_are_given_no_more_than_telegram_takes() -> None:
    pace = Pace(Limits(per_second=2, patience_seconds=IMPATIENT))
    await pace.turn(ANNA)
    await pace.turn(BORIS)
    with pytest.raises(ChatError):
        await pace.turn(3)


async def test_a_pause_that_telegram_asks_for_is_kept_in_that_chat_alone() -> None:
    pace = Pace(Limits(chat_seconds=0.0001))
    pace.keep_silent(ANNA, 30)
    with pytest.raises(ChatError) as caught:
        await pace.turn(ANNA)
    assert caught.value.retry_after_seconds == pytest.approx(30, abs=5)
    await pace.turn(BORIS)
    pace.keep_silent(BORIS, 0)
    await pace.turn(BORIS)


async def test_chats_that_are_quiet_are_forgotten() -> None:
    pace = Pace(Limits(per_second=10_000, chat_seconds=0.0001))
    for chat_id in range(1, 3_000):
        await pace.turn(chat_id)
    assert len(pace._chats) <= 1_000
