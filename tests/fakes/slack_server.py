"""A server on your own machine that speaks to an app as Slack does.

The Web API, ``response_url`` addresses, Socket Mode over a real WebSocket, and signed requests over
HTTP. Tests type commands with ``command``, which returns when the app has acknowledged them, and
read what the app says with ``next_answer``::

    async with SlackServer() as server:
        ack = await server.command("/b24notify", "<@U2|anna> *hi*", user="U1")
        answer = await server.next_answer(5)

Sources: https://docs.slack.dev/apis/events-api/using-socket-mode/,
https://docs.slack.dev/interactivity/implementing-slash-commands/, https://docs.slack.dev/reference/methods/
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from tests.fakes import slack_messages, slack_payloads, slack_people
from tests.fakes.slack_blocks import BadMessage
from tests.fakes.slack_messages import RESPONSE_URL, Answer, SlackMessages
from tests.fakes.slack_payloads import BOT, TEAM
from tests.fakes.slack_people import Refusal, SlackPeople
from tests.fakes.slack_posting import Poster
from tests.fakes.slack_sockets import SlackSockets, Trouble
from tests.fakes.slack_views import SlackViews, View, check_options

if TYPE_CHECKING:
    from types import TracebackType

Json = dict[str, Any]

BOT_TOKEN: Final = "xoxb-1-a-fake-bot-token"
APP_TOKEN: Final = "xapp-1-a-fake-app-token"
SIGNING_SECRET: Final = "a-fake-signing-secret"


@dataclass(frozen=True)
class Ack:
    """What the app acknowledged with; ``text`` is empty for a bare one.

    Attributes:
        payload: all of it.
        status: over HTTP.
    """

    text: str
    seconds: float
    payload: Json = field(default_factory=dict)
    status: int = 200


class SlackServer(SlackSockets):
    """Slack on 127.0.0.1, with one team and one app.

    Args:
        ping_seconds: how often connections are pinged; None for never.

    Attributes:
        calls: how often each method and ``link`` (the WebSocket) was asked for, and how often the
            server said ``hello`` and ``ping``, and the app ``pong``.
        response_urls: one for each command, in order.
        people: who is in the team: U1 to U9, unless a test says otherwise.
        callers: the address of each connection that a request has come by.
        poster: posts to the app; None while it has Socket Mode.
        complaints: what the app did wrong; leaving the server fails if there is anything.
    """

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    signing_secret = SIGNING_SECRET
    team = TEAM

    def __init__(self, *, ping_seconds: float | None = 5) -> None:
        super().__init__(ping_seconds)
        self.response_urls: list[str] = []
        self.callers: set[tuple[str, int]] = set()
        self.people = SlackPeople(TEAM)
        for number in range(1, 10):
            self.people.add(f"U{number}")
        self.poster: Poster | None = None
        self._messages = SlackMessages(self.complaints, self.numbers)
        self._views = SlackViews(self.complaints, self.numbers)
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """The address of the Web API."""
        return f"{self.root}/api/"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._serve_api)
        app.router.add_post("/commands/{id}", self._serve_response_url)
        app.router.add_get("/link", self.serve_socket)
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.root = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close_sockets()
        assert self._runner is not None
        await self._runner.cleanup()
        if error is None:
            assert not self.complaints

    # What people do

    async def command(
        self,
        command: str,
        text: str,
        *,
        user: str = "U1",
        channel: str = "C1",
        timeout: float = 3,  # noqa: ASYNC109 - what Slack itself grants
        **fields: str,
    ) -> Ack:
        """Type a command; ``text`` is what Slack makes of it, escaped.

        Raises:
            TimeoutError: it was not acknowledged; the person sees an error.
        """
        payload = slack_payloads.command(command, text, user, channel)
        payload |= self._ways_back(user, channel) | fields
        return await self.deliver("slash_commands", payload, timeout)

    async def mention(self, text: str, *, user: str = "U1", **fields: object) -> Ack:
        """Write a message in C1, unless the fields say another place, that mentions ``<@UBOT>``."""
        event = slack_payloads.message("app_mention", text, user, "C1", self._now())
        return await self.event(event | fields)

    async def write(self, text: str, *, user: str = "U1", **fields: object) -> Ack:
        """Write to the bot directly."""
        event = slack_payloads.message("message", text, user, f"D{user[1:]}", self._now())
        return await self.event(event | {"channel_type": "im"} | fields)

    async def event(self, event: Json, *, event_id: str = "", **headers: str) -> Ack:
        """Tell the app of an event."""
        payload = slack_payloads.callback(event, event_id or f"Ev{next(self.numbers)}")
        return await self.deliver("events_api", payload, headers=headers)

    async def press(self, label: str, under: Answer | View, *, user: str = "U1") -> Ack:
        """Press a button under an answer or on the home page."""
        answer = under if isinstance(under, Answer) else None
        payload = slack_payloads.press(under.buttons[label], answer, user)
        payload |= self._ways_back(user, answer.channel if answer else "")
        return await self.deliver("interactive", payload)

    async def shortcut(
        self, callback_id: str, *, about: Json | None = None, user: str = "U1"
    ) -> View:
        """Choose a shortcut, and wait for the modal."""
        payload = slack_payloads.shortcut(callback_id, user, about, "C1")
        await self.deliver("interactive", payload | self._ways_back(user, "C1"))
        async with asyncio.timeout(5):
            return await self._views.modals.get()

    async def submit(self, modal: View, values: Json, *, user: str = "U1") -> Ack:
        """Send a modal; the values by block id, as Slack has them."""
        payload = slack_payloads.submission(modal.view, modal.id, values, user)
        return await self.deliver("interactive", payload | self._ways_back(user, ""))

    async def search(self, modal: View, typed: str, *, user: str = "U1") -> list[Json]:
        """Type into the select of a modal whose options the app knows; returns the options."""
        block = next(
            block
            for block in modal.view["blocks"]
            if block.get("element", {}).get("type") == "multi_external_select"
        )
        action_id = block["element"]["action_id"]
        payload = slack_payloads.suggestion(action_id, block["block_id"], typed, user)
        options: list[Json] = (await self.deliver("interactive", payload)).payload["options"]
        check_options(options)
        return options

    async def open_home(self, user: str = "U1") -> View:
        """Open the app's home page, and wait for what it shows."""
        event = {"type": "app_home_opened", "user": user, "channel": f"D{user[1:]}", "tab": "home"}
        await self.event(event)
        return await self.next_home(5)

    async def next_answer(self, timeout: float) -> Answer:  # noqa: ASYNC109
        """Wait for the app's next message.

        Raises:
            TimeoutError: there was none.
        """
        async with asyncio.timeout(timeout):
            return await self._messages.next()

    async def next_home(self, timeout: float) -> View:  # noqa: ASYNC109
        """Wait until the app publishes a home page.

        Raises:
            TimeoutError: there was none.
        """
        async with asyncio.timeout(timeout):
            return await self._views.homes.get()

    # What Slack does

    def post_to(self, url: str) -> Poster:
        """Post to an address from now on, instead of using Socket Mode."""
        self.poster = Poster(url, SIGNING_SECRET)
        return self.poster

    async def deliver(
        self,
        kind: str,
        payload: Json,
        timeout: float = 3,  # noqa: ASYNC109 - what Slack itself grants
        headers: dict[str, str] | None = None,
    ) -> Ack:
        """Send something to the app, by whatever way it has.

        Raises:
            TimeoutError: it was not acknowledged.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        status = 200
        async with asyncio.timeout(timeout):
            if self.poster is None:
                answer = await self.send_envelope(kind, payload)
            else:
                posted = await self.poster.post(kind, payload, headers)
                answer, status = posted.payload, posted.status
        return Ack(answer.get("text", ""), loop.time() - began, answer, status)

    def script(self, method: str, *troubles: Trouble) -> None:
        """Answer the next requests to a method, ``link`` or ``RESPONSE_URL`` with troubles."""
        self.troubles[method].extend(troubles)

    def expire_response_urls(self) -> None:
        """Let 30 minutes pass."""
        self._messages.expire_urls()

    # How it is done

    def _ways_back(self, user: str, channel: str) -> dict[str, str]:
        """Give out what an app may answer with; no ``response_url`` without a channel."""
        number = str(next(self.numbers))
        trigger = f"{number}.1.abc"
        self._views.triggers[trigger] = user
        if not channel:
            return {"trigger_id": trigger}
        url = f"{self.root}/commands/{number}"
        self._messages.open_url(number, channel, user)
        self.response_urls.append(url)
        return {"response_url": url, "trigger_id": trigger}

    def _now(self) -> str:
        return f"1772442000.{next(self.numbers):06}"

    async def _serve_api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls[method] += 1
        self._note_caller(request)
        body = await _read_body(request)
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.troubles[method]:
            return _respond_with(self.troubles[method].popleft())
        if (given or body.get("token")) != wanted:
            return _respond_with(Trouble("invalid_auth"))
        try:
            return web.json_response({"ok": True, **self._answer(method, body)})
        except Refusal as refusal:
            return web.json_response(refusal.answer)

    def _answer(self, method: str, body: Json) -> Json:
        match method:
            case "auth.test":
                url = "https://team.slack.example/"
                return {"team_id": TEAM, "user_id": BOT, "bot_id": "B1", "url": url}
            case "apps.connections.open":
                return {"url": self.sell_ticket()}
            case "views.open" | "views.publish":
                return self._views.take(method, body)
            case _ if method in slack_people.METHODS:
                return self.people.answer(method, body)
            case _ if method in slack_messages.METHODS:
                return self._messages.take(method, body)
            case _:
                raise Refusal("unknown_method")

    async def _serve_response_url(self, request: web.Request) -> web.Response:
        self.calls[RESPONSE_URL] += 1
        self._note_caller(request)
        if self.troubles[RESPONSE_URL]:
            return _respond_with(self.troubles[RESPONSE_URL].popleft())
        try:
            text = self._messages.respond(request.match_info["id"], await request.json())
        except BadMessage as error:
            status = 404 if error.args[0].endswith("_url") else 400
            return web.Response(status=status, text=error.args[0])
        return web.Response(text=text)

    def _note_caller(self, request: web.Request) -> None:
        assert request.transport is not None
        self.callers.add(request.transport.get_extra_info("peername"))


async def _read_body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        body: Json = await request.json()
        return body
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}


def _respond_with(trouble: Trouble) -> web.Response:
    headers = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
    if not trouble.code:
        return web.Response(status=trouble.status, headers=headers, text="trouble")
    body = {"ok": False, "error": trouble.code}
    return web.json_response(body, status=trouble.status, headers=headers)


__all__ = ["BOT", "RESPONSE_URL", "TEAM", "Ack", "Answer", "SlackServer", "Trouble", "View"]
