"""Entities become nodes, whatever their order, edges and characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from telegram.constants import MessageEntityType

from adapters.telegram.entities import read_entities
from adapters.telegram.message import read_message
from adapters.telegram.spans import Entity
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
from tests.fakes.telegram_text import entity

if TYPE_CHECKING:
    from bridge.markup.nodes import Typed

ANNA = {"id": 7, "is_bot": False, "first_name": "Anna"}


def read(text: str, *parts: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> Typed:
    """Read a text in which ``parts`` are (the words, the type of entity, more fields)."""
    entities = [
        entity(text, part[0], part[1], **(part[2] if len(part) > 2 else {})) for part in parts
    ]
    return read_message({"text": text, "entities": entities})


def bold(offset: int, length: int) -> Entity:
    return Entity("bold", offset, length)


def italic(offset: int, length: int) -> Entity:
    return Entity("italic", offset, length)


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


AS_TYPED = [
    ("https://x.example/_a_", "url"),
    ("tg://resolve?domain=a", "url"),
    ("mailto:anna@corp.example", "url"),
    ("anna@corp.example", "url"),
    ("anna@corp.example", "email"),
    ("@anna", "mention"),
    ("#deploy", "hashtag"),
    ("$USD", "cashtag"),
    ("/b24notify", "bot_command"),
    ("boo", "spoiler"),
    ("👍", "custom_emoji"),
    ("tomorrow at 5", "date_time"),
    ("whatever comes next year", "hologram"),
    ("no", ""),
]


@pytest.mark.parametrize(("text", "kind"), AS_TYPED)
def test_what_is_no_formatting_stays_text_as_typed(text: str, kind: str) -> None:
    assert read(f"a {text} z", (text, kind)) == (Text(f"a {text} z"),)


@pytest.mark.parametrize(
    ("text", "kind", "href"),
    [
        ("example.com/x", "url", "http://example.com/x"),
        ("www.example.com", "url", "http://www.example.com"),
        (
            "example.com:8080/?q=https://b.example",
            "url",
            "http://example.com:8080/?q=https://b.example",
        ),
        ("medium.com/@anna", "url", "http://medium.com/@anna"),
        ("пример.рф", "url", "http://пример.рф"),
        ("+1 (212) 555-01-23", "phone_number", "tel:+12125550123"),
        ("(0212) 555 0123", "phone_number", "tel:02125550123"),
    ],
)
def test_an_address_that_only_telegram_knows_is_a_link(text: str, kind: str, href: str) -> None:
    assert read(f"a {text} z", (text, kind)) == (
        Text("a "),
        Link(href, (Text(text),)),
        Text(" z"),
    )


@pytest.mark.parametrize(
    ("before", "text", "kind"),
    [
        ("#", "79261234567", "phone_number"),
        ("@", "anna.example", "url"),
        ("ssh://", "host.example/x", "url"),
        ("[call](tel:", "+12125550123", "phone_number"),
        ("", "one, two", "phone_number"),
        ("", "**", "url"),
    ],
)
def test_what_only_looks_like_an_address_is_text(before: str, text: str, kind: str) -> None:
    assert read(before + text, (text, kind)) == (Text(before + text),)


@pytest.mark.parametrize(
    ("text", "kind", "href"),
    [
        ("https://x.example/_a", "url", "https://x.example/_a"),
        ("example.com/x", "url", "http://example.com/x"),
        ("anna@corp.example", "email", "mailto:anna@corp.example"),
        ("anna@corp.example", "url", "mailto:anna@corp.example"),
    ],
)
def test_within_formatting_every_address_is_a_link(text: str, kind: str, href: str) -> None:
    link = Link(href, (Text(text),))
    assert read(f"a {text} z", (text, kind), (f"a {text}", "bold")) == (
        Strong((Text("a "), link)),
        Text(" z"),
    )
    assert read(f"a {text}", (text, kind), (f"a {text}", "blockquote")) == (
        Quote((Paragraph((Text("a "), link)),)),
    )


def test_an_address_is_one_however_it_is_formatted_in_part() -> None:
    text = "https://x.example/a"
    assert read(text, (text, "url"), ("x.example", "italic")) == (
        Link(text, (Text("https://"), Emphasis((Text("x.example"),)), Text("/a"))),
    )
    assert read(f"see {text}", (text, "url"), ("see https", "bold")) == (
        Strong((Text("see "), Link(text, (Text("https"),)))),
        Link(text, (Text("://x.example/a"),)),
    )


def test_code_that_is_an_address_stays_code() -> None:
    text = "https://x.example/a"
    assert read(text, (text, "url"), (text, "code")) == (Link(text, (Code(text),)),)


def test_markdown_behind_an_address_is_no_part_of_it() -> None:
    text = "**example.com/x** |example.com/y|z|"
    assert read(text, ("example.com/x**", "url"), ("example.com/y|z|", "url")) == (
        Text("**"),
        Link("http://example.com/x", (Text("example.com/x"),)),
        Text("** |"),
        Link("http://example.com/y", (Text("example.com/y"),)),
        Text("|z|"),
    )


@pytest.mark.parametrize(
    ("text", "more", "shown"),
    [
        ("⏰", {"unix_time": 1647531900}, "⏰ 2022-03-17 15:45 UTC"),
        ("22:45", {"unix_time": 1647531900, "date_time_format": "r"}, "22:45"),
        ("⏰", {}, "⏰"),
        ("⏰", {"unix_time": 10**30}, "⏰"),
    ],
)
def test_a_time_says_what_its_text_says_or_else_when_it_is(
    text: str, more: dict[str, Any], shown: str
) -> None:
    assert read(f"at {text}!", (text, "date_time", more)) == (Text(f"at {shown}!"),)


def test_every_type_of_the_bot_api_has_been_thought_of() -> None:
    formatting = {"blockquote", "bold", "code", "expandable_blockquote", "italic", "pre"}
    formatting |= {"phone_number", "strikethrough", "text_link", "text_mention", "underline"}
    assert {kind.value for kind in MessageEntityType} <= formatting | {kind for _, kind in AS_TYPED}


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
        Text("\n"),
    )


def test_several_lines_of_monospaced_text_are_lines_of_code() -> None:
    assert read("run\na\nb\n", ("a\nb\n", "code")) == (
        Text("run\n"),
        CodeBlock("a\nb"),
        Text("\n"),
    )
    assert read("run a\n", ("a\n", "code")) == (Text("run "), Code("a"), Text("\n"))
    assert read("run \n", ("\n", "code")) == (Text("run \n"),)


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
        Strong((Text("a"),)),
        Text("\n"),
        CodeBlock("b"),
        Text("\n"),
        Strong((Text("c"),)),
    )


def test_formatting_over_line_breaks_leaves_the_lines_to_markdown() -> None:
    assert read("Title\n- a", ("Title\n", "bold")) == (Strong((Text("Title"),)), Text("\n- a"))
    assert read("# A b\nc", ("b\nc", "bold")) == (
        Text("# A "),
        Strong((Text("b"),)),
        Text("\n"),
        Strong((Text("c"),)),
    )


def test_a_quote_keeps_lines_code_and_formatting() -> None:
    text = "so:\nfirst\nbig\ncode\nend"
    assert read(text, (text[4:], "blockquote"), ("first\nbig", "bold"), ("code", "pre")) == (
        Text("so:\n"),
        Quote(
            (
                Paragraph((Strong((Text("first"),)), LineBreak(), Strong((Text("big"),)))),
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
