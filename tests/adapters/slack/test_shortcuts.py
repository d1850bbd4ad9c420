"""The shortcuts and their form, through the real slack-bolt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from adapters.slack.chat import SlackChat
from adapters.slack.shared import pack, unpack
from bridge.errors import StorageError
from bridge.markup.nodes import Mention, Paragraph, Shared, Strong, Text
from bridge.people.identity import (
    BitrixUserId,
    Identity,
    Link,
    Platform,
    PortalId,
    Recipient,
)
from bridge.replies.texts import Say, say
from bridge.replies.words import LANGUAGES, Words
from tests.adapters.slack.conftest import Accept, running
from tests.adapters.slack.desk import Desk
from tests.fakes import slack_payloads
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import TEAM, SlackServer, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

ABOUT = {
    "type": "message",
    "user": "U2",
    "text": "the *api* is down",
    "ts": "1772442000.000300",
    "thread_ts": "1772441000.000100",
}


class Colleagues:
    """Who is linked, as a list."""

    def __init__(self, *links: Link) -> None:
        self._links = links
        self.asked: list[tuple[Identity, str]] = []

    async def search(self, asker: Identity, typed: str, limit: int) -> Sequence[Link]:
        """List those whose names have it in them."""
        self.asked.append((asker, typed))
        return [link for link in self._links if typed in link.recipient.name][:limit]


def _link(user: str, name: str, handle: str = "") -> Link:
    recipient = Recipient(BitrixUserId(5), name)
    return Link(Identity(Platform.SLACK, TEAM, user), PortalId(1), recipient, handle)


def _values(people: Sequence[str] = (), others: Sequence[str] = (), note: str = "") -> Any:
    return {
        "people": {"selected_options": [{"value": user} for user in people]},
        "others": {"selected_users": [*others]},
        "note": {"rich_text_value": slack_payloads.rich_text(note)} if note else {},
    }


def _listening(
    server: SlackServer, accept: Accept, colleagues: Colleagues | None = None
) -> AbstractAsyncContextManager[SlackChat]:
    chat = SlackChat(
        server.bot_token, server.app_token, server.api_url, FakeClock(), colleagues=colleagues
    )
    return running(chat, accept)


async def test_a_message_is_passed_on_with_its_author_time_and_address(
    server: SlackServer,
) -> None:
    desk = Desk()
    server.people.add("U2", real_name="Anna Petrova")
    server.people.add("U3", name="boris")
    async with _listening(server, desk.accept, Colleagues()):
        form = await server.shortcut("b24notify_message", about=ABOUT, user="U1")
        ack = await server.submit(form, _values(others=["U3"], note="please look"), user="U1")

    assert ack.payload == {}
    (incoming,) = desk.accepted
    assert incoming.typed == (
        Text("/b24notify "),
        Mention("boris", "U3"),
        Text(" "),
        Text("-- "),
        Text("please look"),
    )
    assert incoming.shared == Shared(
        author="Anna Petrova",
        children=(Paragraph((Text("the "), Strong((Text("api"),)), Text(" is down"))),),
        href="https://team.slack.example/archives/C1/p1772442000000300"
        "?thread_ts=1772441000.000100&cid=C1",
        sent_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    )
    assert incoming.sender.identity == Identity(Platform.SLACK, TEAM, "U1")
    assert incoming.answer_to == {"user": "U1"}
    assert incoming.is_private


async def test_the_form_shows_the_message_that_goes_along(server: SlackServer) -> None:
    async with _listening(server, Desk().accept):
        form = await server.shortcut("b24notify_message", about=ABOUT)

    assert "**name.of.u2**" in form.shown.lower()
    assert "the **api** is down" in form.shown


async def test_a_message_may_be_passed_on_without_a_note(server: SlackServer) -> None:
    desk = Desk()
    async with _listening(server, desk.accept):
        form = await server.shortcut("b24notify_message", about=ABOUT)
        await server.submit(form, _values(others=["U3", "U4", "U3"]))

    (incoming,) = desk.accepted
    assert [node.external_id for node in incoming.typed if isinstance(node, Mention)] == [
        "U3",
        "U4",
    ]
    assert incoming.shared is not None


async def test_the_global_shortcut_is_the_same_without_a_message(server: SlackServer) -> None:
    desk = Desk()
    async with _listening(server, desk.accept):
        form = await server.shortcut("b24notify")
        await server.submit(form, _values(others=["U3"], note="@boris is on duty"))

    (incoming,) = desk.accepted
    assert incoming.shared is None
    assert incoming.typed[-2:] == (Text("-- "), Text("@boris is on duty"))


async def test_linked_people_are_offered_first_and_found_by_their_names(
    server: SlackServer,
) -> None:
    desk = Desk()
    anna, boris = _link("U2", "Anna Petrova", "anna"), _link("U3", "Boris Orlov")
    colleagues = Colleagues(anna, boris, _link("U2", "Anna Petrova", "anna"))
    async with _listening(server, desk.accept, colleagues):
        form = await server.shortcut("b24notify", user="U1")
        everybody = await server.search(form, "", user="U1")
        found = await server.search(form, "Bor", user="U1")
        await server.submit(form, _values([found[0]["value"]], ["U4", "U3"], "hi"))

    blocks = [block["block_id"] for block in form.view["blocks"]]
    assert blocks == ["people", "others", "note"]
    assert [option["text"]["text"] for option in everybody] == [
        "Anna Petrova (@anna)",
        "Boris Orlov",
    ]
    assert colleagues.asked[1] == (Identity(Platform.SLACK, TEAM, "U1"), "Bor")
    mentions = [node for node in desk.accepted[0].typed if isinstance(node, Mention)]
    assert [mention.external_id for mention in mentions] == ["U3", "U4"]


async def test_no_more_people_are_offered_than_slack_takes(server: SlackServer) -> None:
    many = [_link(f"U{number}", f"{'x' * 100}{number}") for number in range(300)]
    async with _listening(server, Desk().accept, Colleagues(*many)):
        form = await server.shortcut("b24notify")
        assert len(await server.search(form, "")) == 100


@pytest.mark.parametrize(
    ("about", "values", "errors"),
    [
        (None, _values(note="hi"), {"others": "Choose at least one person, please."}),
        (ABOUT, _values(), {"others": "Choose at least one person, please."}),
        (None, _values(others=["U3"]), {"note": "Write what to tell them, please."}),
        (None, _values(others=["U3"], note=" \n"), {"note": "Write what to tell them, please."}),
        (
            ABOUT,
            _values(others=["U3"], note="x" * 3001),
            {"note": "That is too long: at most 3,000 characters, please."},
        ),
    ],
)
async def test_what_is_wrong_is_shown_in_the_form_and_may_be_mended(
    server: SlackServer, about: Any, values: Any, errors: dict[str, str]
) -> None:
    desk = Desk()
    name = "b24notify_message" if about else "b24notify"
    async with _listening(server, desk.accept):
        form = await server.shortcut(name, about=about)
        ack = await server.submit(form, values)
        assert ack.payload == {"response_action": "errors", "errors": errors}
        assert desk.accepted == []

        mended = await server.submit(form, _values(others=["U3"], note="x" * 3000))
    assert mended.payload == {}
    assert len(desk.accepted) == 1


async def test_the_form_speaks_the_language_of_who_opens_it(server: SlackServer) -> None:
    server.people.add("U1", locale="ru-RU")
    async with _listening(server, Desk().accept):
        russian = await server.shortcut("b24notify", user="U1")
        english = await server.shortcut("b24notify", user="U2")
        errors = (await server.submit(russian, _values(), user="U1")).payload["errors"]

    words = Words("ru")
    assert russian.view["title"]["text"] == words.spell(say(Say.FORM_TITLE))
    assert english.view["title"]["text"] == "Notify in Bitrix24"
    assert errors["others"] == words.spell(say(Say.FORM_NOBODY))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", [Say.FORM_TITLE, Say.FORM_SEND, Say.FORM_CANCEL])
def test_the_title_and_the_buttons_are_as_short_as_slack_wants_them(
    text: Say, language: str
) -> None:
    assert len(Words(language).spell(say(text))) <= 24


async def test_a_form_is_closed_only_after_it_has_been_stored(server: SlackServer) -> None:
    desk = Desk(is_open=False)
    async with _listening(server, desk.accept):
        form = await server.shortcut("b24notify")
        sending = asyncio.create_task(server.submit(form, _values(others=["U3"], note="hi")))
        await desk.begun.acquire()
        assert not sending.done()
        desk.opened.set()
        await sending
    assert len(desk.accepted) == 1


async def test_a_form_that_could_not_be_stored_stays_open_and_says_so(server: SlackServer) -> None:
    async def accept(_: object) -> None:
        raise StorageError("disk full")

    async with _listening(server, accept, Colleagues()):
        form = await server.shortcut("b24notify")
        ack = await server.submit(form, _values(["U3"], note="hi"))

    assert "not taken" in ack.payload["errors"]["people"]


async def test_a_form_may_be_sent_after_a_restart(server: SlackServer) -> None:
    desk = Desk()
    async with _listening(server, desk.accept):
        form = await server.shortcut("b24notify_message", about=ABOUT)
    async with _listening(server, desk.accept):
        await server.submit(form, _values(others=["U3"]))

    assert desk.accepted[0].shared is not None


async def test_a_form_that_is_sent_twice_is_one_command(server: SlackServer) -> None:
    desk = Desk()
    async with _listening(server, desk.accept):
        form = await server.shortcut("b24notify")
        for _ in range(2):
            await server.submit(form, _values(others=["U3"], note="hi"))
        other = await server.shortcut("b24notify")
        await server.submit(other, _values(others=["U3"], note="hi"))

    first, second, third = (incoming.event_id for incoming in desk.accepted)
    assert first == second != third


async def test_a_form_that_slack_does_not_open_harms_nothing(
    server: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    server.script("views.open", Trouble("expired_trigger_id"))
    async with _listening(server, desk.accept):
        payload = slack_payloads.shortcut("b24notify", "U1", None, "C1")
        await server.deliver("interactive", payload | {"trigger_id": "1"})
        await server.shortcut("b24notify")

    assert "Slack took no form (expired_trigger_id)" in caplog.text


def test_a_long_message_is_shortened_until_slack_keeps_it() -> None:
    text = "".join(f"{number * 7919 % 10007:x} " for number in range(8_000))
    shared = Shared("Anna", (Paragraph((Text(text),)),), "https://team.slack.example/1")

    packed = pack(shared, 3_000)
    kept = unpack(packed)

    assert len(packed) <= 3_000
    assert kept is not None
    assert (kept.author, kept.href) == (shared.author, shared.href)
    (paragraph,) = kept.children
    assert isinstance(paragraph, Paragraph)
    assert 1_000 < len(str(paragraph.children[0])) < len(text)


def test_half_a_character_in_a_message_keeps_nobody_from_passing_it_on() -> None:
    shared = Shared("A\ud83d", (Paragraph((Text("\ud800\udc00, \ud800"),)),), "", None)
    kept = unpack(pack(shared, 3_000))
    assert kept == Shared("A\ufffd", (Paragraph((Text("\U00010000, \ufffd"),)),), "", None)


@pytest.mark.parametrize("packed", ["", "x", "e30=", "eJyrrgUAAXUA+Q=="])
def test_what_was_not_packed_is_nothing(packed: str) -> None:
    assert unpack(packed) is None
