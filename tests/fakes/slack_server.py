"""A server on your own machine that speaks to an app as Slack does.

The Web API, ``response_url`` addresses and Socket Mode over a real WebSocket. Tests type commands
with ``command``, which returns when the app has acknowledged them, and read what the app says with
``next_answer``::

    async with SlackServer() as server:
        ack = await server.command("/b24notify", "<@U2|anna> *hi*", user="U1")
        answer = await server.next_answer(5)

Sources: https://docs.slack.dev/apis/events-api/using-socket-mode/,
https://docs.slack.dev/interactivity/implementing-slash-commands/, https://docs.slack.dev/reference/methods/
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.slack_blocks import BadMessage, check_message, show
from tests.fakes.slack_people import METHODS, Refusal, SlackPeople

if TYPE_CHECKING:
    from types import TracebackType

Json = dict[str, Any]

TEAM: Final = "T0TEAM"
BOT_TOKEN: Final = "xoxb-1-a-fake-bot-token"
APP_TOKEN: Final = "xapp-1-a-fake-app-token"
RESPONSE_URL: Final = "response_url"
"""The name under which troubles of the ``response_url`` addresses are scripted."""
_RESPONSE_USES: Final = 5


@dataclass(frozen=True)
class Ack:
    """What the app acknowledged a command with; ``text`` is empty for a bare one."""

    text: str
    seconds: float


@dataclass(frozen=True)
class Answer:
    """A message of the app.

    Attributes:
        via: ``response_url``, ``chat.postEphemeral`` or ``chat.postMessage``.
        channel: where it stands; the person's id for a direct message.
        user: the one person who sees it; empty if all do.
        replaces: whether it took the place of the one before.
    """

    via: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    replaces: bool = False

    @property
    def shown(self) -> str:
        """What is to be seen, with Markdown's marks for the styles."""
        return show(self.blocks)


@dataclass(frozen=True)
class Trouble:
    """An answer that is none: of the Web API, of a ``response_url`` or of the WebSocket."""

    code: str = ""
    status: int = 200
    retry_after: int | None = None


@dataclass
class _Command:
    channel: str
    user: str
    uses: int = 0
    is_expired: bool = False


@dataclass(eq=False)
class _Socket:
    socket: web.WebSocketResponse
    transport: asyncio.Transport
    is_leaving: bool = False
    is_silent: bool = False


class SlackServer:
    """Slack on 127.0.0.1, with one team and one app.

    Args:
        ping_seconds: how often connections are pinged; None for never.

    Attributes:
        calls: how often each method and ``link`` (the WebSocket) was asked for, and how often the
            server said ``hello`` and ``ping``, and the app ``pong``.
        response_urls: one for each command, in order.
        people: who is in the team: U1 to U9, unless a test says otherwise.
        complaints: what the app did wrong; leaving the server fails if there is anything.
    """

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    team = TEAM

    def __init__(self, *, ping_seconds: float | None = 5) -> None:
        self.calls: Counter[str] = Counter()
        self.complaints: list[str] = []
        self.response_urls: list[str] = []
        self.people = SlackPeople(TEAM)
        for number in range(1, 10):
            self.people.add(f"U{number}")
        self._ping_seconds = ping_seconds
        self._troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._sockets: list[_Socket] = []
        self._changed = asyncio.Condition()
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._commands: dict[str, _Command] = {}
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self._runner: web.AppRunner | None = None
        self._root = ""

    @property
    def api_url(self) -> str:
        """The address of the Web API."""
        return f"{self._root}/api/"

    @property
    def open_sockets(self) -> int:
        """How many connections stand and have not been told to leave."""
        return sum(not socket.is_leaving for socket in self._sockets)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._serve_api)
        app.router.add_post("/commands/{id}", self._serve_response_url)
        app.router.add_get("/link", self._serve_socket)
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._root = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for socket in tuple(self._sockets):
            await socket.socket.close(code=WSCloseCode.GOING_AWAY)
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
        loop = asyncio.get_running_loop()
        began = loop.time()
        envelope_id = f"E{next(self._numbers)}"
        payload = self._payload(command, text, user, channel) | fields
        self._acks[envelope_id] = loop.create_future()
        async with asyncio.timeout(timeout):
            await self._send(
                {
                    "envelope_id": envelope_id,
                    "type": "slash_commands",
                    "payload": payload,
                    "accepts_response_payload": True,
                }
            )
            ack = await self._acks[envelope_id]
        return Ack(ack.get("payload", {}).get("text", ""), loop.time() - began)

    async def next_answer(self, timeout: float) -> Answer:  # noqa: ASYNC109
        """Wait for the app's next message.

        Raises:
            TimeoutError: there was none.
        """
        async with asyncio.timeout(timeout):
            return await self._answers.get()

    # What Slack does

    def script(self, method: str, *troubles: Trouble) -> None:
        """Answer the next requests to a method, ``link`` or ``RESPONSE_URL`` with troubles."""
        self._troubles[method].extend(troubles)

    def expire_response_urls(self) -> None:
        """Let 30 minutes pass."""
        for command in self._commands.values():
            command.is_expired = True

    async def until_connected(
        self,
        count: int = 1,
        timeout: float = 5,  # noqa: ASYNC109
    ) -> None:
        """Wait until so many connections have been opened in all."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.calls["hello"] >= count)

    async def until_sockets(self, count: int, timeout: float = 5) -> None:  # noqa: ASYNC109
        """Wait until so many connections stand."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: len(self._sockets) == count)

    async def say(self, frame: str) -> None:
        """Send a text as it is on all connections."""
        for socket in tuple(self._sockets):
            await socket.socket.send_str(frame)

    async def announce_end(self, reason: str = "refresh_requested") -> None:
        """Tell all connections that they end; ``drop`` ends them."""
        for socket in tuple(self._sockets):
            socket.is_leaving = True
            await socket.socket.send_json({"type": "disconnect", "reason": reason})

    async def drop(self, *, leaving: bool = False) -> None:
        """Cut connections off: all, or only those that have been told to leave."""
        for socket in tuple(self._sockets):
            if socket.is_leaving or not leaving:
                await socket.socket.close(code=WSCloseCode.GOING_AWAY)

    def fall_silent(self, *, dead: bool = False) -> None:
        """Say nothing more on today's connections; dead ones do not even answer a ping."""
        for socket in self._sockets:
            socket.is_silent = True
            if dead:
                socket.transport.pause_reading()

    # How it is done

    def _payload(self, command: str, text: str, user: str, channel: str) -> dict[str, str]:
        number = next(self._numbers)
        url = f"{self._root}/commands/{number}"
        self._commands[str(number)] = _Command(channel, user)
        self.response_urls.append(url)
        return {
            "token": "a-legacy-token",
            "team_id": TEAM,
            "team_domain": "team",
            "channel_id": channel,
            "channel_name": "general",
            "user_id": user,
            "user_name": f"name.of.{user.lower()}",
            "command": command,
            "text": text,
            "api_app_id": "A1",
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": f"{number}.1.abc",
        }

    async def _send(self, envelope: Json) -> None:
        def can_take(socket: _Socket) -> bool:
            return not (socket.is_leaving or socket.is_silent)

        async with self._changed:
            await self._changed.wait_for(lambda: any(map(can_take, self._sockets)))
            socket = next(filter(can_take, reversed(self._sockets)))
        await socket.socket.send_json(envelope)

    async def _serve_api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls[method] += 1
        body = await _read_body(request)
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._troubles[method]:
            return _respond_with(self._troubles[method].popleft())
        if (given or body.get("token")) != wanted:
            return _respond_with(Trouble("invalid_auth"))
        match method:
            case "auth.test":
                return _respond(team_id=TEAM, user_id="UBOT", bot_id="B1", team="Team", user="b24")
            case "apps.connections.open":
                return _respond(url=self._sell_ticket())
            case _ if method in METHODS:
                return self._tell_of_people(method, body)
            case _:
                return self._take_message(method, body)

    def _tell_of_people(self, method: str, body: Json) -> web.Response:
        try:
            return _respond(**self.people.answer(method, body))
        except Refusal as refusal:
            return web.json_response(refusal.answer)

    def _sell_ticket(self) -> str:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return f"{self._root.replace('http', 'ws', 1)}/link?ticket={ticket}"

    def _take_message(self, method: str, body: Json) -> web.Response:
        if method not in {"chat.postEphemeral", "chat.postMessage"}:
            return _respond_with(Trouble("unknown_method"))
        try:
            self._note(method, body, body["channel"], body.get("user", ""))
        except BadMessage as error:
            return _respond_with(Trouble(error.args[0]))
        return _respond(ts="1.1", message_ts="1.1", channel=body["channel"])

    async def _serve_response_url(self, request: web.Request) -> web.Response:
        self.calls[RESPONSE_URL] += 1
        command = self._commands.get(request.match_info["id"])
        if self._troubles[RESPONSE_URL]:
            return _respond_with(self._troubles[RESPONSE_URL].popleft())
        if command is None or command.is_expired:
            return web.Response(status=404, text="expired_url")
        if command.uses >= _RESPONSE_USES:
            return web.Response(status=404, text="used_url")
        body = await request.json()
        if body.get("response_type", "ephemeral") != "ephemeral":
            self.complaints.append("an answer was shown to the whole channel")
        try:
            self._note(RESPONSE_URL, body, command.channel, command.user)
        except BadMessage as error:
            return web.Response(status=400, text=error.args[0])
        command.uses += 1
        return web.Response(text="ok")

    def _note(self, via: str, body: Json, channel: str, user: str) -> None:
        try:
            check_message(body.get("text"), body.get("blocks"))
        except BadMessage as error:
            self.complaints.append(f"{via}: {error}")
            raise
        replaces = bool(body.get("replace_original"))
        answer = Answer(via, channel, user, body["text"], body["blocks"], replaces)
        self._answers.put_nowait(answer)

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        self.calls["link"] += 1
        ticket = request.query.get("ticket", "")
        if self._troubles["link"]:
            return web.Response(status=self._troubles["link"].popleft().status)
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        response = web.WebSocketResponse(timeout=0.5, autoping=False)
        await response.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        await self._converse(_Socket(response, request.transport))
        return response

    async def _converse(self, socket: _Socket) -> None:
        pinging = asyncio.create_task(self._ping(socket))
        try:
            await socket.socket.send_json({"type": "hello", "num_connections": 1})
            await self._admit(socket)
            async for message in socket.socket:
                match message.type:
                    case WSMsgType.TEXT:
                        self._take_ack(json.loads(message.data))
                    case WSMsgType.PING:
                        await socket.socket.pong(message.data)
                    case WSMsgType.PONG:
                        self.calls["pong"] += 1
        finally:
            pinging.cancel()
            async with self._changed:
                self._sockets.remove(socket)
                self._changed.notify_all()

    async def _admit(self, socket: _Socket) -> None:
        async with self._changed:
            self._sockets.append(socket)
            self.calls["hello"] += 1
            self._changed.notify_all()

    def _take_ack(self, ack: Json) -> None:
        waiting = self._acks.get(ack.get("envelope_id", ""))
        if waiting is None or waiting.done():
            self.complaints.append("an acknowledgement that nobody waits for")
        else:
            waiting.set_result(ack)

    async def _ping(self, socket: _Socket) -> None:
        while self._ping_seconds is not None:
            await asyncio.sleep(self._ping_seconds)
            if not socket.is_silent:
                self.calls["ping"] += 1
                await socket.socket.ping(b"Ping from applink")


async def _read_body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        body: Json = await request.json()
        return body
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}


def _respond(**fields: object) -> web.Response:
    return web.json_response({"ok": True, **fields})


def _respond_with(trouble: Trouble) -> web.Response:
    headers = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
    if not trouble.code:
        return web.Response(status=trouble.status, headers=headers, text="trouble")
    body = {"ok": False, "error": trouble.code}
    return web.json_response(body, status=trouble.status, headers=headers)


__all__ = ["RESPONSE_URL", "Ack", "Answer", "SlackServer", "Trouble"]
