"""Slack over HTTP: signed requests to a real server."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.slack.chat import SlackChat
from adapters.slack.hook import SlackHook
from adapters.web.server import serve
from bridge.errors import ConfigError, StorageError
from bridge.markup.nodes import Document, Mention, Paragraph, Text
from bridge.replies.button import Button
from tests.adapters.slack.conftest import QUICK, Accept
from tests.adapters.slack.desk import Desk
from tests.fakes import slack_payloads
from tests.fakes.clock import FakeClock
from tests.fakes.slack_posting import Posted, Poster
from tests.fakes.slack_server import SIGNING_SECRET, SlackServer, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_HELP = slack_payloads.command("/b24help", "", "U1", "C1")


def _make_chat(server: SlackServer) -> SlackChat:
    return SlackChat(server.bot_token, "", server.api_url, FakeClock(), SIGNING_SECRET)


@asynccontextmanager
async def _posting(server: SlackServer, accept: Accept) -> AsyncIterator[Poster]:
    """Run a chat behind a web server; what people do is posted there."""
    chat = _make_chat(server)
    async with chat.open(), serve("127.0.0.1:0", hooks=chat.hooks) as url:
        poster = server.post_to(f"{url}/slack/events")
        running = asyncio.create_task(chat.run(accept, QUICK))
        try:
            async with asyncio.timeout(5):
                await chat.ready.wait()
            yield poster
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def test_a_signed_command_is_taken_and_acknowledged_without_a_word(
    server: SlackServer,
) -> None:
    desk = Desk()
    async with _posting(server, desk.accept):
        ack = await server.command("/b24notify", "<@U2|anna> hi", user="U1")

    assert (ack.status, ack.text) == (200, "")
    assert desk.accepted[0].typed == (Text("/b24notify "), Mention("anna", "U2"), Text(" hi"))
    assert server.calls["apps.connections.open"] == 0


async def test_what_is_not_signed_is_noted_and_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook = SlackHook(SIGNING_SECRET)
    for _ in range(100):
        assert (await hook.receive({}, b"{}")).status == 401
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_mentions_and_presses_come_the_same_way(server: SlackServer) -> None:
    desk = Desk()
    chat = _make_chat(server)
    answer = Document((Paragraph((Text("Notified Anna."),)),))
    await chat.answer({"user": "U1"}, answer, buttons=[Button("Undo", "/b24undo 12")])
    async with _posting(server, desk.accept):
        mention = await server.mention("<@UBOT> help")
        press = await server.press("Undo", await server.next_answer(5))

    assert (mention.status, press.status) == (200, 200)
    assert [incoming.typed for incoming in desk.accepted] == [
        (Text("/b24help"),),
        (Text("/b24undo 12"),),
    ]


async def test_a_request_is_answered_only_after_it_has_been_stored(server: SlackServer) -> None:
    desk = Desk(is_open=False)
    async with _posting(server, desk.accept):
        for send in (server.command("/b24help", ""), server.mention("<@UBOT> help")):
            sending = asyncio.create_task(send)
            await desk.begun.acquire()
            assert not sending.done()
            desk.opened.set()
            await sending
            desk.opened.clear()
    assert len(desk.accepted) == 2


async def test_an_address_is_proved_by_its_challenge(server: SlackServer) -> None:
    async with _posting(server, Desk().accept) as poster:
        posted = await poster.post(
            "events_api", {"type": "url_verification", "challenge": "c0ffee", "token": "x"}
        )
    assert (posted.status, posted.payload) == (200, {"challenge": "c0ffee"})


async def test_a_probe_is_acknowledged_and_dropped(server: SlackServer) -> None:
    desk = Desk()
    async with _posting(server, desk.accept) as poster:
        posted = await poster.post("slash_commands", _HELP | {"ssl_check": "1"})
    assert (posted.status, desk.accepted) == (200, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": ""},
        {"x-slack-signature": "é"},
        {"x-slack-request-timestamp": "now"},
        {"x-slack-request-timestamp": "1772442000"},
    ],
)
async def test_a_forged_signature_is_turned_away_unread(
    server: SlackServer, headers: dict[str, str]
) -> None:
    desk = Desk()
    async with _posting(server, desk.accept) as poster:
        for payload in (_HELP, _HELP | {"ssl_check": "1"}):
            posted = await poster.post("slash_commands", payload, headers)
            assert (posted.status, posted.text) == (401, "")
        for body, kept in ((b"\xff", headers), (b"command=/b24help", {})):
            posted = await poster.send(Posted(body, kept))
            assert posted.status == 401
    assert desk.accepted == []


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_request_that_is_replayed_minutes_later_is_turned_away(
    server: SlackServer, seconds: int
) -> None:
    desk = Desk()
    async with _posting(server, desk.accept) as poster:
        posted = await poster.post(
            "slash_commands",
            {"command": "/b24help"},
            poster.sign("command=%2Fb24help", at=time.time() + seconds),
        )
    assert (posted.status, desk.accepted) == (401, [])


async def test_a_request_that_is_replayed_at_once_is_the_same_command(
    server: SlackServer,
) -> None:
    desk = Desk()
    async with _posting(server, desk.accept) as poster:
        await server.command("/b24help", "")
        await poster.send(poster.posted[0])
        await server.mention("<@UBOT> help", ts="7.1")
        again = poster.posted[-1]
        retried = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        await poster.send(Posted(again.body, again.headers | retried))

    first, second, third, fourth = (incoming.event_id for incoming in desk.accepted)
    assert (first, third) == (second, fourth)


@pytest.mark.parametrize("body", ["{", '"text"', "null", "payload=%7B", "[]"])
async def test_signed_nonsense_is_no_harm(server: SlackServer, body: str) -> None:
    desk = Desk()
    async with _posting(server, desk.accept) as poster:
        posted = await poster.send(Posted(body.encode(), poster.sign(body)))
        assert posted.status in {404, 500}
        assert (await server.command("/b24help", "")).status == 200
    assert len(desk.accepted) == 1


async def test_what_could_not_be_stored_is_to_be_typed_or_sent_again(server: SlackServer) -> None:
    async def accept(_: object) -> None:
        raise StorageError("disk full")

    async with _posting(server, accept):
        command = await server.command("/b24help", "")
        mention = await server.mention("<@UBOT> help")

    assert (command.status, mention.status) == (200, 500)
    assert "type it again" in command.text


async def test_before_anything_can_be_stored_slack_is_told_to_come_again(
    server: SlackServer,
) -> None:
    chat = _make_chat(server)
    async with serve("127.0.0.1:0", hooks=chat.hooks) as url:
        server.post_to(f"{url}/slack/events")
        assert (await server.command("/b24help", "")).status == 503


async def test_a_bot_token_that_slack_refuses_is_named_by_its_setting(server: SlackServer) -> None:
    server.script("auth.test", Trouble("invalid_auth"))
    with pytest.raises(ConfigError, match="B24BRIDGE_SLACK_BOT_TOKEN"):
        await _make_chat(server).run(Desk().accept, QUICK)
