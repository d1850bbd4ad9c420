"""How fast commands are taken, beside bots that know neither a disk nor a queue.

Run it as ``python tests/benchmarks/commands.py``: about two minutes. Sixteen connections send
commands as Slack and Telegram do over HTTP, each the next one as soon as the last is acknowledged.
The bare bots are what the libraries' own documentation leads to: a handler that calls the portal by
httpx and answers. They forget what they were doing when they end. The bridge acknowledges what is
committed to its disk, and rings the bells meanwhile in the same process.

Printed are median and 99th percentile, from sending a command to its acknowledgement by the bridge
and to the answer of the bare bot, with a portal that answers at once and one that takes 60 ms.

Goal: the bridge acknowledges no later than the bare bot answers.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
from aiohttp import ClientSession, TCPConnector, web
from msgspec import Struct
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from telegram import Update
from telegram.ext import Application, CommandHandler

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from multiprocessing.connection import Connection

    from slack_bolt.context.ack.async_ack import AsyncAck
    from telegram.ext import CallbackContext

    Commands = Callable[[int], tuple[bytes, dict[str, str]]]

B24BRIDGE = str(Path(sys.executable).with_name("b24bridge"))
CONNECTIONS = 16
COMMANDS = 40
WARMING = 5
METHOD = "im.notify.personal.add"
TELEGRAM_TOKEN = "424242:AAF_a-fake-token-of-35-characters0"
BOT_TOKEN = "xoxb-1-a-fake-bot-token"
SIGNING_SECRET = "a-fake-signing-secret"
TEAM = "T0TEAM"
BOT = {"id": 424242, "is_bot": True, "first_name": "b24", "username": "B24TestBot"}
CHAT_ID = 77


class Surroundings(Struct):
    """What a bot works with: a portal, and the chats' interfaces."""

    webhook: str
    api: str


def run_surroundings(request_seconds: float, pipe: Connection) -> None:
    """Serve a portal and the chats' interfaces until killed."""
    logging.disable(logging.CRITICAL)
    asyncio.run(serve_surroundings(request_seconds, pipe))


async def serve_surroundings(request_seconds: float, pipe: Connection) -> None:
    """Serve a portal without limits, and chats that say yes to everything."""
    portal = SandboxPortal(bucket=None)
    portal.request_seconds = request_seconds
    hooks: list[dict[str, str]] = []

    async def call_slack(request: web.Request) -> web.Response:
        user: dict[str, object] = {
            "id": (await request.post()).get("user", "U1"),
            "team_id": TEAM,
            "profile": {},
        }
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
                chat = {"id": CHAT_ID, "type": "supergroup", "title": "Operations"}
                result = {"message_id": 9, "date": 1, "chat": chat, "from": BOT, "text": "yes"}
        return web.json_response({"ok": True, "result": result})

    async def tell_hook(_: web.Request) -> web.Response:
        return web.json_response(hooks[-1:])

    app = web.Application()
    app.router.add_post("/api/{method}", call_slack)
    app.router.add_post("/response", call_slack)
    app.router.add_post("/bot{token}/{method}", call_telegram)
    app.router.add_get("/hook", tell_hook)
    async with serve("127.0.0.1:0", portal) as url, listening(app) as api:
        pipe.send((f"{url}/rest/{portal.owner_id}/{portal.webhook_code}/", api))
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


def run_bare_slack(webhook: str, api: str, pipe: Connection) -> None:
    """Be a bot as Bolt's documentation shows one."""

    async def run() -> None:
        client = httpx.AsyncClient()
        slack = AsyncApp(
            signing_secret=SIGNING_SECRET,
            client=AsyncWebClient(BOT_TOKEN, base_url=f"{api}/api/"),
        )

        async def notify(ack: AsyncAck, command: dict[str, Any]) -> None:
            fields = {"USER_ID": 5, "MESSAGE": command["text"]}
            answer = await client.post(f"{webhook}{METHOD}", json=fields)
            await ack(f"Notified: {answer.json()['result']}")

        slack.command("/b24notify")(notify)
        async with listening(slack.server(port=0, path="/").web_app) as url:
            pipe.send((url, ""))
            await asyncio.Event().wait()

    logging.disable(logging.CRITICAL)
    asyncio.run(run())


def run_bare_telegram(webhook: str, api: str, pipe: Connection) -> None:
    """Be a bot as python-telegram-bot's documentation shows one with a web server of its own."""

    async def run() -> None:
        client = httpx.AsyncClient()

        async def notify(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
            assert update.message is not None
            fields = {"USER_ID": 5, "MESSAGE": update.message.text}
            answer = await client.post(f"{webhook}{METHOD}", json=fields)
            await update.message.reply_text(f"Notified: {answer.json()['result']}")

        bot = Application.builder().token(TELEGRAM_TOKEN).base_url(f"{api}/bot").updater(None)
        application = bot.connection_pool_size(CONNECTIONS).build()
        application.add_handler(CommandHandler("b24notify", notify))

        async def take(request: web.Request) -> web.Response:
            update = Update.de_json(await request.json(), application.bot)
            await application.process_update(update)
            return web.Response()

        app = web.Application()
        app.router.add_post("/", take)
        async with application, listening(app) as url:
            pipe.send((url, ""))
            await asyncio.Event().wait()

    logging.disable(logging.CRITICAL)
    asyncio.run(run())


@contextmanager
def in_process(target: Callable[..., None], *arguments: object) -> Iterator[tuple[str, str]]:
    """Run something in a process of its own; yields the two texts that it sends first."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=target, args=(*arguments, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


@asynccontextmanager
async def run_bridge(around: Surroundings, chat: dict[str, str]) -> AsyncIterator[str]:
    """Run ``b24bridge run`` with one chat; yields where it listens."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        settings = {
            "B24BRIDGE_PORTAL_WEBHOOK": around.webhook,
            "B24BRIDGE_PORTAL_LIMIT": "100000/100000",
            "B24BRIDGE_HTTP_LISTEN": listen,
            "B24BRIDGE_COMMANDS_PER_MINUTE": "1000",
            "B24BRIDGE_LOG_LEVEL": "ERROR",
        }
        process = await asyncio.create_subprocess_exec(
            B24BRIDGE, "run", cwd=folder, env=os.environ | settings | chat
        )
        try:
            await until_ready(f"http://{listen}/readyz")
            yield f"http://{listen}"
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def until_ready(url: str) -> None:
    """Wait until an address answers with 200."""
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise TimeoutError(url)


def slack_commands(api: str) -> Commands:
    """Make slash commands, signed as Slack signs them, each of somebody else."""
    verifier = SignatureVerifier(SIGNING_SECRET)

    def make(number: int) -> tuple[bytes, dict[str, str]]:
        fields = {
            "command": "/b24notify",
            "text": f"#5 Deploy {number} is *done*",
            "team_id": TEAM,
            "user_id": f"U{number}",
            "channel_id": "C1",
            "trigger_id": f"trigger-{number}",
            "response_url": f"{api}/response",
        }
        body, now = urlencode(fields), str(int(time.time()))
        signature = verifier.generate_signature(timestamp=now, body=body)
        assert signature
        return body.encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": signature,
        }

    return make


def telegram_commands(secret: str) -> Commands:
    """Make updates in a group, each of somebody else."""

    def make(number: int) -> tuple[bytes, dict[str, str]]:
        command = {"type": "bot_command", "offset": 0, "length": len("/b24notify")}
        message = {
            "message_id": number,
            "date": 1,
            "chat": {"id": CHAT_ID, "type": "supergroup", "title": "Operations"},
            "from": {"id": number, "is_bot": False, "first_name": f"Person {number}"},
            "text": f"/b24notify #5 Deploy {number} is **done**",
            "entities": [command],
        }
        body = json.dumps({"update_id": number, "message": message})
        return body.encode(), {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }

    return make


async def measure(url: str, make: Commands) -> list[float]:
    """Send commands over all connections; returns the seconds that each took."""
    numbers, seconds = count(1), list[float]()
    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session:

        async def send() -> float:
            body, headers = make(next(numbers))
            began = time.perf_counter()
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                assert answer.status == 200, answer.status
            return time.perf_counter() - began

        async def keep_sending() -> None:
            for _ in range(WARMING):
                await send()
            for _ in range(COMMANDS):
                seconds.append(await send())

        await asyncio.gather(*(keep_sending() for _ in range(CONNECTIONS)))
    return seconds


async def compare(name: str, bridge: Awaitable[list[float]], bare: Awaitable[list[float]]) -> None:
    """Print how the bridge does beside a bare bot."""
    ours, theirs = await bridge, await bare
    (our_median, our_last), (their_median, their_last) = map(_summarize, (ours, theirs))
    print(
        f"  {name:9} acknowledged by the bridge {our_median:6.1f} ms, p99 {our_last:6.1f}; "
        f"answered by the bare bot {their_median:6.1f} ms, p99 {their_last:6.1f}: "
        f"{our_median / their_median:.2f} ×, {our_last / their_last:.2f} ×"
    )


def _summarize(seconds: list[float]) -> tuple[float, float]:
    return median(seconds) * 1_000, quantiles(seconds, n=100)[-1] * 1_000


async def slack_bridge(around: Surroundings) -> list[float]:
    """Measure the bridge in Slack."""
    chat = {
        "B24BRIDGE_SLACK_BOT_TOKEN": BOT_TOKEN,
        "B24BRIDGE_SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "B24BRIDGE_SLACK_API_URL": f"{around.api}/api/",
        "B24BRIDGE_SLACK_WORKSPACES": TEAM,
    }
    async with run_bridge(around, chat) as url:
        return await measure(f"{url}/slack/events", slack_commands(around.api))


async def telegram_bridge(around: Surroundings) -> list[float]:
    """Measure the bridge in Telegram."""
    chat = {
        "B24BRIDGE_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "B24BRIDGE_TELEGRAM_API_URL": around.api,
        "B24BRIDGE_TELEGRAM_CHATS": str(CHAT_ID),
        "B24BRIDGE_PUBLIC_URL": "https://bridge.example",
    }
    async with run_bridge(around, chat) as url, httpx.AsyncClient() as client:
        hooks: list[dict[str, str]] = []
        while not hooks:
            hooks = (await client.get(f"{around.api}/hook")).json()
            await asyncio.sleep(0.05)
        path = hooks[0]["url"].removeprefix("https://bridge.example")
        return await measure(f"{url}{path}", telegram_commands(hooks[0]["secret_token"]))


async def bare(target: Callable[..., None], around: Surroundings, make: Commands) -> list[float]:
    """Measure a bare bot."""
    with in_process(target, around.webhook, around.api) as (url, _):
        return await measure(f"{url}/", make)


async def main() -> None:
    """Print all figures with their ratios."""
    for request_seconds in (0.0, 0.06):
        print(f"a portal that takes {request_seconds * 1_000:.0f} ms:")
        with in_process(run_surroundings, request_seconds) as (webhook, api):
            around = Surroundings(webhook, api)
            await compare(
                "Slack",
                slack_bridge(around),
                bare(run_bare_slack, around, slack_commands(api)),
            )
            await compare(
                "Telegram",
                telegram_bridge(around),
                bare(run_bare_telegram, around, telegram_commands("")),
            )


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    asyncio.run(main())
