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

    from adapters.slack.outbound import Message

logger = logging.getLogger(__name__)

BY_RESPONSE_URL: Final = "response_url"
"""Where an answer stands that can be replaced; those given otherwise cannot."""


async def give_answer(
    client: AsyncWebClient, answer_to: Mapping[str, str | int], message: Message, *, replaces: str
) -> str:
    """Show a message to the person alone, where the command was typed if that is possible.

    A ``response_url`` takes five messages within 30 minutes. After that the message is shown in
    the channel, and where the bot is not in it, sent to the person directly.

    Returns ``BY_RESPONSE_URL``, or nothing when the answer cannot be replaced.

    Raises:
        ChatError: no way was open, or Slack asks to come back later.
    """
    trouble = Trouble("nowhere to answer", None)
    for place, say in _list_ways(client, answer_to, message, replaces):
        try:
            refusal = await say()
        except FOREIGN_ERRORS as error:
            refusal = read_error(error)
        if refusal is None:
            return place
        trouble = refusal
        if trouble.retry_after_seconds is not None:
            break
        logger.info("Slack did not take an answer (%s)", trouble.code)
    raise ChatError(
        f"Slack did not take an answer: {trouble.code}",
        retry_after_seconds=trouble.retry_after_seconds,
    )


def _list_ways(
    client: AsyncWebClient, answer_to: Mapping[str, str | int], message: Message, replaces: str
) -> Iterator[tuple[str, Callable[[], Awaitable[Trouble | None]]]]:
    response_url, channel, user = (
        str(answer_to.get(name, "")) for name in ("response_url", "channel", "user")
    )

    async def respond() -> Trouble | None:
        response = await build_response_client(response_url).send(
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=replaces == BY_RESPONSE_URL,
            unfurl_links=False,
            unfurl_media=False,
        )
        return read_answer(response)

    async def show_in_channel() -> None:
        await client.chat_postEphemeral(
            channel=channel, user=user, text=message.text, blocks=message.blocks
        )

    async def send_directly() -> None:
        await client.chat_postMessage(
            channel=user,
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
            unfurl_media=False,
        )

    if response_url:
        yield BY_RESPONSE_URL, respond
    if channel and user:
        yield "", show_in_channel
    if user:
        yield "", send_directly
