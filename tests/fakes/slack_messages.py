"""The messages of an app: where they stand, and by which ways they come there.

Sources: https://docs.slack.dev/reference/methods/chat.postMessage/ (and ``chat.postEphemeral``,
``chat.update``), https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.fakes.slack_blocks import BadMessage, check_message, show
from tests.fakes.slack_people import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

RESPONSE_URL: Final = "response_url"
"""The name under which troubles of the ``response_url`` addresses are scripted."""
METHODS: Final = frozenset({"chat.postEphemeral", "chat.postMessage", "chat.update"})
_RESPONSE_USES: Final = 5


@dataclass(frozen=True)
class Answer:
    """A message of the app.

    Attributes:
        via: ``response_url``, ``chat.postEphemeral``, ``chat.postMessage`` or ``chat.update``.
        channel: where it stands; the person's id for a direct message.
        user: the one person who sees it; empty if all do.
        replaces: whether it took the place of the one before.
        ts: what names it in its channel.
        thread_ts: the thread it stands in.
    """

    via: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    replaces: bool = False
    ts: str = ""
    thread_ts: str = ""

    @property
    def shown(self) -> str:
        """What is to be seen, with Markdown's marks for the styles."""
        return show(self.blocks)

    @property
    def buttons(self) -> dict[str, Json]:
        """The buttons under it, by their labels."""
        return find_buttons(self.blocks)

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it, and only until they reload."""
        return self.via in {RESPONSE_URL, "chat.postEphemeral"}


@dataclass
class _ResponseUrl:
    channel: str
    user: str
    uses: int = 0
    is_expired: bool = False


class SlackMessages:
    """What the app has said, and the addresses at which it may say more.

    Attributes:
        urls: the ``response_url`` addresses, by their ids.
        complaints: what the app did wrong.
    """

    def __init__(self, complaints: list[str], numbers: Iterator[int]) -> None:
        self.urls: dict[str, _ResponseUrl] = {}
        self.complaints = complaints
        self._numbers = numbers
        self._standing: set[tuple[str, str]] = set()
        self._said: asyncio.Queue[Answer] = asyncio.Queue()

    async def next(self) -> Answer:
        """Wait for the app's next message."""
        return await self._said.get()

    def open_url(self, number: str, channel: str, user: str) -> None:
        """Give an address out."""
        self.urls[number] = _ResponseUrl(channel, user)

    def expire_urls(self) -> None:
        """Let 30 minutes pass."""
        for url in self.urls.values():
            url.is_expired = True

    def take(self, method: str, body: Json) -> Json:
        """Take a message through the Web API.

        Raises:
            Refusal: Slack would refuse it.
        """
        channel = str(body["channel"])
        if method == "chat.update":
            if (channel, body["ts"]) not in self._standing:
                raise Refusal("message_not_found")
            self._note(method, body, channel, replaces=True, ts=str(body["ts"]))
            return {"ts": body["ts"], "channel": channel}
        ts = f"{next(self._numbers)}.000100"
        thread_ts = str(body.get("thread_ts") or "")
        user = str(body.get("user", ""))
        try:
            self._note(method, body, channel, user=user, ts=ts, thread_ts=thread_ts)
        except BadMessage as error:
            raise Refusal(error.args[0]) from error
        channel = f"D{channel[1:]}" if channel.startswith("U") else channel
        if method == "chat.postMessage":
            self._standing.add((channel, ts))
        return {"ts": ts, "message_ts": ts, "channel": channel}

    def respond(self, number: str, body: Json) -> str:
        """Take a message at a ``response_url``.

        Raises:
            BadMessage: it is refused; the argument is the error code.
        """
        url = self.urls.get(number)
        if url is None or url.is_expired:
            raise BadMessage("expired_url")
        if url.uses >= _RESPONSE_USES:
            raise BadMessage("used_url")
        if body.get("response_type", "ephemeral") != "ephemeral":
            self.complaints.append("an answer was shown to the whole channel")
        replaces = bool(body.get("replace_original"))
        self._note(RESPONSE_URL, body, url.channel, user=url.user, replaces=replaces)
        url.uses += 1
        return "ok"

    def _note(self, via: str, body: Json, channel: str, user: str = "", **more: Any) -> None:
        try:
            check_message(body.get("text"), body.get("blocks"))
        except BadMessage as error:
            self.complaints.append(f"{via}: {error}")
            raise
        self._said.put_nowait(Answer(via, channel, user, body["text"], body["blocks"], **more))


def find_buttons(blocks: list[Json]) -> dict[str, Json]:
    """Find the buttons in blocks, by their labels."""
    return {
        element["text"]["text"]: {**element, "block_id": block.get("block_id", "b")}
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }
