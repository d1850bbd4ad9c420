"""What a person typed, on a platform that has marked some of it already."""

from __future__ import annotations

import re
from itertools import chain

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.markup import bbcode, plain
from bridge.markup.fit import fit
from bridge.markup.markdown import parse
from bridge.markup.nodes import (
    Block,
    Code,
    CodeBlock,
    Document,
    Heading,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
    Typed,
)
from tests.unit.markup.trees import hostile_texts

ANNA = Mention("Anna", external_id="U1", user_id=5)
LINK = Link("https://e.example/a_b", (Text("there"),))


def _read(*typed: Node) -> tuple[Block, ...]:
    return parse(typed).children


def _read_line(*typed: Node) -> tuple[Inline, ...]:
    (paragraph,) = _read(*typed)
    assert isinstance(paragraph, Paragraph)
    return paragraph.children


def test_text_around_a_mention_is_read_as_markdown() -> None:
    assert _read_line(Text("**hi "), ANNA, Text("** you")) == (
        Strong((Text("hi "), ANNA)),
        Text(" you"),
    )


def test_a_platforms_own_formatting_is_not_read_again() -> None:
    marked = Strong((Text("*as is* https://e.example"),))
    assert _read_line(Text("*a* "), marked)[-1] == marked


def test_a_block_splits_the_text() -> None:
    quote = Quote((Paragraph((Text("*q*"),)),))
    assert _read(Text("a *b"), quote, Text("c* d")) == (
        Paragraph((Text("a *b"),)),
        quote,
        Paragraph((Text("c* d"),)),
    )


def test_a_node_survives_in_a_heading_a_cell_and_a_label() -> None:
    assert _read(Text("# "), ANNA) == (Heading(1, (ANNA,)),)
    assert _read(Text("|a|\n|-|\n|"), ANNA, Text("|")) == (Table(((Text("a"),),), (((ANNA,),),)),)
    assert _read_line(Text("["), ANNA, Text("](https://e.example/)")) == (
        Link("https://e.example/", (ANNA,)),
    )


def test_a_node_in_code_is_its_text() -> None:
    assert _read_line(Text("`ask "), ANNA, Text("`")) == (Code("ask @Anna"),)
    assert _read(Text("```\n"), LINK, Text("\n```")) == (CodeBlock("there"),)


def test_a_node_in_an_address_is_its_own_address() -> None:
    assert _read_line(Text("[a]("), LINK, Text(")")) == (Link(LINK.href, (Text("a"),)),)
    assert _read_line(Text("![a]("), Image("https://e.example/i", "x"), Text(")")) == (
        Image("https://e.example/i", "a"),
    )
    assert _read_line(Text("[a](/u/"), ANNA, Text(")")) == (Link("/u/@Anna", (Text("a"),)),)


def test_a_node_in_html_is_its_text() -> None:
    assert _read_line(Text("<b "), ANNA, Text(">")) == (Text("<b "), ANNA, Text(">"))


def test_a_node_in_a_footnotes_label_is_its_text() -> None:
    assert _read_line(Text("[^"), ANNA, Text("]: b")) == (Text("[@Anna] "), Text("b"))
    assert _read(Text("a[^www.e.example/_x]\n\n[^www.e.example/_x]: b")) == (
        Paragraph((Text("a"), Text("[www.e.example/_x]"))),
        Paragraph((Text("[www.e.example/_x] "), Text("b"))),
    )


def test_a_node_touching_an_address_is_no_part_of_it() -> None:
    assert _read_line(Text("https://e.example/"), ANNA) == (
        Link("https://e.example/", (Text("https://e.example/"),)),
        ANNA,
    )


def test_a_platforms_line_break_is_one() -> None:
    assert _read_line(Text("a"), LineBreak(), ANNA) == (Text("a"), LineBreak(), ANNA)


def test_a_persons_own_private_characters_survive() -> None:
    own = "\U000f0000\U000f0001\U0010fffd"
    line = _read_line(Text(own), ANNA, Text(own))
    assert ANNA in line
    assert plain.render(Document((Paragraph(line),))) == f"{own}Anna{own}"


def test_nodes_beyond_all_private_characters_still_stand_in_order() -> None:
    own = "".join(map(chr, chain(range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFD))))
    typed: Typed = (Text(own), ANNA, Text("*a*"), LINK, Text("b"))
    text = plain.render(parse(typed))
    assert text.endswith("Annaa\n\nthere (https://e.example/a_b)\n\nb")


def test_line_ends_of_all_systems_are_the_same() -> None:
    assert parse("a\r\nb\rc\n\n```\r\nx\r\ny\r\n```") == parse("a\nb\nc\n\n```\nx\ny\n```")


def test_what_cannot_be_sent_is_mended_without_loss_where_it_can_be() -> None:
    assert parse("a\0b \ud83d\ude00 \ud83d \ude00!") == Document(
        (Paragraph((Text("a\ufffdb 😀 \ufffd \ufffd!"),)),)
    )


@given(st.text(st.characters(codec=None), max_size=60) | hostile_texts)
def test_reading_never_raises(text: str) -> None:
    document = parse(text)
    assert parse((Text(text),)) == document
    msgspec.json.encode(document)


@given(st.lists(st.one_of(hostile_texts.map(Text), st.just(ANNA), st.just(LINK)), max_size=8))
def test_reading_never_loses_a_mention_but_in_code_and_addresses(typed: list[Inline]) -> None:
    seen = msgspec.json.encode(parse(tuple(typed))).decode()
    if not any(mark in node.text for node in typed if isinstance(node, Text) for mark in "[]`!<:~"):
        assert seen.count('"user_id":5') + seen.count("@Anna") == typed.count(ANNA)


DEEP = [
    pytest.param("> " * 5_000 + "x", id="quotes"),
    pytest.param("1. " * 5_000 + "x", id="lists"),
    pytest.param("> - " * 3_000 + "**x**", id="lists in quotes"),
    pytest.param("".join("  " * depth + "- a\n" for depth in range(200)), id="indented lists"),
    pytest.param("*a **b " * 3_000 + "x" + "** c*" * 3_000, id="emphasis"),
    pytest.param("[^a]: " * 3_000 + "x", id="footnotes"),
    pytest.param("[" * 5_000 + "x" + "](y)" * 5_000, id="brackets"),
    pytest.param("![" * 3_000 + "x" + "](y)" * 3_000, id="images"),
]


@pytest.mark.parametrize("markdown", DEEP)
def test_deep_nesting_exhausts_no_stack(markdown: str) -> None:
    document = parse(markdown)
    assert "x" in plain.render(document) or "a" in plain.render(document)
    assert fit(document).text
    assert msgspec.json.decode(msgspec.json.encode(document), type=Document) == document
    assert hash(document) == hash(parse(markdown))


def test_nesting_that_people_use_is_kept() -> None:
    document = parse("".join("  " * depth + f"- {depth}\n" for depth in range(20)))
    depth = 0
    blocks = document.children
    while blocks and isinstance(blocks[-1], List):
        depth += 1
        blocks = blocks[-1].items[-1].children
    assert depth == 20


@pytest.mark.parametrize("row", ["x{}", "|x{}|**y**|"])
@pytest.mark.parametrize("columns", [400, 700])
def test_a_table_too_large_for_the_grammar_says_everything_once(row: str, columns: int) -> None:
    typed = "\n".join(["|a" * columns, "|-" * columns, *map(row.format, range(1100)), "# x1100"])
    document = parse(typed)
    assert [type(block) for block in document.children] == [Table, Paragraph, Heading]
    said = re.findall(r"x\d+", bbcode.render(document))
    assert said == [f"x{number}" for number in range(1101)]
