"""Answers are literal, ping nobody and fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from adapters.telegram.outbound import LIMIT, render
from bridge.markup.nodes import (
    Block,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
)
from tests.fakes.telegram_text import check_entities, count_units, cut, detect


def line(*children: Inline) -> Document:
    return Document((Paragraph(children),))


def marks(answer: Document) -> list[tuple[str, str]]:
    """Write an answer and read what is marked, and how."""
    text, entities = render(answer)
    return [(entity.type, cut(text, entity.offset, entity.length)) for entity in entities]


def pings(answer: Document) -> list[str]:
    """Tell what Telegram makes of an answer by itself: people, addresses and commands."""
    text, entities = render(answer)
    found = detect(text, [entity.to_dict() for entity in entities])
    return [words for entity, words in found if entity["type"] in {"mention", "url", "bot_command"}]


def test_styles_code_and_links_become_entities_in_utf_16() -> None:
    answer = line(
        Text("😀 "),
        Strong((Text("Анна 𝄞"),)),
        Emphasis((Text("i"),)),
        Underline((Text("u"),)),
        Strike((Text("s"),)),
        Code("c"),
        LineBreak(),
        Link("https://x.example/?a=1&b=2", (Text("here"),)),
    )
    assert render(answer)[0] == "😀 Анна 𝄞iusc\nhere"
    assert marks(answer) == [
        ("bold", "Анна 𝄞"),
        ("italic", "i"),
        ("underline", "u"),
        ("strikethrough", "s"),
        ("code", "c"),
        ("text_link", "here"),
    ]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (Heading(1, (Text("Title"),)), "Title"),
        (Quote((Paragraph((Text("a"),)), Paragraph((Text("b"),)))), "a\n\nb"),
        (CodeBlock("x = 1\ny = 2", "python"), "x = 1\ny = 2"),
        (Rule(), "———"),
        (List((Item((Paragraph((Text("a"),)),)), Item((Paragraph((Text("b"),)),)))), "• a\n• b"),
        (List((Item((Paragraph((Text("a"),)),)),), start=7), "7. a"),
        (
            List((Item((Paragraph((Text("a"),)),), True), Item((Rule(),), False))),
            "☑ a\n☐ ———",
        ),
        (Table(((Text("a"),), (Text("b"),)), (((Text("1"),), (Code("2"),)),)), None),
        (Table(((Text("a"),),), ()), "a"),
        (Paragraph((Mention("Anna"),)), "Anna"),
        (Paragraph((Image("https://x.example/i.png", "a cat"),)), "a cat"),
    ],
)
def test_every_block_shows_its_text(block: Block, text: str | None) -> None:
    if text is None:
        assert isinstance(block, Table)
        text = "a | b\n1 | 2"
    assert render(Document((block,)))[0] == text


def test_blocks_stand_apart() -> None:
    answer = Document((Paragraph((Text("a"),)), CodeBlock("b"), Paragraph((Text("c"),))))
    assert render(answer)[0] == "a\n\nb\n\nc"
    assert marks(answer) == [("pre", "b")]


HOSTILE = "<b>x</b> *x* _x_ [x](https://x.example) &amp; \\ @boris @everyone"


@pytest.mark.parametrize(
    "answer",
    [
        line(Text(HOSTILE)),
        line(Code(HOSTILE)),
        line(Strong((Text(HOSTILE),))),
        line(Mention("@boris @everyone")),
        line(Link("https://x.example", (Text("@boris @everyone"),))),
        line(Link("javascript:@boris", (Text("@everyone"),))),
        line(Image("@boris", "@everyone")),
        line(Text("@"), Strong((Text("boris"),)), Text(" @every"), Code("one")),
        Document((CodeBlock(HOSTILE), Quote((Heading(2, (Text(HOSTILE),)),)))),
    ],
)
def test_hostile_words_stay_as_they_are_and_ping_nobody(answer: Document) -> None:
    assert "@boris" in render(answer)[0] or "@everyone" in render(answer)[0]
    assert "@everyone" in render(answer)[0]
    assert pings(answer) == []


def test_a_link_whose_label_holds_a_handle_shows_its_address() -> None:
    answer = line(Link("https://x.example", (Text("ask @boris"),)))
    assert render(answer)[0] == "ask @boris (https://x.example)"
    assert marks(answer) == [("code", "@boris"), ("code", "https://x.example")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Notified Anna https://evil.example/a?b=1.", ["https://evil.example/a?b=1"]),
        ("(tg://resolve?domain=x), FTP://x", ["tg://resolve?domain=x", "FTP://x"]),
        ("Anna www.evil.example: here", ["www.evil.example"]),
        (
            "evil.com, sub.evil.com/login; //evil.com",
            ["evil.com", "sub.evil.com/login", "evil.com"],
        ),
        ("вход.рф evil.com.1", ["вход.рф", "evil.com"]),
        ("/start now, or /b24notify@some_bot!", ["/start", "/b24notify@some_bot"]),
    ],
)
def test_addresses_and_commands_in_foreign_words_lead_nowhere(text: str, found: list[str]) -> None:
    assert marks(line(Text(text))) == [("code", words) for words in found]
    assert pings(line(Text(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "their e-mail address, 24/7, and/or by 10:30",
        "i.e. version 1.10, e.g. 3.5 / 4. A. B. Smith… done.",
        "anna.ivanova+work@corp.example",
    ],
)
def test_ordinary_words_are_no_addresses_and_no_commands(text: str) -> None:
    assert marks(line(Text(text))) == []


def test_an_address_that_goes_on_in_code_or_a_link_frees_nobody() -> None:
    link = Link("https://x.example", (Text("x.example"),))
    answer = line(Text("https://a/"), Code("b"), Text(",@boris,"), link)
    assert marks(answer) == [
        ("code", "b"),
        ("text_link", "x.example"),
        ("code", "https://a/"),
        ("code", ",@boris,"),
    ]
    assert pings(answer) == []


def test_an_address_in_an_e_mail_is_left_alone() -> None:
    assert marks(line(Text("ask anna@corp.example"))) == []


@pytest.mark.parametrize("href", ["javascript:alert(1)", "tg://user?id=1", "http://a b", ""])
def test_an_address_that_is_no_web_link_is_shown_as_text(href: str) -> None:
    answer = line(Link(href, (Text("here"),)))
    assert render(answer)[0] == f"here ({href})"
    assert "text_link" not in {kind for kind, _ in marks(answer)}
    assert pings(answer) == []


def test_more_entities_than_telegram_takes_do_not_free_a_handle() -> None:
    answer = line(*(Text(f"@name{number} ") for number in range(150)))
    assert pings(answer) == []
    assert render(answer)[0].startswith("@name0 @name1 ")


def test_what_fits_exactly_is_whole() -> None:
    assert render(line(Text("a" * LIMIT)))[0] == "a" * LIMIT


@pytest.mark.parametrize("seen_as_one", ["😀", "👩‍👩‍👧", "👍🏽", "e\u0301", "❤\ufe0f"])
def test_a_long_answer_ends_in_an_ellipsis_between_what_is_seen(seen_as_one: str) -> None:
    for lead in range(len(seen_as_one) + 2):
        text, _ = render(line(Text("a" * lead + seen_as_one * 4096)))
        assert LIMIT - 12 < count_units(text) <= LIMIT
        assert text.removeprefix("a" * lead).replace(seen_as_one, "") == "…"


def test_formatting_is_shortened_with_the_text() -> None:
    text, entities = render(line(Text("a" * 4000), Strong((Text("b" * 4000),)), Code("gone")))
    assert text.endswith("b…")
    assert [entity.type for entity in entities] == [MessageEntity.BOLD]
    check_entities(text, [entity.to_dict() for entity in entities])


words = st.lists(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from([*"@😀_/.:", "://", "https://", "www.", "a.com", " /go"]),
    max_size=30,
).map("".join)
inlines: st.SearchStrategy[Inline] = st.recursive(
    st.builds(Text, words) | st.builds(Code, words) | st.builds(Mention, words),
    lambda inner: (
        st.builds(Strong, st.lists(inner).map(tuple))
        | st.builds(Link, st.just("https://x.example") | words, st.lists(inner).map(tuple))
    ),
    max_leaves=8,
)


@given(st.lists(inlines, max_size=6), st.sampled_from([1, 300]))
def test_any_answer_is_taken_by_telegram_and_pings_nobody(
    children: list[Inline], times: int
) -> None:
    answer = line(*children * times)
    text, entities = render(answer)
    check_entities(text, [entity.to_dict() for entity in entities])
    assert count_units(text) <= LIMIT
    assert pings(answer) == []
