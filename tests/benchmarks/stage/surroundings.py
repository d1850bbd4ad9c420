"""What a bot works with: portals without limits, and chats that say yes to everything."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web
from msgspec import Struct

from adapters.cli.sandbox import webhook_of
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from tests.benchmarks.stage.processes import CORES, in_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator
    from multiprocessing.connection import Connection

TELEGRAM_TOKEN: Final = "424242:AAF_a-fake-token-of-35-characters0"
BOT_TOKEN: Final = "xoxb-1-a-fake-bot-token"
SIGNING_SECRET: Final = "a-fake-signing-secret"
TEAM: Final = "T0TEAM"
BOT: Final = {"id": 424242, "is_bot": True, "first_name": "b24", "username": "B24TestBot"}
FIRST_CHAT: Final = 77
CHATS: Final = 20
"""As many as it takes for answers to ten commands a second: one a second may be said in each."""
PUBLIC_URL: Final = "https://bridge.example"
FIRST_ID: Final = 1_000
CROWD: Final = 1_000
"""How many people each portal has, besides those of the demo; their numbers begin at FIRST_ID."""


class Surroundings(Struct, frozen=True):
    """Where portals and chats are.

    Attributes:
        webhooks: the incoming webhook of each portal.
        portals: the address of each.
        api: of the chats' interfaces.
    """

    webhooks: tuple[str, ...]
    portals: tuple[str, ...]
    api: str

    @property
    def slack(self) -> dict[str, str]:
        """The settings of a bridge in Slack, over HTTP."""
        return {
            "B24BRIDGE_SLACK_BOT_TOKEN": BOT_TOKEN,
            "B24BRIDGE_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "B24BRIDGE_SLACK_API_URL": f"{self.api}/api/",
            "B24BRIDGE_SLACK_WORKSPACES": TEAM,
        }

    @property
    def telegram(self) -> dict[str, str]:
        """The settings of a bridge in Telegram, with a webhook."""
        return {
            "B24BRIDGE_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "B24BRIDGE_TELEGRAM_API_URL": self.api,
            "B24BRIDGE_TELEGRAM_CHATS": " ".join(map(str, range(FIRST_CHAT, FIRST_CHAT + CHATS))),
            "B24BRIDGE_PUBLIC_URL": PUBLIC_URL,
        }

    @property
    def unlimited(self) -> dict[str, str]:
        """The settings of a bridge that holds nobody back, neither people nor itself."""
        return {
            "B24BRIDGE_PORTAL_WEBHOOK": self.webhooks[0],
            "B24BRIDGE_PORTAL_LIMIT": "100000/100000",
            "B24BRIDGE_COMMANDS_PER_MINUTE": "1000",
        }


@contextmanager
def surrounded(
    *, portals: int = 1, request_seconds: float = 0.0, cores: Collection[int] = CORES
) -> Iterator[Surroundings]:
    """Serve portals in a process of their own, and the chats in another one."""
    with (
        in_process(_serve_portals, portals, request_seconds, cores=cores) as addresses,
        in_process(_serve_chats, cores=cores) as api,
    ):
        webhooks, urls = zip(*addresses, strict=True)
        yield Surroundings(webhooks, urls, api)


async def _serve_portals(count: int, request_seconds: float, pipe: Connection) -> None:
    crowd = tuple(
        Person(
            id=FIRST_ID + number,
            name="Person",
            last_name=str(number),
            email="",
            work_position="",
            handle="",
        )
        for number in range(CROWD)
    )
    async with AsyncExitStack() as stack:
        addresses: list[tuple[str, str]] = []
        for _ in range(count):
            portal = SandboxPortal((*PEOPLE, *crowd), bucket=None)
            portal.request_seconds = request_seconds
            url = await stack.enter_async_context(serve("127.0.0.1:0", portal))
            addresses.append((webhook_of(url, portal), url))
        pipe.send(addresses)
        await asyncio.Event().wait()


async def _serve_chats(pipe: Connection) -> None:
    hooks: list[dict[str, str]] = []

    async def call_slack(request: web.Request) -> web.Response:
        user = {"id": request.query.get("user", "U1"), "team_id": TEAM, "profile": {}}
        answer = {"ok": True, "user": user, "team_id": TEAM, "user_id": "UBOT", "bot_id": "B1"}
        return web.json_response(answer | {"ts": "1.2", "channel": "C1"})

    async def call_telegram(request: web.Request) -> web.Response:
        parameters = {name: str(value) for name, value in (await request.post()).items()}
        result: object = True
        match request.match_info["method"]:
            case "getMe":
                result = BOT
            case "setWebhook":
                hooks.append(parameters)
            case "getWebhookInfo":
                url = hooks[-1]["url"]
                result = {"url": url, "has_custom_certificate": False, "pending_update_count": 0}
            case "sendMessage" | "editMessageText":
                chat = {"id": FIRST_CHAT, "type": "supergroup", "title": "Operations"}
                result = {"message_id": 9, "date": 1, "chat": chat, "from": BOT, "text": "yes"}
        return web.json_response({"ok": True, "result": result})

    async def tell_hook(_: web.Request) -> web.Response:
        return web.json_response(hooks[-1:])

    app = web.Application()
    app.router.add_route("*", "/api/{method}", call_slack)
    app.router.add_post("/response", call_slack)
    app.router.add_post("/bot{token}/{method}", call_telegram)
    app.router.add_get("/hook", tell_hook)
    async with listening(app) as api:
        pipe.send(api)
        await asyncio.Event().wait()


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
