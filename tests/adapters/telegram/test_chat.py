"""Nothing that was typed is lost, whatever happens to Telegram, to us or to the database."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING

import pytest
from telegram.error import Conflict, NetworkError, RetryAfter

from adapters.telegram.chat import TelegramChat
from adapters.telegram.retrying import Pauses
from bridge.delivery.policy import Policy
from bridge.errors import ConfigError, StorageError
from bridge.markup.nodes import Text
from tests.adapters.telegram.conftest import SOON, Ear, until
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Failure, Person, TelegramServer

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from tests.adapters.telegram.conftest import Bridge


@pytest.fixture
def anna(server: TelegramServer) -> Person:
    return server.person("Anna")


class SlowEar(Ear):
    """Accepts a command only when the test opens the door."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Incoming] = []
        self.door = asyncio.Event()

    async def accept(self, incoming: Incoming) -> None:
        self.asked.append(incoming)
        await self.door.wait()
        await super().accept(incoming)


class BrokenEar(Ear):
    """Cannot store the first commands that it is asked to."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def accept(self, incoming: Incoming) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageError("the disk is full")
        await super().accept(incoming)


async def test_an_update_is_confirmed_only_after_it_was_accepted(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    ear = SlowEar()
    number = server.send("/b24help", sender=anna)
    async with bridge.running(ear.accept):
        await until(lambda: ear.asked)
        assert server.queue.pending == [number]
        assert server.queue.confirmed == []

        ear.door.set()
        await until(lambda: server.queue.confirmed == [number])


async def test_what_could_not_be_stored_comes_again_in_order(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    ear = BrokenEar(failures=3)
    numbers = [server.send(f"/b24help {n}", sender=anna) for n in range(3)]
    async with bridge.running(ear.accept):
        await until(lambda: server.queue.confirmed == numbers)

    assert [incoming.event_id for incoming in ear.heard] == [str(number) for number in numbers]


async def test_what_is_not_stored_is_not_confirmed(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    ear = BrokenEar(failures=10**6)
    number = server.send("/b24help", sender=anna)
    async with bridge.running(ear.accept):
        await until(lambda: ear.failures < 10**6 - 3)

    assert server.queue.pending == [number]
    assert server.queue.confirmed == []


async def test_a_day_old_command_is_gone_and_a_younger_one_is_not(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    server.send("/b24help old", sender=anna)
    server.queue.pass_time(23 * 3600)
    young = server.send("/b24help young", sender=anna)
    server.queue.pass_time(2 * 3600)
    ear = Ear()
    async with bridge.running(ear.accept):
        assert (await ear.next()).event_id == str(young)


async def test_a_bridge_that_dies_while_accepting_gets_the_update_again(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    dying = SlowEar()
    server.send("/b24help", sender=anna)
    async with bridge.running(dying.accept):
        await until(lambda: dying.asked)

        ear = Ear()
        async with bridge.running(ear.accept):
            assert await ear.next() == dying.asked[0]
        dying.door.set()


async def test_stopping_lets_an_update_be_accepted_and_then_ends_at_once(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    ear = SlowEar()
    server.send("/b24help", sender=anna)
    server.send("/b24help", sender=anna)
    async with bridge.running(ear.accept) as running:
        await until(lambda: ear.asked)
        running.cancel()
        await asyncio.sleep(0)
        assert not running.done()

        ear.door.set()
        async with asyncio.timeout(2):
            with pytest.raises(asyncio.CancelledError):
                await running

    assert len(ear.heard) == 1


async def test_stopping_does_not_wait_for_a_long_poll(
    server: TelegramServer, bridge: Bridge
) -> None:
    async with bridge.running(Ear().accept) as running:
        await until(lambda: "getUpdates" in server.calls)
        async with asyncio.timeout(2):
            running.cancel()
            await asyncio.wait({running})


async def test_anything_else_that_goes_wrong_in_accepting_is_not_hidden(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    async def accept(_: Incoming) -> None:
        raise ZeroDivisionError

    number = server.send("/b24help", sender=anna)
    async with bridge.running(accept) as running:
        with pytest.raises(ZeroDivisionError):
            await running
    assert server.queue.pending == [number]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(429, "Too Many Requests: retry after 1", {"retry_after": 0.01}),
        Failure(500, "Internal Server Error"),
        Failure(502),
        Failure(0),
        Failure(0, is_done=True),
        Failure(200),
        Failure(403, "Forbidden"),
        Failure(400, "Bad Request"),
        Failure(409, "Conflict: terminated by other getUpdates request"),
    ],
)
@pytest.mark.parametrize("method", ["getMe", "getUpdates", "deleteWebhook", "setMyCommands"])
async def test_no_failure_of_telegram_ends_the_listening(
    server: TelegramServer, bridge: Bridge, anna: Person, method: str, failure: Failure
) -> None:
    server.fail(method, failure, failure)
    ear = Ear()
    chat = bridge.chat()
    async with bridge.running(ear.accept, chat):
        number = server.send("/b24help", sender=anna)
        assert (await ear.next()).event_id == str(number)


async def test_a_second_poller_is_explained_and_waited_out(
    server: TelegramServer, bridge: Bridge, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    async with bridge.running(ear.accept):
        await until(lambda: "getUpdates" in server.calls)
        async with bridge.running(Ear().accept):
            await until(lambda: "perhaps a second bridge" in caplog.text)
        number = server.send("/b24help", sender=anna)
        assert (await ear.next()).event_id == str(number)


async def test_a_webhook_is_deleted_before_polling(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    server.webhook.set("http://127.0.0.1:1/hook")
    server.send("/b24help", sender=anna)
    ear = Ear()
    async with bridge.running(ear.accept):
        await ear.next()
    assert server.webhook.url == ""


async def test_it_is_ready_once_telegram_knows_it(server: TelegramServer, bridge: Bridge) -> None:
    server.fail("getMe", Failure(500))
    chat = bridge.chat()
    assert not chat.ready.is_set()
    async with bridge.running(Ear().accept, chat), asyncio.timeout(5):
        await chat.ready.wait()
    assert server.calls[:2] == ["getMe", "getMe"]


@pytest.mark.parametrize(
    "update",
    [
        {"message": "what?"},
        {"message": {"message_id": 1}},
        {"message": {"message_id": 1, "date": "today", "chat": {"id": 1, "type": "private"}}},
        {"message": []},
        {
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "from": {"id": 5, "is_bot": False, "first_name": "A"},
                "text": "the secret words",
                "entities": [{"type": "bold", "offset": "x", "length": None}],
            }
        },
        {
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "from": {"id": 5, "is_bot": False, "first_name": "A"},
                "text": "the secret words \ud83d",
            }
        },
        {
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "from": {"id": 5, "is_bot": False, "first_name": "A"},
                "text": ["the secret words"],
            }
        },
    ],
)
async def test_an_update_that_cannot_be_read_is_logged_and_passed_over(
    server: TelegramServer,
    bridge: Bridge,
    anna: Person,
    caplog: pytest.LogCaptureFixture,
    update: dict[str, object],
) -> None:
    server.send("/b24help 1", sender=anna)
    number = server.push(dict(update))
    last = server.send("/b24help 2", sender=anna)
    ear = Ear()
    async with bridge.running(ear.accept):
        await until(lambda: last in server.queue.confirmed)

    assert [incoming.typed for incoming in ear.heard] == [
        (Text("/b24help 1"),),
        (Text("/b24help 2"),),
    ]
    assert f"Update {number} cannot be read" in caplog.text
    assert "secret words" not in caplog.text


async def test_an_update_of_a_kind_we_do_not_know_is_passed_over(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    server.push({"telepathy": {"from": anna.to_json()}})
    server.send("/b24help", sender=anna)
    ear = Ear()
    async with bridge.running(ear.accept):
        await ear.next()
        await until(lambda: not server.queue.pending)
    assert len(ear.heard) == 1


class TestSecrets:
    """Whatever goes wrong, our own words never hold the token."""

    @pytest.fixture(autouse=True)
    def _log_everything(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def _own_words(self, caplog: pytest.LogCaptureFixture) -> str:
        formatter = logging.Formatter()
        return "\n".join(
            formatter.format(record)
            for record in caplog.records
            if record.name.startswith("adapters.")
        )

    async def test_a_wrong_token_ends_the_listening_and_names_the_setting(
        self, server: TelegramServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        secret = "AAF_another-token-of-35-characters0"
        chat = TelegramChat(f"424242:{secret}", server.url, FakeClock(), pauses=SOON)

        with pytest.raises(ConfigError, match="B24BRIDGE_TELEGRAM_TOKEN") as caught:
            async with chat.open():
                await asyncio.wait_for(chat.run(Ear().accept), 5)

        assert secret not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
        assert secret not in self._own_words(caplog)
        assert not chat.ready.is_set()

    async def test_a_token_that_is_refused_later_is_complained_of_once_and_tried_again(
        self,
        server: TelegramServer,
        bridge: Bridge,
        anna: Person,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ear = Ear()
        async with bridge.running(ear.accept):
            server.send("/b24help", sender=anna)
            await ear.next()
            token, server.token = server.token, "424242:AAF_another"
            calls = len(server.calls)
            server.send("/b24help", sender=anna)
            await until(lambda: len(server.calls) > calls + 5)
            server.token = token
            await ear.next()

        assert self._own_words(caplog).count("B24BRIDGE_TELEGRAM_TOKEN is not accepted") == 1
        assert token not in self._own_words(caplog)

    @pytest.mark.parametrize("method", ["getUpdates", "deleteWebhook", "setMyCommands"])
    @pytest.mark.parametrize(
        "failure", [Failure(401, "Unauthorized"), Failure(404, "Not Found"), Failure(404)]
    )
    async def test_a_hiccup_that_looks_like_a_refused_token_is_waited_out(
        self, server: TelegramServer, bridge: Bridge, anna: Person, method: str, failure: Failure
    ) -> None:
        server.fail(method, failure, failure)
        ear = Ear()
        async with bridge.running(ear.accept, bridge.chat()):
            server.send("/b24help", sender=anna)
            await ear.next()

    @pytest.mark.parametrize("token", ["", "secret", "1:secret\n", "1:sec ret", "1:secret/../x"])
    def test_what_cannot_be_a_token_is_refused_without_being_told(
        self, server: TelegramServer, token: str
    ) -> None:
        with pytest.raises(ConfigError, match="B24BRIDGE_TELEGRAM_TOKEN") as caught:
            TelegramChat(token, server.url, FakeClock())
        assert not token or token not in str(caught.value)

    async def test_failures_are_logged_without_token_address_or_text(
        self,
        server: TelegramServer,
        bridge: Bridge,
        anna: Person,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        server.fail("getMe", Failure(500), Failure(404 + 99, f"no /bot{server.token}/getMe"))
        server.fail("getUpdates", Failure(0), Failure(400, f"https://x/bot{server.token}"))
        server.fail("setMyCommands", Failure(400, f"bad {server.token}"))
        ear = BrokenEar(1)
        async with bridge.running(ear.accept, bridge.chat()):
            server.send("/b24help the private words", sender=anna)
            await ear.next()

        told = self._own_words(caplog)
        assert told.count("next try in") >= 4
        for hidden in (server.token, server.token.split(":")[1], server.url, "private words"):
            assert hidden not in told


class TestPauses:
    """How long it waits."""

    def test_pauses_grow_up_to_a_limit_and_differ(self) -> None:
        pauses = Pauses(Policy(first_seconds=1, longest_seconds=8))
        for failures, limit in [(1, 2), (2, 4), (3, 8), (4, 8), (5000, 8)]:
            drawn = {pauses.draw(NetworkError("x"), failures) for _ in range(200)}
            assert len(drawn) > 100
            assert 1 <= min(drawn) < 1 + (limit - 1) / 4
            assert limit * 3 / 4 < max(drawn) <= limit

    def test_telegram_s_own_pause_is_kept(self) -> None:
        assert Pauses().draw(RetryAfter(17), 1) == 17

    def test_a_second_poller_is_retried_slowly(self) -> None:
        assert Pauses().draw(Conflict("x"), 1) == 30


async def test_it_is_not_ready_while_telegram_does_not_answer(
    server: TelegramServer, bridge: Bridge, anna: Person
) -> None:
    chat, ear = bridge.chat(), Ear()
    async with bridge.running(ear.accept, chat):
        server.send("/b24help", sender=anna)
        await ear.next()
        server.fail("getUpdates", *[Failure(502)] * 10)
        server.send("/b24help", sender=anna)
        await until(lambda: not chat.ready.is_set())
        await ear.next()
        await until(chat.ready.is_set)
