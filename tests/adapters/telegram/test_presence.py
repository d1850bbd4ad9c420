"""That the bot was blocked or removed is noted, and nothing else comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.adapters.telegram.conftest import until

if TYPE_CHECKING:
    from tests.adapters.telegram.conftest import Ear
    from tests.fakes.telegram_server import TelegramServer


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")


async def test_who_blocks_the_bot_and_talks_with_it_again_is_noted_once(
    server: TelegramServer, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    anna = server.person("Anna", username="anna_p")
    server.block(anna)
    server.unblock(anna)
    await until(lambda: not server.queue.pending)
    assert caplog.text.count(f"Somebody has blocked the bot (chat {anna.id})") == 1
    assert caplog.text.count(f"Somebody has begun to talk with the bot (chat {anna.id})") == 1
    assert "Anna" not in caplog.text
    assert ear.heard == []


async def test_a_group_that_removes_the_bot_is_noted_once(
    server: TelegramServer, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    room = server.room("Secret plans")
    server.remove_bot(room)
    await until(lambda: not server.queue.pending)
    assert caplog.text.count(f"A group has removed the bot (chat {room.id})") == 1
    assert "Secret plans" not in caplog.text


async def test_a_change_of_rights_is_no_news(
    server: TelegramServer, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    server._change_presence(server.room("Ops").to_json(), "member", "restricted")
    server._change_presence(server.room("Ops").to_json(), "left", "kicked")
    await until(lambda: not server.queue.pending)
    assert "the bot (chat" not in caplog.text
