"""``/start``: what Telegram types when somebody opens the bot, or a link to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.commands.grammar import LINK
from bridge.commands.help import show_help
from bridge.commands.parser import Command
from bridge.people.linking import read_code

if TYPE_CHECKING:
    from bridge.commands.decided import Decided
    from bridge.commands.handler import Handler, Request


class Start:
    """Reads what a link to the bot carries: ``https://t.me/yourbot?start=PAYLOAD``.

    ===============  ===================================================================
    payload          what it does
    ===============  ===================================================================
    none             tells what one can type; to who is not linked, how to be
    ``link``         ``/b24link``: tells who one is, or how to be linked
    ``code-123456``  ``/b24link 123456``: completes a link
    ===============  ===================================================================

    Any other is as good as none: links live long, and people should not be told of a mistake that
    is not theirs.

    Source: https://core.telegram.org/bots/features#deep-linking

    Args:
        link: carries out ``/b24link``.
    """

    def __init__(self, link: Handler) -> None:
        self._link = link

    async def __call__(self, request: Request, /) -> Decided:
        """Do what the payload says; see ``Handler``."""
        payload = " ".join(request.command.words)
        code = read_code(payload)
        if code or payload == "link" or request.link is None:
            words = (code,) if code else ()
            return await self._link(replace(request, command=Command(spec=LINK, words=words)))
        return await show_help(replace(request, command=replace(request.command, words=())))
