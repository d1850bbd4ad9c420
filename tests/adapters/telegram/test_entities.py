"""Entities become nodes, whatever their order, edges and characters."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, User

from adapters.telegram.entities import read_entities
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Emphasis,
    LineBreak,
    Link,
    Mention,
    Paragraph,
    Quote,
    Strike,
    Strong,
    Text,
    Underline,
)
from tests.fakes.telegram_text import count_units, cut, entity

if TYPE_CHECKING:
    from bridge.markup.nodes import Typed

ANNA = {"id": 7, "is_bot": False, "first_name": "Anna"}


def read(text: str, *parts: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> Typed:
    """Read a text in which ``parts`` are (the words, the type of entity, more fields)."""
    entities = [
        MessageEntity.de_json(entity(text, part[0], part[1], **(part[2] if len(part) > 2 else {})))
        for part in parts
    ]
    return read_entities(text, entities)


def bold(offset: int, length: int) -> MessageEntity:
    return MessageEntity(MessageEntity.BOLD, offset, length)


def italic(offset: int, length: int) -> MessageEntity:
    return MessageEntity(MessageEntity.ITALIC, offset, length)


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        ("bold", Strong((Text("api"),))),
        ("italic", Emphasis((Text("api"),))),
        ("underline", Underline((Text("api"),))),
        ("strikethrough", Strike((Text("api"),))),
        ("code", Code("api")),
        ("pre", CodeBlock("api")),
        ("blockquote", Quote((Paragraph((Text("api"),)),))),
        ("expandable_blockquote", Quote((Paragraph((Text("api"),)),))),
    ],
)
def test_each_formatting_becomes_its_node(kind: str, node: object) -> None:
    assert read("the api is down", ("api", kind)) == (Text("the "), node, Text(" is down"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("see https://x.example/_a_", "url"),
        ("@anna", "mention"),
        ("anna@corp.example", "email"),
        ("#deploy", "hashtag"),
        ("$USD", "cashtag"),
        ("+1-212-555-0123", "phone_number"),
        ("/b24notify", "bot_command"),
        ("boo", "spoiler"),
        ("👍", "custom_emoji"),
        ("today", "date_time"),
        ("whatever comes next year", "hologram"),
    ],
)
def test_what_is_no_formatting_stays_text_as_typed(text: str, kind: str) -> None:
    assert read(f"a {text} z", (text, kind)) == (Text(f"a {text} z"),)


def test_a_link_with_a_label_keeps_both() -> None:
    assert read("it is down", ("down", "text_link", {"url": "https://status.example/1"})) == (
        Text("it is "),
        Link("https://status.example/1", (Text("down"),)),
    )


def test_a_link_without_an_address_is_text() -> None:
    assert read("it is down", ("down", "text_link")) == (Text("it is down"),)


def test_a_mention_of_a_person_without_a_handle_carries_their_number() -> None:
    assert read("ask Anna B. now", ("Anna B.", "text_mention", {"user": ANNA})) == (
        Text("ask "),
        Mention("Anna B.", "7"),
        Text(" now"),
    )


def test_lines_of_code_keep_their_language_and_lose_the_last_break() -> None:
    assert read("x\nprint(1)\n", ("print(1)\n", "pre", {"language": "python"})) == (
        Text("x\n"),
        CodeBlock("print(1)", "python"),
    )


def test_offsets_count_utf_16_code_units() -> None:
    assert read("👩‍👩‍👧 Привет, 𝄞мир𝄞!", ("мир", "bold"), ("Привет", "italic")) == (
        Text("👩‍👩‍👧 "),
        Emphasis((Text("Привет"),)),
        Text(", 𝄞"),
        Strong((Text("мир"),)),
        Text("𝄞!"),
    )


def test_an_edge_within_a_character_does_not_break_it() -> None:
    assert read_entities("😀😀x", [bold(1, 3)]) == (Strong((Text("😀😀"),)), Text("x"))


def test_nested_formatting_is_nested_the_longer_outside() -> None:
    assert read("a very big b", ("big", "italic"), ("very big", "bold")) == (
        Text("a "),
        Strong((Text("very "), Emphasis((Text("big"),)))),
        Text(" b"),
    )


def test_of_two_that_begin_together_the_longer_is_outside() -> None:
    assert read("very big", ("very", "bold"), ("very big", "italic")) == (
        Emphasis((Strong((Text("very"),)), Text(" big"))),
    )


def test_the_same_formatting_touching_is_one() -> None:
    assert read_entities("abcd", [bold(0, 2), bold(2, 2)]) == (Strong((Text("abcd"),)),)


def test_touching_formatting_of_two_kinds_stays_apart() -> None:
    assert read_entities("abcd", [bold(0, 2), italic(2, 2)]) == (
        Strong((Text("ab"),)),
        Emphasis((Text("cd"),)),
    )


def test_overlapping_formatting_is_cut_at_the_edges() -> None:
    assert read_entities("abcdef", [bold(0, 4), italic(2, 4)]) == (
        Strong((Text("ab"), Emphasis((Text("cd"),)))),
        Emphasis((Text("ef"),)),
    )


def test_formatting_around_code_and_links_is_kept() -> None:
    assert read(
        "run make now or wait",
        ("run make now", "bold"),
        ("make", "code"),
        ("now or", "text_link", {"url": "https://x.example"}),
    ) == (
        Strong((Text("run "), Code("make"), Text(" "), Link("https://x.example", (Text("now"),)))),
        Link("https://x.example", (Text(" or"),)),
        Text(" wait"),
    )


def test_code_and_people_are_never_cut() -> None:
    assert read(
        "hi Anna B. ok",
        ("hi Anna", "bold"),
        ("B. ok", "italic"),
        ("Anna B.", "text_mention", {"user": ANNA}),
    ) == (Strong((Text("hi "),)), Mention("Anna B.", "7"), Emphasis((Text(" ok"),)))


def test_no_style_stands_around_a_block() -> None:
    assert read("a\nb\nc", ("a\nb\nc", "bold"), ("b", "pre")) == (
        Strong((Text("a"), LineBreak())),
        CodeBlock("b"),
        Strong((LineBreak(), Text("c"))),
    )


def test_a_quote_keeps_lines_code_and_formatting() -> None:
    text = "so:\nfirst\nbig\ncode\nend"
    assert read(text, (text[4:], "blockquote"), ("first\nbig", "bold"), ("code", "pre")) == (
        Text("so:\n"),
        Quote(
            (
                Paragraph((Strong((Text("first"), LineBreak(), Text("big"))),)),
                CodeBlock("code"),
                Paragraph((Text("end"),)),
            )
        ),
    )


def test_what_begins_before_the_start_counts_from_there() -> None:
    assert read_entities("/b24help notify", [bold(0, 15)], 9) == (Strong((Text("notify"),)),)
    assert read_entities("/b24help notify", [bold(0, 5)], 9) == (Text("notify"),)


def test_ranges_outside_the_text_do_no_harm() -> None:
    assert read_entities("abc", [bold(-5, 6), italic(2, 99), bold(50, 1), italic(1, 0)]) == (
        Strong((Text("a"),)),
        Text("b"),
        Emphasis((Text("c"),)),
    )


def visible(node: Any) -> str:
    """Read what a node shows."""
    match node:
        case LineBreak():
            return "\n"
        case Text(text) | Code(text) | CodeBlock(text) | Mention(text):
            return text
        case _:
            return "".join(visible(child) for child in node.children)


TYPES = ["bold", "italic", "underline", "strikethrough", "code", "spoiler", "text_link", "url"]


@given(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("😀𝄞\n")),
    st.lists(st.tuples(st.sampled_from(TYPES), st.integers(-2, 30), st.integers(-2, 30))),
)
def test_any_entities_over_any_text_show_the_same_text(
    text: str, entities: list[tuple[str, int, int]]
) -> None:
    typed = read_entities(
        text,
        [
            MessageEntity(kind, offset, length, url="https://x.example")
            for kind, offset, length in entities
        ],
    )
    assert "".join(visible(node) for node in typed) == text


@given(st.text(st.sampled_from("aя😀"), min_size=1), st.data())
def test_the_bold_part_is_the_part_that_was_bold(text: str, data: st.DataObject) -> None:
    units = count_units(text)
    offset = data.draw(st.integers(0, units - 1))
    length = data.draw(st.integers(1, units - offset))
    try:
        meant = cut(text, offset, length)
    except UnicodeDecodeError:
        return
    found = [
        node for node in read_entities(text, [bold(offset, length)]) if isinstance(node, Strong)
    ]
    assert [visible(node) for node in found] == [meant]


def test_reading_is_linear() -> None:
    def seconds(count: int) -> float:
        text = "ab" * count
        person = User(1, "Anna", is_bot=False)
        entities = [bold(at, 50) for at in range(0, 2 * count, 2)]
        entities += [italic(at, 2 * count) for at in range(count)]
        entities += [MessageEntity("text_mention", at, 3, user=person) for at in range(count)]
        start = time.process_time()
        read_entities(text, entities)
        return time.process_time() - start

    gc.collect()
    gc.disable()
    try:
        once, eightfold = (min(seconds(count) for _ in range(5)) for count in (1000, 8000))
    finally:
        gc.enable()
    assert eightfold < 16 * once
