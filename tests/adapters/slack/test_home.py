"""The app's home page, through the real slack-bolt."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.slack.chat import SlackChat
from bridge.errors import StorageError
from bridge.markup.nodes import Document, Paragraph, Text
from bridge.people.identity import Identity, Platform
from bridge.replies.button import Button
from bridge.replies.page import Page
from bridge.replies.texts import Say, say
from tests.adapters.slack.conftest import running
from tests.adapters.slack.desk import Desk
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import TEAM, SlackServer, Trouble

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import pytest

    from bridge.replies.words import Words

_ANSWER = Document((Paragraph((Text("Notified Anna."),)),))


class Pages:
    """Pages that tell whose they are."""

    def __init__(self) -> None:
        self.shown: list[Identity] = []
        self.fails = False

    async def show(self, identity: Identity, words: Words) -> Page:
        """Write somebody's page."""
        if self.fails:
            raise StorageError("a secret")
        self.shown.append(identity)
        label = words.spell(say(Say.HOME_UNLINK))
        text = Text(f"page {len(self.shown)} of {identity.external_id}")
        return Page(Document((Paragraph((text,)),)), (Button(label, "/b24unlink"),))


def _listening(
    server: SlackServer, desk: Desk, pages: Pages
) -> AbstractAsyncContextManager[SlackChat]:
    chat = SlackChat(server.bot_token, server.app_token, server.api_url, FakeClock(), pages=pages)
    return running(chat, desk.accept)


async def test_who_opens_the_home_page_sees_their_own(server: SlackServer) -> None:
    pages = Pages()
    async with _listening(server, Desk(), pages):
        home = await server.open_home("U2")

    assert (home.user, home.shown) == ("U2", "page 1 of U2")
    assert pages.shown == [Identity(Platform.SLACK, TEAM, "U2")]


async def test_its_button_types_a_command_and_the_page_follows_the_answer(
    server: SlackServer,
) -> None:
    desk, pages = Desk(), Pages()
    async with _listening(server, desk, pages) as chat:
        home = await server.open_home("U2")
        (label,) = home.buttons
        await server.press(label, home, user="U2")
        (pressed,) = desk.accepted
        assert await chat.answer(pressed.answer_to, _ANSWER, replaces=pressed.replaces)
        answer = await server.next_answer(5)
        refreshed = await server.next_home(5)

    assert pressed.typed == (Text("/b24unlink"),)
    assert pressed.sender.identity == Identity(Platform.SLACK, TEAM, "U2")
    assert (answer.via, answer.channel) == ("chat.postMessage", "U2")
    assert refreshed.shown == "page 2 of U2"


async def test_the_page_of_who_never_opened_it_is_left_alone(server: SlackServer) -> None:
    pages = Pages()
    async with _listening(server, Desk(), pages) as chat:
        await server.event({"type": "app_home_opened", "user": "U3", "tab": "messages"})
        await chat.answer({"user": "U3"}, _ANSWER)
        await server.open_home("U2")
    assert [identity.external_id for identity in pages.shown] == ["U2"]


async def test_a_page_that_cannot_be_shown_harms_nothing(
    server: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    desk, pages = Desk(), Pages()
    async with _listening(server, desk, pages) as chat:
        await server.open_home("U2")
        pages.fails = True
        await chat.answer({"user": "U2"}, _ANSWER)
        await _until_logged(caplog, "There is no home page (StorageError)")
        pages.fails = False
        server.script("views.publish", Trouble("missing_scope"))
        await chat.answer({"user": "U2"}, _ANSWER)
        await _until_logged(caplog, "Slack took no home page (missing_scope)")
        await server.command("/b24help", "")
        await server.open_home("U2")

    assert len(desk.accepted) == 1
    assert "secret" not in caplog.text


async def _until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(5):
        while words not in caplog.text:
            await asyncio.sleep(0.01)
