"""Commands through the real slack-bolt, over a real WebSocket."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from adapters.slack.chat import SlackChat
from adapters.slack.connection import Pace
from bridge.errors import ChatError, ConfigError, StorageError
from bridge.markup.nodes import Document, Mention, Paragraph, Strong, Text
from tests.adapters.slack.conftest import QUICK
from tests.adapters.slack.desk import Desk
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import SlackServer, Trouble

if TYPE_CHECKING:
    from bridge.incoming import Incoming
    from tests.adapters.slack.conftest import Listening


async def test_a_command_arrives_and_is_acknowledged_without_a_word(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept):
        ack = await server.command("/b24notify", "<@U2|anna> *hi*", user="U1")

    assert ack.text == ""
    assert [incoming.typed for incoming in desk.accepted] == [
        (Text("/b24notify "), Mention("anna", "U2"), Text(" "), Strong((Text("hi"),)))
    ]
    assert desk.accepted[0].sender.identity.external_id == "U1"


async def test_who_is_mentioned_by_id_alone_gets_a_name(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    server.people.add("U2", name="anna")
    async with listening(desk.accept):
        await server.command("/b24who", "<@U2>", user="U1")

    assert desk.accepted[0].typed == (Text("/b24who "), Mention("anna", "U2"))


async def test_a_command_is_acknowledged_only_after_it_has_been_stored(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk(is_open=False)
    async with listening(desk.accept):
        command = asyncio.create_task(server.command("/b24notify", "hi"))
        await desk.begun.acquire()
        done, _ = await asyncio.wait({command}, timeout=0.1)
        assert not done

        desk.opened.set()
        await command
    assert len(desk.accepted) == 1


@pytest.mark.parametrize("error", [StorageError("disk full"), RuntimeError("a secret text")])
async def test_a_command_that_could_not_be_stored_is_to_be_typed_again(
    server: SlackServer,
    listening: Listening,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    async def accept(incoming: Incoming) -> None:
        raise error

    async with listening(accept):
        ack = await server.command("/b24notify", "hi")

    assert "not taken" in ack.text
    assert "type it again" in ack.text
    assert type(error).__name__ in caplog.text
    assert "secret" not in caplog.text


async def test_fifty_commands_at_once_are_acknowledged_in_time(
    server: SlackServer, listening: Listening
) -> None:
    accepted: list[str] = []

    async def accept(incoming: Incoming) -> None:
        await asyncio.sleep(0.3)
        accepted.append(incoming.event_id)

    async with listening(accept):
        acks = await asyncio.gather(*(server.command("/b24who", f"#{n}") for n in range(50)))

    assert len(set(accepted)) == 50
    assert max(ack.seconds for ack in acks) < 3


async def test_a_late_acknowledgement_is_still_given(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk(is_open=False)
    async with listening(desk.accept):
        command = asyncio.create_task(server.command("/b24help", "", timeout=10))
        await desk.begun.acquire()
        await asyncio.sleep(3.1)  # Bolt and Slack give up after three seconds; the row is stored.
        desk.opened.set()
        assert (await command).text == ""


async def test_slack_is_asked_once_whose_token_this_is(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Desk().accept):
        for number in range(5):
            await server.command("/b24who", f"#{number}")

    assert server.calls["auth.test"] == 1


async def test_a_probe_is_acknowledged_and_dropped(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept):
        ack = await server.command("/b24notify", "", ssl_check="1")
        nobody = await server.command("/b24notify", "", user="")

    assert (ack.text, nobody.text, desk.accepted) == ("", "", [])


async def test_an_ending_finishes_what_is_under_way(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk(is_open=False)
    async with asyncio.TaskGroup() as group, listening(desk.accept):
        command = group.create_task(server.command("/b24notify", "hi"))
        await desk.begun.acquire()
        group.create_task(_open_soon(desk))

    assert command.result().text == ""
    assert len(desk.accepted) == 1
    await server.until_sockets(0)


async def _open_soon(desk: Desk) -> None:
    await asyncio.sleep(0.1)
    desk.opened.set()


async def test_an_ending_does_not_wait_for_ever(server: SlackServer, listening: Listening) -> None:
    desk = Desk(is_open=False)
    pace = Pace(finish_seconds=0.1, close_seconds=0.1)
    async with listening(desk.accept, pace):
        command = asyncio.create_task(server.command("/b24notify", "hi", timeout=0.5))
        await desk.begun.acquire()

    with pytest.raises(TimeoutError):
        await command
    assert desk.accepted == []


@pytest.mark.parametrize("code", ["invalid_auth", "not_authed", "missing_scope"])
async def test_tokens_that_slack_refuses_are_named_by_their_settings(
    server: SlackServer, code: str
) -> None:
    server.script("auth.test", Trouble(code))
    server.script("apps.connections.open", Trouble(code))
    chat = SlackChat("xoxb-bad-secret", "xapp-bad-secret", server.api_url, FakeClock())

    with pytest.raises(ConfigError) as caught:
        await chat.run(Desk().accept, QUICK)

    assert len(caught.value.problems) == 2
    assert "B24BRIDGE_SLACK_BOT_TOKEN" in str(caught.value)
    assert "B24BRIDGE_SLACK_APP_TOKEN" in str(caught.value)
    assert code in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not chat.ready.is_set()


async def test_one_bad_token_is_one_problem(server: SlackServer) -> None:
    chat = SlackChat(server.bot_token, "xapp-bad", server.api_url, FakeClock())

    with pytest.raises(ConfigError) as caught:
        await chat.run(Desk().accept, QUICK)

    assert "BOT_TOKEN" not in str(caught.value)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
async def test_a_token_that_was_taken_back_before_the_start_is_waited_for(
    server: SlackServer,
    listening: Listening,
    caplog: pytest.LogCaptureFixture,
    method: str,
    code: str,
) -> None:
    """What ends one chat ends the bridge, and with it the other chat."""
    server.script(method, *[Trouble(code)] * 3)

    async with listening(Desk().accept):
        assert (await server.command("/b24help", "")).text == ""

    assert caplog.text.count(f"Slack does not accept it ({code})") == 1


async def test_a_bad_token_is_told_of_even_if_the_other_was_taken_back(server: SlackServer) -> None:
    server.script("auth.test", *[Trouble("token_revoked")] * 100)
    chat = SlackChat(server.bot_token, "xapp-bad", server.api_url, FakeClock())

    with pytest.raises(ConfigError) as caught:
        async with asyncio.timeout(5):
            await chat.run(Desk().accept, QUICK)

    assert "APP_TOKEN: Slack does not accept it (invalid_auth)" in str(caught.value)


async def test_no_token_address_or_text_is_logged_whatever_the_level(
    server: SlackServer, listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    server.script("link", Trouble(status=403), Trouble(status=500))
    server.script("response_url", Trouble(status=500))
    secret = "a-secret-text"

    async def accept(incoming: Incoming) -> None:
        raise StorageError(f"cannot store {secret}")

    async with listening(accept) as chat:
        for name in list(logging.Logger.manager.loggerDict):
            caplog.set_level(logging.DEBUG, name)
        caplog.set_level(logging.DEBUG)
        await server.command("/b24notify", secret)
        answer = Document((Paragraph((Text(secret),)),))
        answer_to: dict[str, str | int] = {"response_url": server.response_urls[0], "user": "U1"}
        with pytest.raises(ChatError) as caught:
            await chat.answer(answer_to, answer)
        await server.drop()
        await server.until_connected(2)

    said = caplog.text + repr(caught.value) + str(caught.value.__cause__)
    for hidden in (secret, server.bot_token, server.app_token, server.response_urls[0], "ticket-"):
        assert hidden not in said
