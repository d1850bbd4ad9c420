"""What holds for every tree."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given

from bridge.markup import bbcode, plain
from bridge.markup.nodes import (
    CodeBlock,
    Color,
    Document,
    Emphasis,
    Heading,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Shared,
    Strong,
    Table,
    Text,
    Underline,
)
from tests.unit.markup.trees import documents, sendable_texts

_TAG = re.compile(r"\[(/?)(b|i|u|s|size|url|user|code)(?:=[^\[\]]*)?\]")


def _line(*nodes: Inline) -> str:
    return bbcode.render(Document((Paragraph(nodes),)))


@given(documents)
def test_rendering_never_raises(document: Document) -> None:
    bbcode.render(document).encode()
    plain.render(document)
    sendable = msgspec.json.encode(document) if _is_sendable(document) else b""
    if sendable:
        assert msgspec.json.decode(sendable, type=Document) == document


def _is_sendable(document: Document) -> bool:
    try:
        repr(document).encode()
    except UnicodeEncodeError:
        return False
    return True


@given(documents)
def test_tags_are_well_nested_and_none_is_empty(document: Document) -> None:
    sent = re.sub(r"\[code\]\n.*?\[/code\]", "x", bbcode.render(document), flags=re.DOTALL)
    assert not re.search(r"\[(\w+)[^\[\]]*\]\[/\1\]", sent)
    open_tags: list[str] = []
    for closing, name in _TAG.findall(sent):
        if closing:
            assert open_tags.pop() == name
        else:
            assert name not in open_tags
            open_tags.append(name)
    assert not open_tags


@given(documents)
def test_no_formatting_crosses_the_edge_of_a_quote(document: Document) -> None:
    sent = re.sub(r"\[code\]\n.*?\[/code\]", "x", bbcode.render(document), flags=re.DOTALL)
    for line in sent.split("\n"):
        if line.startswith(">>"):
            tags = _TAG.findall(line)
            assert sum(bool(closing) for closing, _ in tags) * 2 == len(tags)
            assert not line.endswith("]")


@given(sendable_texts)
def test_plain_text_says_what_was_written(text: str) -> None:
    assert plain.render(Document((Paragraph((Text(text),)),))) == text


@pytest.mark.parametrize(
    ("nodes", "sent"),
    [
        ((Strong((Text("a"),)), Strong((Text("b"),))), "[b]ab[/b]"),
        ((Strong((Strong((Text("a"),)),)),), "[b]a[/b]"),
        ((Strong(()), Text("a b"), Emphasis((Text(""),))), "a b"),
        ((Strong((Text("a"), LineBreak())), Text("b")), "[b]a[/b]\nb"),
        ((Underline((Text("a"), Strong((Text("b"),)))),), "[u]a[b]b[/b][/u]"),
        (
            (Strong((Text("a"), Emphasis((Text("b"),)))), Emphasis((Text("c"),))),
            "[b]a[i]b[/i][/b][i]c[/i]",
        ),
        (
            (Link("https://e.example/", (Text("a"), Link("https://f.example/", (Text("b"),)))),),
            "[url=https://e.example/]ab[/url]",
        ),
    ],
)
def test_formatting_is_minimal(nodes: tuple[Inline, ...], sent: str) -> None:
    assert _line(*nodes) == sent


def test_mentions_are_names_in_plain_text() -> None:
    nodes = (Mention("Anna", user_id=5), Text(", "), Mention("", external_id="U1"))
    assert plain.render(Document((Paragraph(nodes),))) == "Anna, U1"


def test_plain_tables_stay_readable_with_wide_cells_and_wide_letters() -> None:
    table = Table(
        ((Text("a"),), (Text("b"),)),
        (((Text("x" * 60),), (Text("y"),)), ((Text("漢字"),), (Text("a\nb"),))),
    )
    head, _, wide, letters = plain.render(Document((table,))).split("\n")
    assert head.index("|") == 41
    assert wide == "x" * 60 + " | y"
    assert letters == "漢字" + " " * 37 + "| a b"


def test_a_large_table_is_not_padded_to_many_times_its_text() -> None:
    head, *rows = ["a" * 40] * 50, *[["b"] * 50] * 80
    cells = tuple(tuple((Text(cell),) for cell in row) for row in rows)
    written = plain.render(Document((Table(tuple((Text(cell),) for cell in head), cells),)))
    assert written.split("\n") == [" | ".join(row) for row in (head, *rows)]


def test_a_box_of_code_stands_at_the_start_of_its_line() -> None:
    items = (Item((Paragraph((Text("a"),)), CodeBlock("b"))),)
    assert bbcode.render(Document((List(items),))) == "• a\n[code]\nb[/code]"


def test_an_empty_quote_and_an_empty_heading_leave_no_trace() -> None:
    document = Document((Quote(()), Heading(1, ()), Paragraph((Text("a b"),))))
    assert bbcode.render(document) == "a b"


def test_a_message_that_is_passed_on_is_a_quote_with_author_time_and_link() -> None:
    shared = Shared(
        "Anna [b]P",
        (Paragraph((Text("api is down"),)),),
        "https://e.example/1",
        datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
    )
    assert bbcode.render(Document((shared,))) == (
        ">>[b]Anna [\u2060b]P[/b], [url=https://e.example/1]2026-11-23 10:30 UTC[/url]\u2060\n"
        ">>\u2060\n>>api is down"
    )
    assert plain.render(Document((shared,))) == (
        "> Anna [b]P, 2026-11-23 10:30 UTC (https://e.example/1)\n>\n> api is down"
    )


@pytest.mark.parametrize(
    ("shared", "sent"),
    [
        (Shared("", (Paragraph((Text("a b"),)),)), ">>a b"),
        (Shared("Anna", ()), ">>[b]Anna[/b]\u2060"),
        (
            Shared("", (), "https://e.example/"),
            ">>[url=https://e.example/]https\u2060://e.example/[/url]\u2060",
        ),
        (Shared("", (), "", datetime(2026, 1, 2, tzinfo=UTC)), ">>2026-01-02 00:00 UTC"),
    ],
)
def test_what_is_not_known_of_a_message_is_left_out(shared: Shared, sent: str) -> None:
    assert bbcode.render(Document((shared,))) == sent


def test_a_colour_is_shown_as_itself_and_by_its_name() -> None:
    assert _line(Color("#12ab9F")) == "[color=#12ab9F]■[/color] #12ab9F"
    assert _line(Color("#12[b]")) == "#12[\u2060b]"
