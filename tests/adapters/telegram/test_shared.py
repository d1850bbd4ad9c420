"""A command that replies to a message takes the message with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bridge.markup.nodes import (
    CodeBlock,
    LineBreak,
    Link,
    Paragraph,
    Quote,
    Shared,
    Strong,
    Text,
)
from tests.fakes.telegram_text import entity

if TYPE_CHECKING:
    from tests.adapters.telegram.conftest import Ear
    from tests.fakes.telegram_server import Person, Room, TelegramServer

SENT_AT = 1_770_000_000
FILE = {"file_id": "f", "file_unique_id": "u"}


@pytest.fixture
def anna(server: TelegramServer) -> Person:
    return server.person("Anna")


@pytest.fixture
def boris(server: TelegramServer) -> Person:
    return server.person("Борис")


@pytest.fixture
def room(server: TelegramServer) -> Room:
    return server.room("Ops")


def words(text: str) -> tuple[Paragraph, ...]:
    return (Paragraph((Text(text),)),)


class Replying:
    """Replies to a message of Boris with a command of Anna's."""

    def __init__(
        self, server: TelegramServer, ear: Ear, people: tuple[Person, Person], room: Room
    ) -> None:
        self._server, self._ear = server, ear
        self._anna, self._boris = people
        self._room = room

    async def __call__(
        self, text: str, *, command: dict[str, Any] | None = None, **more: Any
    ) -> Shared | None:
        fields: dict[str, Any] = {"sender": self._boris, "chat": self._room, "date": SENT_AT}
        message = self._server.write(text, **fields | more)
        self._server.send(
            "/b24notify @clara",
            sender=self._anna,
            chat=self._room,
            **({"reply_to_message": message} | (command or {})),
        )
        return (await self._ear.next()).shared


@pytest.fixture
def reply(server: TelegramServer, ear: Ear, anna: Person, boris: Person, room: Room) -> Replying:
    return Replying(server, ear, (anna, boris), room)


async def test_the_message_comes_with_its_author_time_and_address(
    reply: Replying, room: Room
) -> None:
    assert await reply("The api is down") == Shared(
        author="Борис",
        children=words("The api is down"),
        href=f"https://t.me/c/{str(room.id)[4:]}/1",
        sent_at=datetime.fromtimestamp(SENT_AT, UTC),
    )


async def test_it_looks_as_in_telegram_and_its_marks_are_no_markdown(reply: Replying) -> None:
    text = "see https://x.example/_a_b **now** 😀 down\n# no title\nsaid so\nx = 1\ny = 2"
    shared = await reply(
        text,
        entities=[
            entity(text, "down", "bold"),
            entity(text, "said so", "blockquote"),
            entity(text, "x = 1\ny = 2", "pre", language="python"),
        ],
    )
    assert shared
    address = "https://x.example/_a_b"
    assert shared.children == (
        Paragraph(
            (
                Text("see "),
                Link(address, (Text(address),)),
                Text(" **now** 😀 "),
                Strong((Text("down"),)),
                LineBreak(),
                Text("# no title"),
            )
        ),
        Quote(words("said so")),
        CodeBlock("x = 1\ny = 2", "python"),
    )


async def test_a_part_that_was_quoted_comes_alone(reply: Replying) -> None:
    text = "the api is down"
    quote = {
        "text": text,
        "position": 8,
        "is_manual": True,
        "entities": [entity(text, "api", "bold")],
    }
    shared = await reply("Good morning, the api is down, I fear", command={"quote": quote})
    assert shared
    assert shared.author == "Борис"
    assert shared.children == (Paragraph((Text("the "), Strong((Text("api"),)), Text(" is down"))),)


async def test_what_telegram_quotes_by_itself_does_not_shorten_it(reply: Replying) -> None:
    shared = await reply("one two", command={"quote": {"text": "one", "position": 0}})
    assert shared
    assert shared.children == words("one two")


@pytest.mark.parametrize(
    ("field", "medium", "told"),
    [
        ("photo", [FILE | {"width": 1, "height": 1}], "photo"),
        ("document", FILE | {"file_name": "report.pdf"}, "file: report.pdf"),
        ("document", FILE, "file"),
        (
            "video",
            FILE | {"width": 1, "height": 1, "duration": 1, "file_name": "demo.mp4"},
            "video: demo.mp4",
        ),
        ("voice", FILE | {"duration": 1}, "voice message"),
        ("video_note", FILE | {"length": 1, "duration": 1}, "video message"),
        ("audio", FILE | {"duration": 1, "title": "Song"}, "audio: Song"),
        (
            "sticker",
            FILE
            | {"width": 1, "height": 1, "is_animated": False, "is_video": False, "emoji": "👍"}
            | {"type": "regular"},
            "sticker: 👍",
        ),
        ("contact", {"phone_number": "+1", "first_name": "Clara"}, "contact: Clara"),
        ("location", {"latitude": 1.0, "longitude": 2.0}, "place on the map"),
    ],
)
async def test_what_is_no_text_is_described(
    reply: Replying, field: str, medium: object, told: str
) -> None:
    media: dict[str, Any] = {field: medium}
    shared = await reply("", **media)
    assert shared
    assert shared.children == words(told)


async def test_an_animation_is_not_told_as_the_file_that_it_is_too(reply: Replying) -> None:
    animation = FILE | {"width": 1, "height": 1, "duration": 1, "file_name": "cat.mp4"}
    shared = await reply("", animation=animation, document=FILE | {"file_name": "cat.mp4"})
    assert shared
    assert shared.children == words("animation: cat.mp4")


async def test_a_caption_stands_in_front_of_what_it_describes(reply: Replying) -> None:
    shared = await reply("look", is_caption=True)
    assert shared
    assert shared.children == words("look") + words("photo")


@pytest.mark.parametrize(
    ("origin", "author", "href"),
    [
        ({"type": "user", "sender_user": {"id": 9, "is_bot": False, "first_name": "C"}}, "C", ""),
        ({"type": "hidden_user", "sender_user_name": "Shy"}, "Shy", ""),
        (
            {"type": "chat", "sender_chat": {"id": -5, "type": "group", "title": "Club"}},
            "Club",
            "",
        ),
        (
            {
                "type": "channel",
                "chat": {"id": -1005, "type": "channel", "title": "News", "username": "news"},
                "message_id": 7,
                "author_signature": "Dina",
            },
            "News, Dina",
            "https://t.me/news/7",
        ),
    ],
)
async def test_who_wrote_a_forwarded_message_is_its_author(
    reply: Replying, anna: Person, origin: dict[str, object], author: str, href: str
) -> None:
    own_chat: dict[str, Any] = {"sender": anna, "chat": None}
    shared = await reply("hi", forward_origin=origin | {"date": SENT_AT + 1}, **own_chat)
    assert shared == Shared(author, words("hi"), href, datetime.fromtimestamp(SENT_AT + 1, UTC))


async def test_a_channel_and_an_anonymous_administrator_are_called_by_their_titles(
    reply: Replying, room: Room
) -> None:
    shared = await reply("hi", sender_chat=room.to_json(), author_signature="chief")
    assert shared
    assert shared.author == "Ops, chief"


async def test_a_reply_to_another_chat_takes_what_was_quoted(
    server: TelegramServer, ear: Ear, anna: Person, boris: Person
) -> None:
    external = {
        "origin": {"type": "user", "sender_user": boris.to_json(), "date": SENT_AT},
        "chat": {"id": -1_000_000_000_555, "type": "supergroup", "title": "Elsewhere"},
        "message_id": 12,
    }
    quote = {"text": "down again", "position": 0}
    server.send("/b24notify @clara", sender=anna, external_reply=external, quote=quote)
    assert (await ear.next()).shared == Shared(
        "Борис",
        words("down again"),
        "https://t.me/c/0000000555/12",
        datetime.fromtimestamp(SENT_AT, UTC),
    )


async def test_a_reply_to_another_chat_that_says_nothing_takes_nothing(
    server: TelegramServer, ear: Ear, anna: Person, boris: Person
) -> None:
    origin = {"type": "user", "sender_user": boris.to_json(), "date": SENT_AT}
    server.send("/b24notify @clara hi", sender=anna, external_reply={"origin": origin})
    assert (await ear.next()).shared is None


async def test_a_reply_to_the_bot_itself_takes_nothing(
    server: TelegramServer, reply: Replying
) -> None:
    assert await reply("Notified Anna.", sender=server.bot) is None


async def test_the_beginning_of_a_topic_is_no_message(reply: Replying) -> None:
    topic = {"name": "Deploys", "icon_color": 1}
    assert await reply("", forum_topic_created=topic) is None


async def test_without_a_reply_there_is_nothing_to_take(
    server: TelegramServer, ear: Ear, anna: Person
) -> None:
    server.send("/b24notify @clara hi", sender=anna)
    assert (await ear.next()).shared is None
