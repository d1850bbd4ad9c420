"""Tables, pictures, rules and shared messages as blocks."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given

from adapters.sandbox.attach import MAX_BYTES, check_attach
from adapters.sandbox.reader import read
from bridge.markup import attach, bbcode
from bridge.markup.characters import is_blank
from bridge.markup.markdown import parse
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Document,
    Image,
    Mention,
    Paragraph,
    Rule,
    Shared,
    Table,
    Text,
)
from bridge.markup.walk import walk_back
from tests.unit.markup.cases import cases, visible
from tests.unit.markup.trees import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.nodes import Node

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_SAID_BY: Final = {
    "b": "",
    "i": "Emphasis(",
    "u": "Underline(",
    "s": "Strike(",
    "size": "Heading(",
    "url": "",
    "user": "Mention(",
    "code": "CodeBlock(",
    "color": "Color(",
}


def _blocks(document: Document) -> list[dict[str, Any]]:
    attached = attach.render(document)
    blocks: list[dict[str, Any]] = msgspec.json.decode(attached.json)["BLOCKS"] if attached else []
    return blocks


def _said(document: Document) -> Document:
    attached = attach.render(document)
    return attached.lead if attached else document


@pytest.mark.parametrize(("markdown", "message", "blocks"), cases("attach.md", parts=3))
def test_markdown_becomes_blocks(markdown: str, message: str, blocks: str) -> None:
    document = parse(markdown)
    written = [msgspec.json.encode(block).decode() for block in _blocks(document)]
    assert visible("\n".join(written)) == visible(blocks)
    assert visible(bbcode.render(_said(document))) == visible(message)


@pytest.mark.parametrize(
    ("shared", "said", "blocks"),
    [
        (
            Shared("Anna", (Paragraph((Text("a b"),)),), "https://e.example/1", NOON),
            "[b]Anna[/b]: a b",
            [
                {"USER": {"NAME": "Anna·"}},
                {"MESSAGE": "a b"},
                {"LINK": {"NAME": "2026-11-23 12:00 UTC", "LINK": "https://e.example/1"}},
            ],
        ),
        (
            Shared("Anna P", (Rule(), Paragraph((Image("https://e.example/i", "a b"),)))),
            "[b]Anna P[/b]: a b (https·://e.example/i)",
            [
                {"USER": {"NAME": "Anna P"}},
                {"DELIMITER": {"SIZE": 200, "COLOR": "#c6c6c6"}},
                {"IMAGE": {"NAME": "a b", "LINK": "https://e.example/i"}},
            ],
        ),
        (
            Shared("", (Paragraph((Text("a b"),)),), "tg://1", NOON),
            "2026-11-23 12:00 UTC (tg://1): a b",
            [{"MESSAGE": "a b"}, {"MESSAGE": "2026-11-23 12:00 UTC (tg·://1)"}],
        ),
        (
            Shared("", (), "https://e.example/1"),
            "[url=https://e.example/1]https·://e.example/1[/url]",
            [{"LINK": {"NAME": "https·://e.example/1", "LINK": "https://e.example/1"}}],
        ),
        (Shared("", (Paragraph((Text("a b"),)),)), ">>a b", []),
    ],
    ids=["whole", "no source", "no link", "no time", "nothing known"],
)
def test_a_shared_message_is_its_author_its_text_and_where_it_stands(
    shared: Shared, said: str, blocks: list[object]
) -> None:
    document = Document((shared,))
    assert bbcode.render(_said(document)).replace("tg\u2060:", "tg:") == said.replace("·", "\u2060")
    encoded = msgspec.json.encode(_blocks(document)).decode()
    assert visible(encoded) == msgspec.json.encode(blocks).decode()


def test_a_message_begins_with_the_first_words_of_one_that_is_passed_on() -> None:
    shared = Shared("Anna P", (Paragraph((Text("word " * 100),)),))
    assert bbcode.render(_said(Document((shared,)))) == f"[b]Anna P[/b]: {'word ' * 19}word…"


def test_a_table_of_mentions_keeps_them_active() -> None:
    cells = (((Mention("Anna", user_id=5),), (Text("on call"),)),)
    table = Table(((Text("Who"),), (Text("Duty"),)), cells)
    *_, card = _blocks(Document((table,)))
    assert card["GRID"][0]["VALUE"] == "[b][user=5]Anna[/user][/b]"


def test_cells_without_a_head_are_values_alone() -> None:
    cells = (((Text("a b"),), (Text("c d"),), (Text("e f"),)),)
    *_, card = _blocks(Document((Table(((Text("A"),), (Text("B"),)), cells),)))
    assert card["GRID"][1:] == [
        {"NAME": "B\u2060", "VALUE": "c d", "DISPLAY": "ROW"},
        {"VALUE": "e f", "DISPLAY": "ROW"},
    ]


def test_an_author_who_cannot_be_seen_leaves_the_message_to_the_text() -> None:
    assert attach.render(Document((Shared("\ufeff", (Paragraph((Text("a b"),)),)),))) is None


@pytest.mark.parametrize(("letter", "size"), [("x", 1), ("ж", 2), ("漢", 3), ("\\n", 6), ('"', 2)])
def test_what_is_too_large_for_blocks_is_text(letter: str, size: int) -> None:
    def make(count: int, rest: int) -> Document:
        table = Table(((Text("x " + letter * count + "." * rest),),), ())
        return Document((Paragraph((Text("a b"),)), table))

    least = attach.render(make(0, 0))
    assert least
    count, rest = divmod(MAX_BYTES - len(least.json), size)
    fitting = attach.render(make(count, rest))
    assert fitting
    assert len(fitting.json.encode()) == MAX_BYTES
    assert attach.render(make(count, rest + 1)) is None


@given(documents)
def test_the_portal_takes_the_blocks(document: Document) -> None:
    attached = attach.render(document)
    if attached:
        assert check_attach(attached.json).json == attached.json
        assert len(attached.json.encode()) <= MAX_BYTES
        assert read(bbcode.render(attached.lead)).text.strip()


@given(documents)
def test_displays_are_not_mixed_and_only_rows_lack_a_part(document: Document) -> None:
    for block in _blocks(document):
        cells = block.get("GRID", [])
        assert len({cell["DISPLAY"] for cell in cells}) <= 1
        for cell in cells:
            assert cell["DISPLAY"] == "ROW" or {"NAME", "VALUE"} <= cell.keys()


@given(documents)
def test_all_that_a_message_shows_is_in_its_text_or_its_blocks(document: Document) -> None:
    texts = [bbcode.render(_said(document)), *_strings(_blocks(document))]
    seen = _words("".join(read(text).text for text in texts))
    for node in walk_back(document.children):
        for line in re.split("[\n\r\v\f\x85\u2028\u2029]", _shown(node)):
            # Between an author and the time is a comma.
            assert _words(line) in seen or line == ", " or is_blank(line)


@given(documents)
def test_nothing_is_active_in_blocks_that_the_tree_does_not_say(document: Document) -> None:
    said = repr(document)
    blocks = _blocks(document)
    for text in _strings(blocks):
        seen = read(_unescape(text))
        assert not seen.dangers
        assert seen.text == read(text).text
        for kind in {span.kind for span in seen.spans} - {"quote"}:
            assert _SAID_BY[kind] in said
    for name in _strings(blocks, "NAME"):
        assert not read(name).spans


def _shown(node: Node) -> str:
    match node:
        case Text(text) | Code(text) | CodeBlock(text) | Color(text):
            return text
        case Mention(label):
            return label
        case Image(_, alt, title):
            return title if title.strip() else alt
        case Shared(author):
            return author
    return ""


def _strings(value: object, *keys: str) -> Iterator[str]:
    """Yield the texts within blocks, only those under the keys if there are any."""
    match value:
        case dict():
            for key, held in value.items():
                if key in (keys or ("MESSAGE", "NAME", "VALUE")) and isinstance(held, str):
                    yield held
                yield from _strings(held, *keys)
        case list():
            for held in value:
                yield from _strings(held, *keys)


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _words(text: str) -> str:
    """Leave out what cannot be seen and what the portal changes: white space, NUL, halves."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(
        char for char in whole if not char.isspace() and char not in "\0\ufffd\u2060\ufeff"
    )
