from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from adapters.sandbox.live import SHOWN_NOTIFICATIONS
from adapters.sandbox.notifications import Draft
from adapters.sandbox.server import serve
from bridge.markup.nodes import Document, Paragraph, Text
from tests.adapters.sandbox_page.conftest import DEADLINE_SECONDS, Events, events
from tests.fakes.clock import START

if TYPE_CHECKING:
    import pytest

    from adapters.sandbox.chat import SandboxChat
    from adapters.sandbox.portal import SandboxPortal

HOSTILE = "<script>alert(1)</script>\n<img src=x onerror=alert(1)>"
ANNA = 5


async def test_a_connection_begins_with_all_there_is(
    client: httpx.AsyncClient, portal: SandboxPortal, chat: SandboxChat
) -> None:
    portal.add(Draft(user_id=ANNA, message="[b]hi[/b]", message_out="hi"))
    event_id = await chat.say("maria", "first")
    async with events(client) as stream:
        name, state = await stream.next()
    assert name == "state"
    assert [person["handle"] for person in state["people"]] == ["maria", "boris", "clara", "anna"]
    assert state["people"][3] == {
        "id": ANNA,
        "name": "Anna Petrova",
        "email": "anna@corp.example",
        "position": "Backend Engineer",
        "handle": "anna",
    }
    assert [note["bb"] for note in state["notifications"]] == ["[b]hi[/b]"]
    assert [message["id"] for message in state["messages"]] == [event_id]
    assert state["chat"]["personas"][0] == {"handle": "maria", "name": "Maria Weber"}
    assert state["chat"]["people"] == [{"handle": "anna", "name": "Anna Petrova", "user_id": ANNA}]
    (command,) = state["chat"]["commands"]
    assert (command["name"], command["options"][0]["name"]) == ("/b24notify", "--tag")


async def test_a_connection_begins_with_no_more_than_one_can_read(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    for number in range(SHOWN_NOTIFICATIONS + 1):
        portal.add(Draft(user_id=ANNA, message=str(number)))
    async with events(client) as stream:
        _, state = await stream.next()
    assert len(state["notifications"]) == SHOWN_NOTIFICATIONS
    assert state["notifications"][-1]["bb"] == str(SHOWN_NOTIFICATIONS)


async def test_the_sandbox_alone_has_no_chat(portal: SandboxPortal) -> None:
    async with (
        serve("127.0.0.1:0", portal) as url,
        httpx.AsyncClient(base_url=url) as client,
        events(client) as stream,
    ):
        _, state = await stream.next()
    assert (state["chat"], state["messages"]) == (None, [])


async def test_a_notification_appears_while_one_watches(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    async with events(client) as stream:
        await stream.next()
        draft = Draft(
            user_id=ANNA,
            message="[b]hi[/b]",
            message_out="hi",
            application="a",
            tag="t",
            sub_tag="s",
        )
        portal.add(draft)
        name, note = await stream.next()
        stored = portal.notifications[-1]
    assert name == "notification"
    assert note == {
        "id": stored.id,
        "user_id": ANNA,
        "author": "Maria Weber",
        "html": stored.html,
        "bb": "[b]hi[/b]",
        "plain": "hi",
        "tag": "t",
        "sub_tag": "s",
        "attach": "",
        "at": START.isoformat().replace("+00:00", "Z"),
    }


async def test_a_replaced_notification_goes_away(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    portal.add(Draft(user_id=ANNA, message="old", application="a", tag="t"))
    async with events(client) as stream:
        _, state = await stream.next()
        portal.add(Draft(user_id=ANNA, message="new", application="a", tag="t"))
        removed = await stream.next()
        name, note = await stream.next()
    assert removed == ("removed", {"id": state["notifications"][0]["id"], "user_id": ANNA})
    assert (name, note["bb"]) == ("notification", "new")


async def test_messages_and_answers_appear_in_their_order(
    client: httpx.AsyncClient, chat: SandboxChat
) -> None:
    async with events(client) as stream:
        await stream.next()
        event_id = await chat.say("boris", "/b24help")
        answer_to: dict[str, str | int] = {"persona": "boris", "event_id": event_id}
        bot_id = await chat.answer(answer_to, Document((Paragraph((Text("wait"),)),)))
        await chat.answer(answer_to, Document((Paragraph((Text("help"),)),)), replaces=bot_id)
        received = [await stream.next() for _ in range(3)]
    assert [name for name, _ in received] == ["message"] * 3
    typed, answered, edited = (message for _, message in received)
    assert (typed["id"], typed["author"], typed["persona"]) == (event_id, "you", "boris")
    assert (answered["id"], answered["author"], answered["replaces"]) == (bot_id, "bot", None)
    assert (edited["replaces"], edited["html"]) == (bot_id, "<p>help</p>")


async def test_hostile_texts_are_literal_on_the_page(
    client: httpx.AsyncClient, chat: SandboxChat, portal: SandboxPortal
) -> None:
    portal.add(Draft(user_id=ANNA, message=HOSTILE))
    await chat.say("maria", HOSTILE)
    async with events(client) as stream:
        _, state = await stream.next()
    for shown in (state["messages"][0]["html"], state["notifications"][0]["html"]):
        assert "<script" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;" in shown


async def test_a_text_that_is_no_unicode_does_not_end_the_stream(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    async with events(client) as stream:
        await stream.next()
        portal.add(Draft(user_id=ANNA, message="half a pair: \ud83d"))
        name, note = await stream.next()
    assert (name, note["bb"]) == ("notification", "half a pair: \ud83d")


async def test_a_reader_who_was_too_slow_gets_everything_again(
    client: httpx.AsyncClient, portal: SandboxPortal
) -> None:
    async with events(client) as stream:
        await stream.next()
        for number in range(1_500):  # more than the portal keeps for one listener, in one go
            portal.add(Draft(user_id=ANNA, message=str(number)))
        names = [await stream.next()]
        while names[-1][0] != "state":
            names.append(await stream.next())
    assert names[-1][1]["notifications"][-1]["bb"] == "1499"


async def test_open_connections_end_when_the_server_stops(
    portal: SandboxPortal, chat: SandboxChat
) -> None:
    async with httpx.AsyncClient() as client:
        async with serve("127.0.0.1:0", portal, chat) as url:
            request = client.build_request("GET", f"{url}/sandbox/events")
            response = await client.send(request, stream=True)
            stream = Events(response)
            await stream.next()
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < DEADLINE_SECONDS / 5
        assert await stream.ends()
        await response.aclose()


async def test_a_browser_that_leaves_is_forgotten_without_a_word(
    client: httpx.AsyncClient, portal: SandboxPortal, caplog: pytest.LogCaptureFixture
) -> None:
    async with events(client) as stream:
        await stream.next()
    async with asyncio.timeout(DEADLINE_SECONDS):
        # The server notices at its first writes after the connection is gone.
        while portal.bells._listeners:
            portal.add(Draft(user_id=ANNA, message="anybody there?"))
            await asyncio.sleep(0.01)
    assert caplog.records == []
