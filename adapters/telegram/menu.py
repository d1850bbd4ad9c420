"""The menus of commands that Telegram shows.

Source: https://core.telegram.org/bots/api#setmycommands
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from telegram import BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError

from adapters.telegram.errors import chat_error
from bridge.commands.grammar import COMMANDS, GROUP, HELP, NOTIFY, WHO
from bridge.replies.texts import say
from bridge.replies.words import LANGUAGES

if TYPE_CHECKING:
    from telegram import Bot

    from bridge.replies.words import Languages

logger = logging.getLogger(__name__)

# What concerns one person alone is no talk for a group.
_MENUS: Final = (
    (BotCommandScopeAllPrivateChats(), COMMANDS),
    (BotCommandScopeAllGroupChats(), (NOTIFY, WHO, GROUP, HELP)),
)
_ANY_OTHER: Final = ""


async def announce_commands(bot: Bot, languages: Languages) -> None:
    """Have Telegram show what can be typed, to each in their language; a failure is only logged."""
    try:
        for scope, specs in _MENUS:
            for language in (_ANY_OTHER, *LANGUAGES):
                words = languages.words(language)
                menu = [(spec.name, words.spell(say(spec.summary))) for spec in specs]
                await bot.set_my_commands(menu, scope, language or None)
    except TelegramError as error:
        logger.warning("The menus of commands could not be set: %s", chat_error(error))
