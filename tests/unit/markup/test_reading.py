"""What is seen equals what was meant: every message goes through the reader of BB codes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.sandbox.reader import read
from bridge.markup import bbcode
from bridge.markup.fit import fit
from bridge.markup.nodes import (
    CodeBlock,
    Document,
    Image,
    Item,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Strong,
    Text,
)
from tests.unit.markup.meaning import meant
from tests.unit.markup.pages import Page, seen
from tests.unit.markup.trees import documents, hostile_texts

_KINDS = {"b", "i", "u", "s", "size", "color", "url", "user", "code", "quote"}


def check_reading(document: Document) -> None:
    """Compare what is seen of a message with what is meant: text, spans and dangers."""
    sent = bbcode.render(document)
    reading = read(sent)
    expected, found = meant(document), seen(reading)
    assert not reading.dangers, sent
    assert {span.kind for span in reading.spans} <= _KINDS, sent
    assert _texts(found) == _texts(expected), sent
    assert found.codes == expected.codes, sent
    assert [line.cells for line in found.lines] == [line.cells for line in expected.lines], sent


def _texts(page: Page) -> list[tuple[int, str]]:
    return [(line.quote, line.text) for line in page.lines]


@given(documents)
@example(Document((Paragraph((Link("https://e.example/", (Text("\ufeff"),)),)),)))
@example(Document((Paragraph((Image("there", "\u200b"),)),)))
@example(Document((Quote((Quote((CodeBlock(">>a\n[b]"),)),)), Quote((Paragraph((Text("b"),)),)))))
@example(Document((List((Item((List((Item((CodeBlock("a"),)),)),)),), start=98),)))
def test_what_is_seen_is_what_was_meant(document: Document) -> None:
    check_reading(document)


@given(documents, st.integers(0, 80))
def test_nothing_becomes_active_by_shortening(document: Document, most: int) -> None:
    whole, shortened = read(bbcode.render(document)), read(fit(document, most).text)
    assert not shortened.dangers
    assert {span.kind for span in shortened.spans} <= {span.kind for span in whole.spans}


@given(hostile_texts, hostile_texts)
def test_texts_that_touch_are_seen_as_they_were_written(before: str, after: str) -> None:
    for node in (Text(after), Strong((Text(after),)), Link("https://e.example/", (Text(after),))):
        check_reading(Document((Paragraph((Text(f"«{before}"), node, Text("»"))),)))


def test_a_list_is_indented_in_steps_of_four() -> None:
    inner = List((Item((Paragraph((Text("b"), LineBreak(), Mention("c"))),)),))
    document = Document((List((Item((Paragraph((Text("a"),)), inner)),)),))
    expected, found = meant(document), seen(read(bbcode.render(document)))
    assert [(line.text, line.indent) for line in found.lines] == [
        ("• a", 0),
        ("• b", 1),
        ("@c", 2),
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("a \u202eb", "a \u202eb\u202c"),
        ("\u2067\u202ba\u2068b", "\u2067\u202ba\u2068b\u2069\u202c\u2069"),
        ("\u2067\u202ba\u2069b", "\u2067\u202ba\u2069b"),
        ("\u202aa\u202cb\u202c\u2069", "\u202aa\u202cb\u202c\u2069"),
        ("\u2066\u202ca", "\u2066\u202ca\u2069"),
        ("\u200fa", "\u200fa"),
    ],
)
def test_a_text_turns_no_other_text_around(text: str, ended: str) -> None:
    nodes = (Text(text), Strong((Text(text),)), Mention(text, user_id=5))
    sent = bbcode.render(Document((Paragraph(nodes),)))
    assert sent == f"{ended}[b]{ended}[/b][user=5]{ended}[/user]"
