"""Connections that end, break, stay silent or never come about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from tests.adapters.slack.conftest import QUICK
from tests.fakes.slack_server import SlackServer, Trouble

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from tests.adapters.slack.conftest import Listening


class Notes:
    def __init__(self, *, pause_seconds: float = 0) -> None:
        self.texts: list[str] = []
        self._pause_seconds = pause_seconds

    async def accept(self, incoming: Incoming) -> None:
        await asyncio.sleep(self._pause_seconds)
        self.texts.append(incoming.event_id)


async def test_the_next_connection_stands_before_the_last_one_ends(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept):
        await server.announce_end("warning")
        await server.until_connected(2)
        assert server.open_sockets == 1
        await server.drop(leaving=True)
        await server.command("/b24help", "")

    assert server.calls["hello"] == 2


async def test_a_refresh_loses_no_command(server: SlackServer, listening: Listening) -> None:
    notes = Notes(pause_seconds=0.05)
    async with listening(notes.accept), asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(server.command("/b24who", f"#{number}"))
            if number % 10 == 5:
                await asyncio.sleep(0)
                await server.announce_end()
                await server.until_connected(server.calls["hello"] + 1)

    assert len(set(notes.texts)) == 30


async def test_an_ending_connection_that_slack_leaves_open_is_closed(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept, replace(QUICK, parting_seconds=0.2)):
        await server.announce_end()
        await server.until_connected(2)
        await server.until_sockets(1)


async def test_a_dropped_connection_is_replaced(server: SlackServer, listening: Listening) -> None:
    async with listening(Notes().accept):
        for count in range(2, 5):
            await server.drop()
            await server.until_connected(count)
            await server.command("/b24help", "")


@pytest.mark.parametrize("server", [0.1], indirect=True)
async def test_a_connection_that_is_alive_but_silent_is_replaced(
    server: SlackServer, listening: Listening
) -> None:
    """Its pongs still come, and yet Slack says nothing of its own."""
    pace = replace(QUICK, heartbeat_seconds=0.2, silence_seconds=1)
    async with listening(Notes().accept, pace):
        server.fall_silent()
        await server.until_connected(2)
        await server.command("/b24help", "")


async def test_a_dead_connection_is_replaced_long_before_that(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept, replace(QUICK, heartbeat_seconds=0.2)):
        server.fall_silent(dead=True)
        await server.until_connected(2)
        await server.command("/b24help", "")


@pytest.mark.parametrize("server", [0.1], indirect=True)
async def test_a_connection_that_slack_pings_is_kept(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept, replace(QUICK, silence_seconds=2)):
        async with asyncio.timeout(30):
            while server.calls["pong"] < 25:
                await asyncio.sleep(0.05)

    assert server.calls["hello"] == 1


@pytest.mark.parametrize(
    ("method", "trouble"),
    [
        ("auth.test", Trouble("internal_error", status=500)),
        ("auth.test", Trouble("ratelimited", status=429, retry_after=1)),
        ("apps.connections.open", Trouble("ratelimited", status=429, retry_after=1)),
        ("apps.connections.open", Trouble(status=502)),
        ("link", Trouble(status=403)),
        ("link", Trouble(status=502)),
    ],
)
async def test_troubles_at_the_start_are_waited_out(
    server: SlackServer, listening: Listening, method: str, trouble: Trouble
) -> None:
    server.script(method, trouble)

    async with listening(Notes().accept):
        assert (await server.command("/b24help", "")).text == ""


async def test_pauses_grow_and_end_when_slack_is_back(
    server: SlackServer, listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    server.script("link", *[Trouble(status=502)] * 8)

    async with listening(Notes().accept):
        await server.command("/b24help", "")

    assert server.calls["link"] == 9
    assert server.calls["apps.connections.open"] == 10, "a ticket is good for one try"


async def test_a_token_that_is_refused_later_is_complained_of_once_and_tried_again(
    server: SlackServer, listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(Notes().accept):
        server.script("apps.connections.open", *[Trouble("token_revoked")] * 5)
        await server.drop()
        await server.until_connected(2)
        await server.command("/b24help", "")

    problem = "B24BRIDGE_SLACK_APP_TOKEN: Slack does not accept it (token_revoked)"
    assert caplog.text.count(problem) == 1


async def test_frames_that_are_no_envelopes_are_left_alone(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept):
        bad_payload = '{"type": "x", "envelope_id": "E", "payload": 5}'
        for frame in ("", "nothing", "5", "[]", "{}", '{"type": "brand_new"}', bad_payload):
            await server.say(frame)
        await server.command("/b24help", "")

    assert server.calls["hello"] == 1


async def test_it_is_not_ready_while_no_connection_is_open(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept) as chat:
        server.script("apps.connections.open", *[Trouble("internal_error")] * 3)
        await server.drop()
        async with asyncio.timeout(5):
            while chat.ready.is_set():
                await asyncio.sleep(0.005)
            await chat.ready.wait()

    assert server.calls["hello"] == 2


async def test_a_token_that_is_refused_while_no_connection_is_open_is_waited_out(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Notes().accept):
        server.script("apps.connections.open", *[Trouble("invalid_auth")] * 2)
        await server.drop()
        await server.until_connected(2)
