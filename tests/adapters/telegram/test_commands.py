"""What Telegram finds by itself in a command is read as it was typed."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update, User

from adapters.telegram.inbound import read_update
from bridge.commands.parser import Command, parse
from bridge.markup import bbcode, markdown
from bridge.people.identity import BitrixUserId
from bridge.people.recipients import Email, Handle, Mentioned, Number, RecipientRef
from tests.fakes.clock import START
from tests.fakes.telegram_text import entity

BOT = User(1, "Bridge", is_bot=True, username="B24TestBot")
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna"}
Part = tuple[str, str] | tuple[str, str, dict[str, Any]]


def read(text: str, *parts: Part, is_caption: bool = False) -> Command:
    """Read a command in which ``parts`` are (the words, the type of entity, more fields)."""
    names = ("caption", "caption_entities") if is_caption else ("text", "entities")
    found = [("/b24notify", "bot_command"), *parts]
    entities = [
        entity(text, part[0], part[1], **(part[2] if len(part) > 2 else {})) for part in found
    ]
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": 7, "type": "private"},
        "from": ANNA,
        names[0]: text,
        names[1]: entities,
    }
    update = Update.de_json({"update_id": 1, "message": message})
    incoming = read_update(update, BOT, START)
    assert incoming
    return parse(incoming.typed)


def message_of(command: Command) -> str:
    return bbcode.render(markdown.parse(command.text))


@pytest.mark.parametrize("is_caption", [False, True])
@pytest.mark.parametrize(
    ("typed", "part", "recipient"),
    [
        ("@anna", ("@anna", "mention"), Handle("anna")),
        ("@anna.smith.io", ("anna.smith.io", "url"), Handle("anna.smith.io")),
        ("anna@corp.example", ("anna@corp.example", "email"), Email("anna@corp.example")),
        ("anna@corp.example", ("anna@corp.example", "url"), Email("anna@corp.example")),
        ("Anna B.", ("Anna B.", "text_mention", {"user": ANNA}), Mentioned("7", "Anna B.")),
        ("#5", ("#5", "hashtag"), Number(BitrixUserId(5))),
        ("#79261234567", ("79261234567", "phone_number"), Number(BitrixUserId(79261234567))),
    ],
)
@pytest.mark.parametrize("separator", [" ", ", ", "\n", ": ", " -- "])
def test_a_recipient_may_be_an_entity(
    typed: str, part: Part, recipient: RecipientRef, separator: str, is_caption: bool
) -> None:
    command = read(f"/b24notify {typed}{separator}the api", part, is_caption=is_caption)
    assert command.recipients == (recipient,)
    assert message_of(command) == "the api"


def test_recipients_of_all_kinds_stand_together() -> None:
    command = read(
        "/b24notify @anna, Boris B., boris@corp.example #5 see example.com",
        ("@anna", "mention"),
        ("Boris B.", "text_mention", {"user": ANNA}),
        ("boris@corp.example", "email"),
        ("example.com", "url"),
    )
    assert command.recipients == (
        Handle("anna"),
        Mentioned("7", "Boris B."),
        Email("boris@corp.example"),
        Number(BitrixUserId(5)),
    )
    assert message_of(command) == "see [url=http://example.com]example.com[/url]"


@pytest.mark.parametrize(
    ("typed", "value", "part"),
    [
        ("deploy-1.example.com", "deploy-1.example.com", ("deploy-1.example.com", "url")),
        ("https://e.example/1", "https://e.example/1", ("https://e.example/1", "url")),
        ("+1-212-555-0123", "+1-212-555-0123", ("+1-212-555-0123", "phone_number")),
        ("build-20240115103", "build-20240115103", ("20240115103", "phone_number")),
        ("anna@corp.example", "anna@corp.example", ("anna@corp.example", "email")),
        ("#deploy", "#deploy", ("#deploy", "hashtag")),
        ('"on db.example.com"', "on db.example.com", ("db.example.com", "url")),
    ],
)
@pytest.mark.parametrize("equals", [" ", "="])
def test_an_option_may_be_an_entity(typed: str, value: str, part: Part, equals: str) -> None:
    command = read(f"/b24notify @anna --tag{equals}{typed} the api", part)
    assert command.options == {"--tag": value}
    assert message_of(command) == "the api"


def test_typed_markdown_is_read_around_what_telegram_finds() -> None:
    command = read(
        "/b24notify @anna [page](https://e.example/1) **example.com/x** [docs](example.org)",
        ("@anna", "mention"),
        ("https://e.example/1", "url"),
        ("example.com/x**", "url"),
        ("example.org", "url"),
    )
    assert message_of(command) == (
        "[url=https://e.example/1]page[/url] "
        "[b][url=http://example.com/x]example.com/x[/url][/b] [url=http://example.org]docs[/url]"
    )


def test_offsets_count_from_the_beginning_of_the_command() -> None:
    command = read(
        "/b24notify@B24TestBot @anna 👩‍👩‍👧 𝄞 the api is down",
        ("api", "bold"),
        ("👩‍👩‍👧", "italic"),
        ("down", "text_link", {"url": "https://e.example/1"}),
    )
    assert message_of(command) == (
        "[i]👩‍👩‍👧[/i] 𝄞 the [b]api[/b] is [url=https://e.example/1]down[/url]"
    )


def test_a_quote_and_lines_of_code_are_kept_behind_the_recipients() -> None:
    command = read(
        "/b24notify @anna see\nx = 1\nhe said\nso",
        ("x = 1", "pre", {"language": "python"}),
        ("he said\nso", "expandable_blockquote"),
    )
    assert message_of(command) == "see\n\n[code]\nx = 1[/code]\n\n>>he said\n>>so"
