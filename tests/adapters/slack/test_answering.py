"""Answers through slack_sdk, by whatever way Slack still leaves open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from bridge.errors import ChatError
from bridge.markup.nodes import Document, Paragraph, Strong, Text
from tests.fakes.slack_server import RESPONSE_URL, SlackServer, Trouble

if TYPE_CHECKING:
    from adapters.slack.chat import SlackChat
    from bridge.incoming import Incoming
    from tests.adapters.slack.conftest import Listening

AnswerTo: TypeAlias = dict[str, str | int]
MakeChat: TypeAlias = Callable[[], "SlackChat"]

_ANSWER = Document((Paragraph((Text("Notified "), Strong((Text("Anna <3"),)), Text("."))),))


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


async def test_an_answer_can_take_the_place_of_an_earlier_one(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    place = await make_chat().answer(answer_to, _ANSWER)
    assert await make_chat().answer(answer_to, _ANSWER, replaces=place) == place

    assert not (await server.next_answer(5)).replaces
    assert (await server.next_answer(5)).replaces


async def test_a_response_url_that_is_used_up_is_no_obstacle(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    chat = make_chat()
    places = [await chat.answer(answer_to, _ANSWER) for _ in range(6)]
    answers = [await server.next_answer(5) for _ in range(6)]

    assert [answer.via for answer in answers] == [RESPONSE_URL] * 5 + ["chat.postEphemeral"]
    assert (answers[5].channel, answers[5].user) == ("C1", "U1")
    assert all(places[:5])
    assert places[5] == "", "what stands elsewhere cannot be replaced"


async def test_half_an_hour_later_the_answer_is_shown_in_the_channel(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.expire_response_urls()
    await make_chat().answer(answer_to, _ANSWER, replaces="response_url")

    assert (await server.next_answer(5)).via == "chat.postEphemeral"


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
async def test_where_the_bot_is_not_in_the_channel_the_person_gets_a_direct_message(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo, code: str
) -> None:
    server.expire_response_urls()
    server.script("chat.postEphemeral", Trouble(code))
    assert await make_chat().answer(answer_to, _ANSWER) == ""

    answer = await server.next_answer(5)
    assert (answer.via, answer.channel) == ("chat.postMessage", "U1")


async def test_when_no_way_is_open_the_last_refusal_is_told(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.expire_response_urls()
    server.script("chat.postEphemeral", Trouble("not_in_channel"))
    server.script("chat.postMessage", Trouble("messages_tab_disabled"))

    with pytest.raises(ChatError, match="messages_tab_disabled") as caught:
        await make_chat().answer(answer_to, _ANSWER)
    assert caught.value.retry_after_seconds is None


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
    server.script("chat.postEphemeral", Trouble("ratelimited", 429, retry_after=0))
    await make_chat().answer(answer_to, _ANSWER)

    assert server.calls[RESPONSE_URL] == 2
    assert server.calls["chat.postEphemeral"] == 2


async def test_when_slack_goes_on_refusing_the_core_is_told_when_to_come_back(
    server: SlackServer, make_chat: MakeChat, answer_to: AnswerTo
) -> None:
    server.expire_response_urls()
    server.script("chat.postEphemeral", *[Trouble("ratelimited", 429, 0)] * 2)

    with pytest.raises(ChatError, match="ratelimited") as caught:
        await make_chat().answer(answer_to, _ANSWER)
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
