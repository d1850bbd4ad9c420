"""Telegram sends updates to the bridge, which takes them from nobody else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from adapters.telegram.webhook import Webhook
from adapters.web.server import serve
from bridge.errors import StorageError
from tests.adapters.telegram.conftest import Ear, until
from tests.fakes.telegram_server import TOKEN, Failure, Person, TelegramServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from adapters.telegram.chat import TelegramChat
    from bridge.incoming import Incoming
    from tests.adapters.telegram.conftest import Bridge

UPDATE = b'{"update_id": 5}'


@pytest.fixture
def anna(server: TelegramServer) -> Person:
    return server.person("Anna")


class Site:
    """A bridge's HTTP server, behind which one chat after the other may stand."""

    def __init__(self, bridge: Bridge, port: int) -> None:
        self._bridge = bridge
        self._listen = f"127.0.0.1:{port}"
        self.url = f"http://{self._listen}"

    def chat(self) -> TelegramChat:
        return self._bridge.chat(public_url=f"{self.url}/")

    @asynccontextmanager
    async def running(
        self, accept: Callable[[Incoming], Awaitable[object]], chat: TelegramChat | None = None
    ) -> AsyncIterator[TelegramChat]:
        chat = chat or self.chat()
        serving = serve(self._listen, hooks=chat.hooks)
        async with serving, self._bridge.running(accept, chat):
            yield chat


@pytest.fixture
def site(bridge: Bridge, unused_tcp_port: int) -> Site:
    return Site(bridge, unused_tcp_port)


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read()


def proof(webhook: Webhook) -> dict[str, str]:
    return {"X-Telegram-Bot-Api-Secret-Token": webhook.secret}


async def test_what_telegram_sends_becomes_commands_in_order(
    server: TelegramServer, site: Site, anna: Person
) -> None:
    ear = Ear()
    async with site.running(ear.accept) as chat:
        numbers = [server.send(f"/b24help {n}", sender=anna) for n in range(5)]
        await until(lambda: server.queue.confirmed == numbers)
        assert chat.ready.is_set()
    assert [incoming.event_id for incoming in ear.heard] == [str(number) for number in numbers]
    assert "getUpdates" not in server.calls


async def test_an_update_is_acknowledged_only_after_it_was_accepted(
    server: TelegramServer, site: Site, anna: Person
) -> None:
    asked, door = asyncio.Event(), asyncio.Event()

    async def accept(_: Incoming) -> None:
        asked.set()
        await door.wait()

    number = server.send("/b24help", sender=anna)
    async with site.running(accept):
        await until(asked.is_set)
        assert (server.webhook.statuses, server.queue.pending) == ([], [number])
        door.set()
        await until(lambda: server.queue.confirmed == [number])
    assert server.webhook.statuses == [200]


@pytest.mark.parametrize("error", [StorageError("the disk is full"), ZeroDivisionError()])
async def test_what_could_not_be_stored_is_sent_again(
    server: TelegramServer,
    site: Site,
    anna: Person,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    ear, failures = Ear(), [error, error]

    async def accept(incoming: Incoming) -> None:
        if failures:
            raise failures.pop()
        await ear.accept(incoming)

    server.send("/b24help the private words", sender=anna)
    async with site.running(accept):
        await ear.next()
        await until(lambda: server.webhook.statuses == [503, 503, 200])
    assert caplog.text.count("was not stored and is not confirmed") == 2
    assert "private words" not in caplog.text


async def test_nobody_else_can_send_commands(
    server: TelegramServer, site: Site, anna: Person
) -> None:
    ear, webhook = Ear(), Webhook(TOKEN)
    body = b'{"update_id": 5, "message": {"message_id": 1, "date": 1, "text": "/b24help"}}'
    async with site.running(ear.accept):
        url = site.url + webhook.path
        for headers in (
            {},
            {"X-Telegram-Bot-Api-Secret-Token": ""},
            {"X-Telegram-Bot-Api-Secret-Token": "guessed"},
            {"X-Telegram-Bot-Api-Secret-Token": webhook.secret[:-1]},
            {"X-Telegram-Bot-Api-Secret-Token": "ключ"},
            {"X-Telegram-Bot-Api-Secret-Token": server.token},
        ):
            assert await post(url, body, headers) == (403, b"")
        status, _ = await post(f"{site.url}/telegram/guessed", body, proof(webhook))
        assert status == 404
        status, _ = await post(f"{site.url}/telegram/", body, proof(webhook))
        assert status == 404
    assert ear.heard == []
    garbled = {"x-telegram-bot-api-secret-token": "\udcff"}
    assert (await webhook.receive(garbled, body)).status == 403


def test_path_and_secret_stay_the_same_differ_and_tell_nothing_of_the_token() -> None:
    webhook, other = Webhook(TOKEN), Webhook(TOKEN + "x")
    assert (webhook.path, webhook.secret) == (Webhook(TOKEN).path, Webhook(TOKEN).secret)
    assert len({webhook.path[-64:], webhook.secret, other.path[-64:], other.secret}) == 4
    assert not any(part in webhook.path + webhook.secret for part in TOKEN.split(":"))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"message": {}}', b"[" * 200_000, b"\xff"])
async def test_what_is_no_update_is_refused(
    server: TelegramServer, site: Site, body: bytes
) -> None:
    webhook = Webhook(TOKEN)
    async with site.running(Ear().accept) as chat:
        await until(chat.ready.is_set)
        assert await post(site.url + webhook.path, body, proof(webhook)) == (400, b"")


async def test_an_update_that_cannot_be_read_is_logged_and_passed_over(
    server: TelegramServer, site: Site, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    number = server.push({"message": {"message_id": 1, "text": "the secret words"}})
    last = server.send("/b24help", sender=anna)
    async with site.running(ear.accept):
        await until(lambda: server.queue.confirmed == [number, last])
    assert len(ear.heard) == 1
    assert f"Update {number} cannot be read" in caplog.text
    assert "secret words" not in caplog.text


async def test_telegram_is_told_to_come_again_while_nobody_listens(site: Site) -> None:
    chat, webhook = site.chat(), Webhook(TOKEN)

    async def answer_alone() -> tuple[int, bytes]:
        async with serve("127.0.0.1:0", hooks=chat.hooks) as url:
            return await post(url + webhook.path, UPDATE, proof(webhook))

    assert await answer_alone() == (503, b"")
    async with site.running(Ear().accept, chat):
        await until(chat.ready.is_set)
        assert await post(site.url + webhook.path, UPDATE, proof(webhook)) == (200, b"")
    assert await answer_alone() == (503, b"")


@pytest.mark.parametrize(
    "failure",
    [
        Failure(429, "Too Many Requests: retry after 1", {"retry_after": 0.01}),
        Failure(400, "Bad Request: bad webhook: failed to resolve host"),
        Failure(401, "Unauthorized"),
        Failure(502),
        Failure(0),
    ],
)
async def test_the_webhook_is_set_again_until_telegram_agrees(
    server: TelegramServer, site: Site, anna: Person, failure: Failure
) -> None:
    server.fail("setWebhook", failure, failure)
    server.fail("getWebhookInfo", failure, failure)
    ear = Ear()
    async with site.running(ear.accept):
        server.send("/b24help", sender=anna)
        await ear.next()
        await until(lambda: server.calls.count("getWebhookInfo") > 3)
    assert server.calls.count("setWebhook") == 3


async def test_telegram_s_reason_for_refusing_the_address_is_told(
    server: TelegramServer, bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    chat = bridge.chat(public_url="http://bridge.example")
    async with bridge.running(Ear().accept, chat):
        await until(lambda: "https url must be provided" in caplog.text)
    assert not chat.ready.is_set()


class TestSwitching:
    """From asking to being sent, and back."""

    async def test_no_update_is_lost_or_given_twice(
        self, server: TelegramServer, bridge: Bridge, site: Site, anna: Person
    ) -> None:
        heard = []
        for number in range(6):
            server.send(f"/b24help {number}", sender=anna)
            ear = Ear()
            running = bridge.running(ear.accept) if number % 2 else site.running(ear.accept)
            async with running:
                heard.append((await ear.next()).typed[0])
                await until(lambda: not server.queue.pending)
            assert len(ear.heard) == 1
        assert [node.text.split()[-1] for node in heard if hasattr(node, "text")] == list("012345")

    async def test_what_was_stored_but_not_confirmed_comes_under_the_same_number(
        self, server: TelegramServer, bridge: Bridge, site: Site, anna: Person
    ) -> None:
        polled, door = Ear(), asyncio.Event()

        async def accept(incoming: Incoming) -> None:
            await polled.accept(incoming)
            await door.wait()

        server.send("/b24help", sender=anna)
        async with bridge.running(accept) as running:
            await polled.next()
            running.cancel()
            door.set()
        sent = Ear()
        async with site.running(sent.accept):
            again = await sent.next()
        assert again == polled.heard[0]

    async def test_both_ways_want_the_same_updates(
        self, server: TelegramServer, bridge: Bridge, site: Site
    ) -> None:
        for running in (bridge.running, site.running):
            server.queue.allow(())
            async with running(Ear().accept):
                await until(lambda: server.queue.allowed)
            assert server.queue.allowed == ["message", "callback_query", "my_chat_member"]

    async def test_who_polls_is_told_of_the_webhook(
        self,
        server: TelegramServer,
        bridge: Bridge,
        site: Site,
        anna: Person,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ear = Ear()
        async with bridge.running(Ear().accept) as polling:
            await until(lambda: "getUpdates" in server.calls)
            async with site.running(ear.accept):
                await until(lambda: "has set a webhook for the bot" in caplog.text)
                server.send("/b24help", sender=anna)
                await ear.next()
            assert not polling.done()

    async def test_a_webhook_that_is_removed_is_set_again(
        self,
        server: TelegramServer,
        site: Site,
        anna: Person,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ear = Ear()
        async with site.running(ear.accept) as chat:
            await until(chat.ready.is_set)
            server.webhook.set("")
            await until(lambda: server.webhook.url)
            server.send("/b24help", sender=anna)
            await ear.next()
        assert "has removed the bot's webhook" in caplog.text

    async def test_another_s_webhook_is_explained_once_and_left_alone(
        self, server: TelegramServer, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with site.running(Ear().accept) as chat:
            await until(chat.ready.is_set)
            server.webhook.set("http://127.0.0.1:1/hook")
            calls = server.calls.count("getWebhookInfo")
            await until(lambda: server.calls.count("getWebhookInfo") > calls + 5)
        assert server.webhook.url == "http://127.0.0.1:1/hook"
        assert caplog.text.count("has set its own webhook") == 1

    async def test_why_telegram_cannot_reach_us_is_told(
        self,
        server: TelegramServer,
        bridge: Bridge,
        anna: Person,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        chat = bridge.chat(public_url="http://127.0.0.1:1")
        async with bridge.running(Ear().accept, chat):
            await until(lambda: server.calls.count("getWebhookInfo") > 1)
            server.send("/b24help", sender=anna)
            await until(lambda: "tries again (Connection refused)" in caplog.text)
