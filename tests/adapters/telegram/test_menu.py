"""Telegram shows each person, in their language, what makes sense to type where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.grammar import COMMANDS
from bridge.replies.texts import say
from bridge.replies.words import LANGUAGES, Words
from tests.adapters.telegram.conftest import Ear, until

if TYPE_CHECKING:
    from tests.adapters.telegram.conftest import Bridge
    from tests.fakes.telegram_server import TelegramServer

PRIVATE, GROUPS = "all_private_chats", "all_group_chats"


async def test_every_command_is_shown_in_private_and_in_each_language(
    server: TelegramServer, bridge: Bridge
) -> None:
    async with bridge.running(Ear().accept):
        await until(lambda: len(server.menus) == 2 * (1 + len(LANGUAGES)))
    for language in LANGUAGES:
        assert server.menus[PRIVATE, language] == {
            spec.name: Words(language).spell(say(spec.summary)) for spec in COMMANDS
        }
    assert server.menus[PRIVATE, ""] == server.menus[PRIVATE, "en"] != server.menus[PRIVATE, "ru"]


async def test_groups_are_not_shown_what_concerns_one_person_alone(
    server: TelegramServer, bridge: Bridge
) -> None:
    async with bridge.running(Ear().accept):
        await until(lambda: (GROUPS, "ru") in server.menus)
    for language in ("", *LANGUAGES):
        assert set(server.menus[GROUPS, language]) == {
            "b24notify",
            "b24who",
            "b24group",
            "b24help",
        }
