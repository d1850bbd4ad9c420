"""Answers through slack_sdk, by whatever way Slack still leaves open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from adapters.slack.answering import BY_RESPONSE_URL
from bridge.errors import ChatError
from bridge.markup.nodes import Document, Paragraph, Strong, Text
from bridge.people.identity import Identity, Platform
from bridge.replies.button import Button
from tests.fakes.slack_server import RESPONSE_URL, SlackServer, Trouble

if TYPE_CHECKING:
    from adapters.slack.chat import SlackChat
    from bridge.incoming import Incoming
    from tests.adapters.slack.conftest import Listening

AnswerTo: TypeAlias = dict[str, str | int]
MakeChat: TypeAlias = Callable[[], "SlackChat"]

_ANSWER = Document((Paragraph((Text("Notified "), Strong((Text("Anna <3"),)), Text("."))),))


async def _ignore(_: Incoming) -> None:
    pass


@pytest.fixture
async def answer_to(server: SlackServer, listening: Listening) -> AnswerTo:
    """A command of a process that has ended since."""
    accepted: list[Incoming] = []

    async def accept(incoming: Incoming) -> None:
        accepted.append(incoming)

    async with listening(accept):
        await server.command("/b24notify", "<@U2|anna> hi", user="U1", channel="C1")
    return accepted[0].answer_to


async def test_after_a_restart_a_command_is_answered_by_its_response_url(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    assert await make_chat().answer(answer_to, _ANSWER)

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel, answer.user) == (RESPONSE_URL, "C1", "U1")
    assert answer.shown == "Notified **Anna <3**."
    assert answer.text == "Notified Anna &lt;3."
    assert not answer.replaces


async def test_a_chat_that_listens_opens_no_connection_for_each_answer(
    server: SlackServer, listening: Listening, answer_to: AnswerTo
) -> None:
    async with listening(_ignore) as chat:
        server.callers.clear()
        for _ in range(6):  # the last one is no response to a command any more
            await chat.answer(answer_to, _ANSWER)
    assert len(server.callers) == 1


async def test_an_answer_can_take_the_place_of_an_earlier_one(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    place = await make_chat().answer(answer_to, _ANSWER)
    assert await make_chat().answer(answer_to, _ANSWER, replaces=place) == place

    assert not (await server.next_answer(5)).replaces
    assert (await server.next_answer(5)).replaces


async def test_what_a_response_url_takes_no_more_is_sent_directly_and_edited_there(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    chat = make_chat()
    places = [await chat.answer(answer_to, _ANSWER) for _ in range(6)]
    assert await chat.answer(answer_to, _ANSWER, replaces=places[5]) == places[5]
    answers = [await server.next_answer(5) for _ in range(7)]

    assert [answer.via for answer in answers[:5]] == [RESPONSE_URL] * 5
    assert (answers[5].via, answers[5].channel) == ("chat.postMessage", "U1")
    assert (answers[6].via, answers[6].channel, answers[6].ts) == (
        "chat.update",
        "D1",
        answers[5].ts,
    )


async def test_half_an_hour_later_the_person_gets_a_direct_message(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.expire_response_urls()
    await make_chat().answer(answer_to, _ANSWER, replaces=BY_RESPONSE_URL)

    assert (await server.next_answer(5)).via == "chat.postMessage"


async def test_what_cannot_be_edited_any_more_is_answered_anew(
    server: SlackServer, make_chat: MakeChat
) -> None:
    chat = make_chat()
    place = await chat.answer({"user": "U1"}, _ANSWER)
    server.script("chat.update", Trouble("cant_update_message"))
    assert await chat.answer({"user": "U1"}, _ANSWER, replaces=place) != place

    assert [(await server.next_answer(5)).via for _ in range(2)] == ["chat.postMessage"] * 2


async def test_a_mention_is_answered_in_its_thread_for_the_person_alone(
    server: SlackServer, make_chat: MakeChat
) -> None:
    answer_to: AnswerTo = {"channel": "C1", "thread_ts": "1.5", "user": "U1"}
    assert await make_chat().answer(answer_to, _ANSWER) == "", "Slack edits no ephemeral message"

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel, answer.user, answer.thread_ts) == (
        "chat.postEphemeral",
        "C1",
        "U1",
        "1.5",
    )


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
async def test_where_the_bot_may_not_write_the_person_gets_a_direct_message(
    server: SlackServer, make_chat: MakeChat, code: str
) -> None:
    server.script("chat.postEphemeral", Trouble(code))
    assert await make_chat().answer({"channel": "C1", "user": "U1"}, _ANSWER)

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel) == ("chat.postMessage", "U1")


async def test_a_direct_message_is_answered_where_it_stands(
    server: SlackServer, make_chat: MakeChat
) -> None:
    answer_to: AnswerTo = {"direct": "D1", "thread_ts": "1.5", "user": "U1"}
    assert await make_chat().answer(answer_to, _ANSWER)

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel, answer.thread_ts) == ("chat.postMessage", "D1", "1.5")


async def test_buttons_stand_under_an_answer_and_go_with_the_next_one(
    server: SlackServer, make_chat: MakeChat
) -> None:
    chat = make_chat()
    buttons = [Button("Undo", "/b24undo 12"), Button("x" * 100, "/b24help")]
    place = await chat.answer({"user": "U1"}, _ANSWER, buttons=buttons)
    await chat.answer({"user": "U1"}, _ANSWER, replaces=place)

    first, second = [await server.next_answer(5) for _ in range(2)]
    assert list(first.buttons) == ["Undo", "x" * 75]
    assert first.buttons["Undo"]["value"] == "/b24undo 12"
    assert second.replaces
    assert not second.buttons


async def test_when_no_way_is_open_the_last_refusal_is_told(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.expire_response_urls()
    server.script("chat.postMessage", Trouble("messages_tab_disabled"))

    with pytest.raises(ChatError, match="messages_tab_disabled") as caught:
        await make_chat().answer(answer_to, _ANSWER)
    assert caught.value.retry_after_seconds is None


async def test_a_workspace_that_removed_the_app_is_told_of_once(
    server: SlackServer, make_chat: MakeChat, caplog: pytest.LogCaptureFixture
) -> None:
    codes = ("account_inactive", "token_revoked", "account_inactive")
    server.script("chat.postMessage", *map(Trouble, codes))
    chat = make_chat()
    for code in codes:
        with pytest.raises(ChatError, match=code) as caught:
            await chat.answer({"user": "U1"}, _ANSWER)
        assert caught.value.retry_after_seconds is None

    assert server.calls["chat.postMessage"] == 3
    assert caplog.text.count("removed the app") == 1


async def test_an_answer_to_nowhere_is_an_error(make_chat: MakeChat) -> None:
    with pytest.raises(ChatError, match="nowhere"):
        await make_chat().answer({}, _ANSWER)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_trouble_of_slacks_own_is_no_reason_to_write_elsewhere(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo, status: int
) -> None:
    server.script(RESPONSE_URL, Trouble(status=status))

    with pytest.raises(ChatError, match=str(status)) as caught:
        await make_chat().answer(answer_to, _ANSWER)
    assert caught.value.retry_after_seconds == 5
    assert server.calls["chat.postEphemeral"] == 0


async def test_slack_is_asked_again_after_the_time_it_says(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.script(RESPONSE_URL, Trouble(status=429, retry_after=1), Trouble("used_url", 404))
    server.script("chat.postMessage", Trouble("ratelimited", 429, retry_after=0))
    await make_chat().answer(answer_to, _ANSWER)

    assert server.calls[RESPONSE_URL] == 2
    assert server.calls["chat.postMessage"] == 2


async def test_when_slack_goes_on_refusing_the_core_is_told_when_to_come_back(
    server: SlackServer, make_chat: MakeChat
) -> None:
    server.script("chat.postEphemeral", *[Trouble("ratelimited", 429, 0)] * 2)

    with pytest.raises(ChatError, match="ratelimited") as caught:
        await make_chat().answer({"channel": "C1", "user": "U1"}, _ANSWER)
    assert caught.value.retry_after_seconds == 30
    assert server.calls["chat.postMessage"] == 0


async def test_an_unreachable_slack_is_tried_again_and_its_address_not_told(
    server: SlackServer, make_chat: MakeChat
) -> None:
    gone: AnswerTo = {"response_url": "http://127.0.0.1:1/commands/a-secret", "user": "U1"}

    with pytest.raises(ChatError) as caught:
        await make_chat().answer(gone, _ANSWER)
    assert caught.value.retry_after_seconds == 5
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


async def test_somebody_can_be_written_to_who_has_not_just_typed_anything(
    server: SlackServer, make_chat: MakeChat
) -> None:
    await make_chat().tell(Identity(Platform.SLACK, "T1", "U7"), _ANSWER)

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel) == ("chat.postMessage", "U7")
    assert answer.shown == "Notified **Anna <3**."
