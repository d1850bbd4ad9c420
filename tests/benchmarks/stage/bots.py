"""Bots as the documentation of slack-bolt and python-telegram-bot shows them.

They forget what they were doing when they end: the bridge is measured beside them. With a webhook
they call the portal and answer; without one they acknowledge, and that is all.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from telegram import Update
from telegram.ext import Application, CommandHandler

from tests.benchmarks.stage.surroundings import (
    BOT_TOKEN,
    SIGNING_SECRET,
    TELEGRAM_TOKEN,
    listening,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from slack_bolt.context.ack.async_ack import AsyncAck
    from telegram.ext import CallbackContext

METHOD: Final = "im.notify.personal.add"
CONNECTIONS: Final = 32


async def run_slack_bot(webhook: str, api: str, pipe: Connection) -> None:
    """Be a bot in Slack; sends where it listens."""
    client = httpx.AsyncClient()
    slack = AsyncApp(
        signing_secret=SIGNING_SECRET, client=AsyncWebClient(BOT_TOKEN, base_url=f"{api}/api/")
    )

    async def notify(ack: AsyncAck, command: dict[str, Any]) -> None:
        if not webhook:
            await ack()
            return
        fields = {"USER_ID": 5, "MESSAGE": command["text"]}
        answer = await client.post(f"{webhook}{METHOD}", json=fields)
        await ack(f"Notified: {answer.json()['result']}")

    slack.command("/b24notify")(notify)
    async with listening(slack.server(port=0, path="/").web_app) as url:
        pipe.send(f"{url}/")
        await asyncio.Event().wait()


async def run_telegram_bot(webhook: str, api: str, pipe: Connection) -> None:
    """Be a bot in Telegram with a web server of its own; sends where it listens."""
    client = httpx.AsyncClient()

    async def notify(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        if not webhook:
            return
        assert update.message is not None
        fields = {"USER_ID": 5, "MESSAGE": update.message.text}
        answer = await client.post(f"{webhook}{METHOD}", json=fields)
        await update.message.reply_text(f"Notified: {answer.json()['result']}")

    builder = Application.builder().token(TELEGRAM_TOKEN).base_url(f"{api}/bot").updater(None)
    application = builder.connection_pool_size(CONNECTIONS).build()
    application.add_handler(CommandHandler("b24notify", notify))

    async def take(request: web.Request) -> web.Response:
        update = Update.de_json(await request.json(), application.bot)
        await application.process_update(update)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    async with application, listening(app) as url:
        pipe.send(f"{url}/")
        await asyncio.Event().wait()
