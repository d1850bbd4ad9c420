"""What Slack sends, handed to those who read it, through slack-bolt.

Source: https://docs.slack.dev/tools/bolt-python/
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING, Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from adapters.slack.clients import SILENT, build_web_client
from adapters.slack.events import read_event
from adapters.slack.fields import get_text
from adapters.slack.inbound import read_command
from adapters.slack.outbound import PRESS, render
from adapters.slack.presses import read_press
from adapters.slack.submissions import refuse_form
from bridge.errors import StorageError
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_sdk.web.async_client import AsyncWebClient

    from adapters.slack.bot import Bot
    from adapters.slack.tools import Tools
    from bridge.incoming import Incoming

    Accept = Callable[[Incoming], Awaitable[object]]

logger = logging.getLogger(__name__)

_COMMANDS: Final = re.compile(r"/b24\w+")
_ANYTHING: Final = re.compile("")
_PRESSES: Final = re.compile(rf"{PRESS}\w*")


class Listeners:
    """Takes what people type and press: it is stored first, and acknowledged then.

    Args:
        tools: what they need.
        accept: stores a command and returns when that is committed.
        bot: who is mentioned.
    """

    def __init__(self, tools: Tools, accept: Accept, bot: Bot) -> None:
        self._tools = tools
        self._accept = accept
        self._bot = bot

    def attach(self, app: AsyncApp) -> None:
        """Have an app call them."""
        app.command(_COMMANDS)(self._take_command)
        app.event("app_mention")(self._take_message)
        app.event("message")(self._take_message)
        app.action(_PRESSES)(self._take_press)
        app.event("app_uninstalled")(self._note_removal)
        app.event("tokens_revoked")(self._note_removal)
        app.error(self._tell_not_taken)

    def attach_last(self, app: AsyncApp) -> None:
        """Have an app call them for what nobody else takes."""
        app.event(_ANYTHING)(_let_pass)

    async def _take_command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        incoming = read_command(command, self._tools.clock.now())
        if incoming is not None:
            await self._accept(await self._tools.namer.complete(incoming))
        await ack()

    async def _take_message(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        incoming = read_event(body, self._bot, self._tools.clock.now())
        if incoming is not None:
            await self._accept(await self._tools.namer.complete(incoming))
        await ack()

    async def _take_press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        incoming = read_press(body, self._tools.clock.now())
        if incoming is not None:
            await self._accept(incoming)
        await ack()

    async def _note_removal(self, event: dict[str, Any]) -> None:
        self._tools.notices.note_removed(get_text(event, "type"))

    async def _tell_not_taken(self, error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        # The error's own words may quote the command, so only its kind and place are logged.
        is_ours = not isinstance(error, StorageError)
        place = "\n" + "".join(traceback.format_tb(error.__traceback__)) if is_ours else ""
        logger.error("What Slack sent could not be taken (%s)%s", type(error).__name__, place)
        reply = self._tools.languages.words("").write(say(Say.NOT_STORED))
        if body.get("type") == "view_submission":
            return BoltResponse(status=200, body=refuse_form(body, render(reply).text))
        if "command" in body:
            return BoltResponse(status=200, body=render(reply).text)
        return None  # Slack shows that a press has failed, and sends an event again.


async def _let_pass(ack: AsyncAck) -> None:
    # What is not acknowledged is sent again, and Slack switches off apps that leave too much.
    await ack()


def build_app(client: AsyncWebClient) -> AsyncApp:
    """Build what takes requests, of Socket Mode and over HTTP alike.

    It acknowledges when its listeners have, however late. It checks no signatures: that is done
    where requests come in over HTTP, before anything is read.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Left to itself, Bolt asks Slack whose token this is.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=client.token)

    return AsyncApp(
        name="slack_bolt.b24bridge",  # Bolt silences the logger of this name.
        logger=SILENT,
        client=build_web_client(None, client.base_url),
        authorize=authorize,
        request_verification_enabled=False,
        process_before_response=True,
    )
