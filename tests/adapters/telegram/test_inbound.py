"""What counts as a command, asked of the real library against a real protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.commands.parser import parse
from bridge.markup import bbcode, markdown
from bridge.markup.nodes import Code, Link, Mention, Paragraph, Strong, Text
from bridge.people.identity import Identity, Platform, Sender
from bridge.replies.texts import Say, say
from bridge.replies.words import Words
from tests.fakes.clock import START
from tests.fakes.telegram_server import Person, TelegramServer
from tests.fakes.telegram_text import entity

if TYPE_CHECKING:
    from tests.adapters.telegram.conftest import Ear


async def test_a_private_text_becomes_a_command_with_all_that_is_needed(
    server: TelegramServer, ear: Ear
) -> None:
    anna = server.person("Anna", username="anna_p")
    number = server.send("/b24notify @boris hi\nthere", sender=anna)

    incoming = await ear.next()

    assert incoming.platform is Platform.TELEGRAM
    assert incoming.workspace == str(anna.id)
    assert incoming.event_id == str(number)
    assert incoming.sender == Sender(
        Identity(Platform.TELEGRAM, "", str(anna.id)), "anna_p", "Anna"
    )
    assert incoming.typed == (Text("/b24notify @boris hi\nthere"),)
    assert incoming.answer_to == {"chat_id": anna.id, "message_id": 1}
    assert incoming.received_at == START


async def test_formatting_and_mentions_arrive_as_nodes(server: TelegramServer, ear: Ear) -> None:
    anna, boris = server.person("Anna"), server.person("Борис 😀")
    text = "/b24notify Борис 😀 😀 api is down"
    server.send(
        text,
        sender=anna,
        entities=[
            entity(text, "Борис 😀", "text_mention", user=boris.to_json()),
            entity(text, "api", "bold"),
            entity(text, "down", "text_link", url="https://status.example/1"),
        ],
    )

    assert (await ear.next()).typed == (
        Text("/b24notify "),
        Mention("Борис 😀", str(boris.id)),
        Text(" 😀 "),
        Strong((Text("api"),)),
        Text(" is "),
        Link("https://status.example/1", (Text("down"),)),
    )


async def test_what_telegram_finds_by_itself_stays_as_typed(
    server: TelegramServer, ear: Ear
) -> None:
    text = "/b24notify @anna, #5 boris@corp.example see https://x.example/_a_ **now**"
    server.send(text, sender=server.person("Anna"))

    assert (await ear.next()).typed == (Text(text),)


async def test_the_caption_of_a_photo_is_a_command_and_leads_to_the_photo(
    server: TelegramServer, ear: Ear
) -> None:
    text, room = "/b24notify #5 look", server.room("Ops", username="ops_room")
    code = entity(text, "look", "code")
    server.send(text, sender=server.person("Anna"), chat=room, is_caption=True, entities=[code])

    assert (await ear.next()).typed == (
        Text("/b24notify #5 "),
        Code("look"),
        Paragraph((Link("https://t.me/ops_room/1", (Text("photo"),)),)),
    )


async def test_a_file_is_named_and_where_it_has_no_address_only_named(
    server: TelegramServer, ear: Ear
) -> None:
    file = {"file_id": "f", "file_unique_id": "u", "file_name": "**report**.pdf"}
    anna = server.person("Anna")
    server.send("/b24notify #5", sender=anna, is_caption=True, document=file)

    command = parse((await ear.next()).typed)
    assert bbcode.render(markdown.parse(command.text)) == "file: **report**.pdf"


async def test_what_comes_with_another_command_is_no_part_of_it(
    server: TelegramServer, ear: Ear
) -> None:
    server.send("/b24group create ops #5", sender=server.person("Anna"), is_caption=True)

    assert (await ear.next()).typed == (Text("/b24group create ops #5"),)


async def test_what_comes_with_a_text_is_told_in_the_sender_s_language(
    server: TelegramServer, ear: Ear
) -> None:
    anna = server.person("Анна", language="ru")
    server.send("/b24notify #5 hi", sender=anna, is_caption=True)

    incoming = await ear.next()
    assert incoming.language == "ru"
    assert incoming.typed[-1] == Paragraph((Text(Words("ru").spell(say(Say.PHOTO))),))


async def test_a_deep_link_is_handed_over_as_it_was_typed(server: TelegramServer, ear: Ear) -> None:
    anna, room = server.person("Anna"), server.room("Ops")
    server.send("/start link_5-Xy", sender=anna)
    server.send("/start@B24TestBot link_5-Xy", sender=anna, chat=room)

    private, in_group = await ear.next(), await ear.next()
    assert private.typed == in_group.typed == (Text("/start link_5-Xy"),)
    assert (private.is_private, in_group.is_private) == (True, False)


@pytest.mark.parametrize("word", ["/b24notify", "/b24notify@B24TestBot", "/b24notify@b24testbot"])
async def test_a_group_command_is_taken_with_and_without_our_name(
    server: TelegramServer, ear: Ear, word: str
) -> None:
    anna, room = server.person("Anna"), server.room("Ops")
    server.send(f"{word}\n@boris hi", sender=anna, chat=room)

    incoming = await ear.next()

    assert incoming.typed == (Text("/b24notify\n@boris hi"),)
    assert incoming.workspace == str(room.id)
    assert incoming.answer_to == {"chat_id": room.id, "message_id": 1}


async def test_any_command_addressed_to_us_is_taken_in_a_group(
    server: TelegramServer, ear: Ear
) -> None:
    server.send("/start@B24TestBot", sender=server.person("Anna"), chat=server.room("Ops"))

    assert (await ear.next()).typed == (Text("/start"),)


async def test_any_text_is_taken_in_a_private_chat(server: TelegramServer, ear: Ear) -> None:
    server.send("hello?", sender=server.person("Anna"))

    assert (await ear.next()).typed == (Text("hello?"),)


@pytest.mark.parametrize("length", [3, 11, 40])
async def test_formatting_over_the_command_word_does_not_swallow_it(
    server: TelegramServer, ear: Ear, length: int
) -> None:
    text = "/b24notify@B24TestBot  #5 the api is down"
    server.send(
        text,
        sender=server.person("Anna"),
        chat=server.room("Ops"),
        entities=[{"type": "bold", "offset": 0, "length": length}],
    )

    first, *rest = (await ear.next()).typed

    assert isinstance(first, Text)
    assert first.text.startswith("/b24notify  ")
    assert rest == ([] if length < 20 else [Strong((Text("#5 the api is dow"),)), Text("n")])


async def test_only_a_topic_s_number_is_kept_as_the_thread(
    server: TelegramServer, ear: Ear
) -> None:
    anna, room = server.person("Anna"), server.room("Ops")
    server.send("/b24help", sender=anna, chat=room, message_thread_id=44, is_topic_message=True)
    server.send("/b24help", sender=anna, chat=room, message_thread_id=55)

    assert (await ear.next()).answer_to == {"chat_id": room.id, "message_id": 1, "thread_id": 44}
    assert (await ear.next()).answer_to == {"chat_id": room.id, "message_id": 2}


async def test_where_a_command_can_be_read_is_kept(server: TelegramServer, ear: Ear) -> None:
    anna = server.person("Anna")
    public, ops = server.room("News", username="news"), server.room("Ops")
    server.send("/b24help", sender=anna, chat=public)
    server.send("/b24help", sender=anna, chat=ops)
    server.send("/b24help", sender=anna, chat=ops, message_thread_id=44, is_topic_message=True)

    assert (await ear.next()).permalink == "https://t.me/news/1"
    assert (await ear.next()).permalink == f"https://t.me/c/{str(ops.id)[4:]}/1"
    assert (await ear.next()).permalink == f"https://t.me/c/{str(ops.id)[4:]}/2?thread=44"


async def test_a_reply_outside_of_threads_can_be_read_without_one(
    server: TelegramServer, ear: Ear
) -> None:
    anna, public = server.person("Anna"), server.room("News", username="news")
    earlier = {"message_id": 7, "date": 1, "chat": public.to_json(), "text": "so?"}
    server.send("/b24help", sender=anna, chat=public, reply_to_message=earlier)

    assert (await ear.next()).permalink == "https://t.me/news/1"


async def test_a_message_in_a_private_chat_or_a_plain_group_has_no_address(
    server: TelegramServer, ear: Ear
) -> None:
    anna = server.person("Anna")
    server.send("/b24help", sender=anna)
    server.send("/b24help", sender=anna, chat=server.room("Lunch", type="group"))

    assert [(await ear.next()).permalink for _ in range(2)] == ["", ""]


class TestIgnored:
    """Each is followed by a command that counts: it is the only one that is heard."""

    @pytest.fixture(autouse=True)
    async def _only_the_last_is_heard(self, server: TelegramServer, ear: Ear) -> None:
        self.server = server
        self.ear = ear
        self.anna = server.person("Anna")
        self.room = server.room("Ops")

    async def _hear_only_the_next(self) -> None:
        number = self.server.send("/b24help", sender=self.anna)
        assert (await self.ear.next()).event_id == str(number)
        assert len(self.ear.heard) == 1

    @pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post"])
    async def test_an_edited_command_and_a_channel_s_post_are_ignored(self, kind: str) -> None:
        self.server.send("/b24help", sender=self.anna, kind=kind)
        await self._hear_only_the_next()

    async def test_a_forwarded_command_is_ignored(self) -> None:
        self.server.forward("/b24help", sender=self.anna, author=self.server.person("Boris"))
        await self._hear_only_the_next()

    async def test_another_bot_s_command_is_ignored(self) -> None:
        self.server.send("/b24help", sender=self.server.person("Robo", is_bot=True), chat=self.room)
        await self._hear_only_the_next()

    async def test_an_anonymous_administrator_is_ignored(self) -> None:
        anonymous = self.server.person("Group", username="GroupAnonymousBot", is_bot=False)
        self.server.send(
            "/b24help", sender=anonymous, chat=self.room, sender_chat=self.room.to_json()
        )
        stand_in = Person(1087968824, "Group")
        self.server.send("/b24help", sender=stand_in, chat=self.room)
        await self._hear_only_the_next()

    async def test_what_another_bot_wrote_for_a_person_is_ignored(self) -> None:
        robot = self.server.person("Robo", is_bot=True)
        self.server.send("/b24help", sender=self.anna, via_bot=robot.to_json())
        await self._hear_only_the_next()

    @pytest.mark.parametrize("text", ["/b24help@OtherBot", "/start@OtherBot"])
    async def test_a_command_to_another_bot_is_ignored(self, text: str) -> None:
        self.server.send(text, sender=self.anna, chat=self.room)
        self.server.send(text, sender=self.anna)
        await self._hear_only_the_next()

    @pytest.mark.parametrize(
        "text", ["hello", "/start", "see /b24help", "b24help", "@B24TestBot hi"]
    )
    async def test_talk_in_a_group_is_ignored(self, text: str) -> None:
        self.server.send(text, sender=self.anna, chat=self.room)
        await self._hear_only_the_next()

    async def test_a_command_shown_as_code_in_a_group_is_ignored(self) -> None:
        text = "/b24notify @anna hi"
        code = entity(text, text, "code")
        self.server.send(text, sender=self.anna, chat=self.room, entities=[code])
        await self._hear_only_the_next()

    async def test_a_message_without_words_is_ignored(self) -> None:
        self.server.send("", sender=self.anna, is_caption=True)
        await self._hear_only_the_next()
