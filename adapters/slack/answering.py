"""Answering a command, by whatever way is still open.

Source: https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from adapters.slack.clients import build_response_client
from adapters.slack.errors import FOREIGN_ERRORS, Trouble, read_answer, read_error
from bridge.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from slack_sdk.web.async_client import AsyncWebClient

    from adapters.slack.notices import Notices
    from adapters.slack.outbound import Message

    Way = Callable[[], Awaitable[str | Trouble]]

logger = logging.getLogger(__name__)

BY_RESPONSE_URL: Final = "response_url"
"""Where an answer stands that only the ``response_url`` can replace."""
_BETWEEN: Final = "/"


def place_of(channel: str, ts: str) -> str:
    """Write down where a message stands that the Web API can edit."""
    return f"{channel}{_BETWEEN}{ts}"


async def give_answer(
    client: AsyncWebClient,
    answer_to: Mapping[str, str | int],
    message: Message,
    *,
    replaces: str,
    notices: Notices,
) -> str:
    """Show a message to the person alone, where the command was typed if that is possible.

    A ``response_url`` takes five messages within 30 minutes; after that the person is sent a direct
    message. A mention is answered in its thread, or directly where the bot may not.

    Args:
        client: the Web API.
        answer_to: ``response_url``, ``channel`` and ``thread_ts`` of a mention, ``direct`` (the
            channel of a direct message), ``user``: whatever there is.
        message: what to show.
        replaces: an earlier answer to edit.
        notices: tells the administrator if the app itself is the trouble.

    Returns where it stands; empty when it cannot be replaced.

    Raises:
        ChatError: no way was open, or Slack asks to come back later.
    """
    trouble = Trouble("nowhere to answer", None)
    for way in _Ways(client, answer_to, message, replaces).list_open():
        try:
            taken = await way()
        except FOREIGN_ERRORS as error:
            taken = read_error(error)
        if isinstance(taken, str):
            return taken
        trouble = taken
        notices.note(trouble)
        if trouble.retry_after_seconds is not None:
            break
        logger.info("Slack did not take an answer (%s)", trouble.code)
    raise ChatError(
        f"Slack did not take an answer: {trouble.code}",
        retry_after_seconds=trouble.retry_after_seconds,
    )


class _Ways:
    """The ways to one person; each returns where the message stands, or why it does not."""

    def __init__(
        self,
        client: AsyncWebClient,
        answer_to: Mapping[str, str | int],
        message: Message,
        replaces: str,
    ) -> None:
        self._client = client
        self._to = {name: str(value) for name, value in answer_to.items()}
        self._message = message
        self._replaces = replaces

    def list_open(self) -> Iterator[Way]:
        """List what may be tried, the best first."""
        if _BETWEEN in self._replaces:
            yield self._edit
        if self._to.get("response_url"):
            yield self._respond
        elif self._to.get("channel"):
            yield self._show_in_channel
        if self._to.get("direct") or self._to.get("user"):
            yield self._send_directly

    async def _edit(self) -> str:
        channel, _, ts = self._replaces.partition(_BETWEEN)
        message = self._message
        await self._client.chat_update(
            channel=channel, ts=ts, text=message.text, blocks=message.blocks
        )
        return self._replaces

    async def _respond(self) -> str | Trouble:
        response = await build_response_client(self._to["response_url"], self._client).send(
            text=self._message.text,
            blocks=self._message.blocks,
            response_type="ephemeral",
            replace_original=self._replaces == BY_RESPONSE_URL,
            unfurl_links=False,
            unfurl_media=False,
        )
        return read_answer(response) or BY_RESPONSE_URL

    async def _show_in_channel(self) -> str:
        await self._client.chat_postEphemeral(
            channel=self._to["channel"],
            user=self._to["user"],
            thread_ts=self._to.get("thread_ts") or None,
            text=self._message.text,
            blocks=self._message.blocks,
        )
        return ""

    async def _send_directly(self) -> str:
        direct = self._to.get("direct", "")
        response = await self._client.chat_postMessage(
            channel=direct or self._to["user"],
            thread_ts=self._to.get("thread_ts") or None if direct else None,
            text=self._message.text,
            blocks=self._message.blocks,
            unfurl_links=False,
            unfurl_media=False,
        )
        return place_of(str(response["channel"]), str(response["ts"]))
