"""Messages to the bot and pressed buttons, through the real slack-bolt."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from adapters.slack.bot import Bot
from adapters.slack.events import read_event
from bridge.errors import StorageError
from bridge.markup.nodes import Document, Mention, Paragraph, Strong, Text
from bridge.people.identity import Identity, Platform
from bridge.replies.button import Button
from tests.adapters.slack.desk import Desk
from tests.fakes import slack_payloads
from tests.fakes.clock import START
from tests.fakes.slack_server import BOT, TEAM, SlackServer, Trouble

if TYPE_CHECKING:
    from bridge.markup.nodes import Typed
    from tests.adapters.slack.conftest import Listening

_BOT = Bot(BOT, "https://team.slack.example/")
_ANSWER = Document((Paragraph((Text("Notified Anna."),)),))


async def test_a_mention_in_a_thread_is_a_command_answered_there(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    server.people.add("U2", name="anna")
    async with listening(desk.accept):
        await server.mention("<@UBOT> notify <@U2> **hi**", user="U1", thread_ts="1.5")

    (incoming,) = desk.accepted
    assert incoming.typed == (Text("/b24notify "), Mention("anna", "U2"), Text(" **hi**"))
    assert incoming.sender.identity == Identity(Platform.SLACK, TEAM, "U1")
    assert incoming.sender.handle == "name.of.u1"
    assert incoming.answer_to == {"channel": "C1", "thread_ts": "1.5", "user": "U1"}
    assert not incoming.is_private
    assert incoming.permalink.startswith("https://team.slack.example/archives/C1/p1772442000")


async def test_the_same_may_be_written_to_the_bot_directly(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept):
        await server.write("notify #5 hi", user="U1")

    (incoming,) = desk.accepted
    assert incoming.typed == (Text("/b24notify #5 hi"),)
    assert incoming.answer_to == {"direct": "D1", "thread_ts": "", "user": "U1"}
    assert incoming.is_private


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("<@UBOT> notify #5 hi", (Text("/b24notify #5 hi"),)),
        ("<@UBOT> /b24notify #5 hi", (Text("/b24notify #5 hi"),)),
        ("<@UBOT> /notify #5 hi", (Text("/b24notify #5 hi"),)),
        ("<@UBOT> B24Notify #5\n  hi", (Text("/b24notify #5\n  hi"),)),
        ("  <@UBOT>status", (Text("/b24status"),)),
        ("<@UBOT>", (Text("/b24help"),)),
        ("<@UBOT> what?", (Text(" what?"),)),
        ("Hi <@UBOT> help", (Text("/b24help"),)),
        ("Hi <@UBOT> notify <@U2> hi", (Text("/b24notify "), Mention("U2", "U2"), Text(" hi"))),
        (
            "<@UBOT> notify <!subteam^S1> hi",
            (Text("/b24notify "), Mention("S1", "S1", is_group=True), Text(" hi")),
        ),
    ],
)
def test_a_command_may_be_typed_behind_the_mention_with_or_without_slash(
    text: str, typed: Typed
) -> None:
    assert _read(text) == typed


@pytest.mark.parametrize("text", ["We have <@UBOT> now", "<@U2> ask <@UBOT>", "notify #5 hi"])
def test_who_only_speaks_of_the_bot_gives_no_command(text: str) -> None:
    assert _read(text) is None


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("notify #5 hi", (Text("/b24notify #5 hi"),)),
        ("<@UBOT> who #5", (Text("/b24who #5"),)),
        ("Hello there", (Text("Hello there"),)),
        ("", (Text("/b24help"),)),
    ],
)
def test_a_direct_message_is_typed_to_the_bot_whatever_it_is(text: str, typed: Typed) -> None:
    assert _read(text, type="message", channel_type="im") == typed


@pytest.mark.parametrize(
    "fields",
    [
        {"edited": {"user": "U1", "ts": "1"}},
        {"bot_id": "B2"},
        {"bot_profile": {"id": "B2"}},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted", "hidden": True},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"user": None},
        {"team": "T0OTHER"},
        {"user_team": "T0OTHER"},
        {"source_team": "T0OTHER"},
        {"type": "message", "channel_type": "channel"},
        {"type": "message", "channel_type": "mpim"},
    ],
)
def test_what_no_person_of_the_workspace_has_just_written_to_the_bot_is_no_command(
    fields: dict[str, Any],
) -> None:
    assert _read("<@UBOT> help") is not None
    assert _read("<@UBOT> help", **fields) is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_a_message_with_a_file_or_for_the_whole_channel_may_be_a_command(subtype: str) -> None:
    assert _read("<@UBOT> help", subtype=subtype) == (Text("/b24help"),)


async def test_a_message_is_one_command_however_many_events_tell_of_it(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept):
        await server.mention("<@UBOT> help", ts="7.1", channel="D1")
        await server.write("<@UBOT> help", ts="7.1", channel="D1")
        await server.mention("<@UBOT> help", ts="7.2", channel="D1")

    assert [incoming.event_id for incoming in desk.accepted] == ["D1:7.1", "D1:7.1", "D1:7.2"]


async def test_an_event_is_acknowledged_only_after_it_has_been_stored(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk(is_open=False)
    async with listening(desk.accept):
        mention = asyncio.create_task(server.mention("<@UBOT> help"))
        await desk.begun.acquire()
        assert not mention.done()
        desk.opened.set()
        await mention
    assert len(desk.accepted) == 1


async def test_an_event_that_could_not_be_stored_is_left_for_slack_to_send_again(
    server: SlackServer, listening: Listening
) -> None:
    async def accept(_: object) -> None:
        raise StorageError("disk full")

    async with listening(accept):
        with pytest.raises(TimeoutError):
            await server.deliver(
                "events_api",
                slack_payloads.callback(
                    slack_payloads.message("app_mention", "<@UBOT> help", "U1", "C1", "1.1"), "Ev1"
                ),
                timeout=0.3,
            )


async def test_names_that_slack_does_not_tell_hold_nothing_up(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    server.script("users.info", Trouble(status=500), Trouble("missing_scope"))
    async with listening(desk.accept):
        await server.mention("<@UBOT> notify <@U2> hi")

    (incoming,) = desk.accepted
    assert incoming.typed[1] == Mention("U2", "U2")


async def test_a_pressed_button_types_its_command_and_its_answer_takes_the_place(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept) as chat:
        await server.command("/b24notify", "#5 hi", user="U1")
        answer_to = desk.accepted[0].answer_to
        await chat.answer(answer_to, _ANSWER, buttons=[Button("Undo", "/b24undo 12")])
        answer = await server.next_answer(5)
        await server.press("Undo", answer, user="U1")

        pressed = desk.accepted[1]
        await chat.answer(pressed.answer_to, _ANSWER, replaces=pressed.replaces)
        replaced = await server.next_answer(5)

    assert pressed.typed == (Text("/b24undo 12"),)
    assert pressed.sender.identity == Identity(Platform.SLACK, TEAM, "U1")
    assert pressed.is_private
    assert (replaced.via, replaced.replaces, replaced.buttons) == ("response_url", True, {})


async def test_a_button_in_a_direct_message_is_answered_in_its_place_for_as_long_as_it_stands(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk()
    async with listening(desk.accept) as chat:
        await chat.answer({"user": "U1"}, _ANSWER, buttons=[Button("Undo", "/b24undo 12")])
        answer = await server.next_answer(5)
        await server.press("Undo", answer, user="U1")
        server.expire_response_urls()
        pressed = desk.accepted[0]
        await chat.answer(pressed.answer_to, _ANSWER, replaces=pressed.replaces)
        replaced = await server.next_answer(5)

    assert (replaced.via, replaced.ts) == ("chat.update", answer.ts)


async def test_a_press_is_acknowledged_only_after_it_has_been_stored(
    server: SlackServer, listening: Listening
) -> None:
    desk = Desk(is_open=False)
    async with listening(desk.accept) as chat:
        await chat.answer({"user": "U1"}, _ANSWER, buttons=[Button("Undo", "/b24undo 12")])
        press = asyncio.create_task(server.press("Undo", await server.next_answer(5)))
        await desk.begun.acquire()
        assert not press.done()
        desk.opened.set()
        await press


@pytest.mark.parametrize(
    "event",
    [
        {"type": "reaction_added", "user": "U1"},
        {"type": "app_home_opened", "user": "U1", "tab": "home"},
        {"type": "message", "channel_type": "channel", "subtype": "channel_join", "user": "U1"},
        {"type": "message", "channel_type": "im", "subtype": "message_changed", "hidden": True},
    ],
)
async def test_what_is_no_command_is_acknowledged_all_the_same(
    server: SlackServer, listening: Listening, event: dict[str, Any]
) -> None:
    desk = Desk()
    async with listening(desk.accept):
        assert (await server.event(event)).status == 200
    assert desk.accepted == []


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_a_workspace_that_removes_the_app_is_told_of(
    server: SlackServer, listening: Listening, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    async with listening(Desk().accept):
        await server.event({"type": kind})
        await server.event({"type": kind})

    assert caplog.text.count("removed the app") == 1


def _read(text: str, **fields: Any) -> Typed | None:
    event = slack_payloads.message("app_mention", text, "U1", "C1", "1.1") | fields
    incoming = read_event(slack_payloads.callback(event, "Ev1"), _BOT, START)
    return incoming.typed if incoming else None


def test_bold_words_stay_bold() -> None:
    event = slack_payloads.message("app_mention", "", "U1", "C1", "1.1")
    elements = [
        {"type": "user", "user_id": BOT},
        {"type": "text", "text": " notify #5 "},
        {"type": "text", "text": "hi", "style": {"bold": True}},
    ]
    event["blocks"][0]["elements"][0]["elements"] = elements
    incoming = read_event(slack_payloads.callback(event, "Ev1"), _BOT, START)

    assert incoming is not None
    assert incoming.typed == (Text("/b24notify #5 "), Strong((Text("hi"),)))
