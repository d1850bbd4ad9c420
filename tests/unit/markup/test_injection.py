"""Nothing a person writes becomes active, wherever it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bridge.markup import bbcode
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Item,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    Shared,
    Strong,
    Table,
    Text,
)
from tests.unit.markup.cases import cases, visible
from tests.unit.markup.test_reading import check_reading

if TYPE_CHECKING:
    from collections.abc import Callable

_ROWS = cases("injection.md", parts=4)
_ADDRESS = "https://e.example/"
_COMMAND = re.compile(r"\A/(?=me|loud)")  # what counts there alone is guarded there alone


def _paragraph(*nodes: Inline) -> Document:
    return Document((Paragraph(nodes),))


_STARTS_LINE: dict[str, tuple[Callable[[str], Document], str]] = {
    "bold": (lambda text: _paragraph(Strong((Text(text),))), "[b]{}[/b]"),
    "bold and italic": (
        lambda text: _paragraph(Strong((Emphasis((Text(text),)),))),
        "[b][i]{}[/i][/b]",
    ),
    "two leaves": (lambda text: _paragraph(Text(text[:1]), Text(text[1:]), Text(" .")), "{} ."),
    "link label": (
        lambda text: _paragraph(Link(_ADDRESS, (Text(text),))),
        f"[url={_ADDRESS}]{{}}[/url]",
    ),
    "label of no link": (lambda text: _paragraph(Link("x", (Text(text),))), "{} (x)"),
    "image": (lambda text: _paragraph(Image(_ADDRESS, text)), f"[url={_ADDRESS}]{{}}[/url]"),
    "mention name": (
        lambda text: _paragraph(Mention(text, user_id=5)),
        "[user=5]{}[/user]",
    ),
    "quote": (lambda text: Document((Quote((Paragraph((Text(text), Text(" ."))),)),)), ">>{} ."),
    "item": (lambda text: Document((List((Item((Paragraph((Text(text),)),)),)),)), "• {}"),
    "table cell": (
        lambda text: Document((Table(((Text("head"),),), (((Text(text),),),)),)),
        "[b]head[/b]\n{}",
    ),
    "heading": (
        lambda text: Document((Heading(1, (Text(text),)),)),
        "[size=22][b]{}[/b][/size]",
    ),
    "colour": (lambda text: _paragraph(Color(text), Text(" .")), "{} ."),
    "shared author": (
        lambda text: Document((Shared(text, (Paragraph((Text(" ."),)),)),)),
        ">>[b]{}[/b]·\n>>·\n>> .",
    ),
}
_WITHIN_LINE: dict[str, tuple[Callable[[str], Document], str]] = {
    "sentence": (lambda text: _paragraph(Text("a "), Text(text), Text(" b")), "a {} b"),
    "code span": (lambda text: _paragraph(Code(text + " ")), "`{} `"),
    "unknown mention": (lambda text: _paragraph(Mention(text), Text(" b")), "@{} b"),
    "no address": (lambda text: _paragraph(Link(f"x {text} ", (Text("a"),))), "a (x {} )"),
}


@pytest.mark.parametrize("context", _STARTS_LINE)
@pytest.mark.parametrize(("hostile", "text", "_code", "_address"), _ROWS)
def test_a_text_is_literal_at_the_start_of_a_line(
    hostile: str, text: str, _code: str, _address: str, context: str
) -> None:
    make, frame = _STARTS_LINE[context]
    sent = _COMMAND.sub("/·", frame.format(text))
    assert visible(bbcode.render(make(hostile))) == visible(sent)


@pytest.mark.parametrize("context", _WITHIN_LINE)
@pytest.mark.parametrize(("hostile", "text", "_code", "_address"), _ROWS)
def test_a_text_is_literal_within_a_line(
    hostile: str, text: str, _code: str, _address: str, context: str
) -> None:
    make, frame = _WITHIN_LINE[context]
    expected = hostile if hostile.startswith(">>") else text
    assert visible(bbcode.render(make(hostile))) == visible(frame.format(expected))


@pytest.mark.parametrize(("hostile", "_text", "code", "_address"), _ROWS)
def test_a_text_is_literal_in_a_code_block(
    hostile: str, _text: str, code: str, _address: str
) -> None:
    sent = bbcode.render(Document((CodeBlock(hostile),)))
    assert visible(sent) == visible(f"[code]\n{code}[/code]")


@pytest.mark.parametrize(("hostile", "_text", "_code", "address"), _ROWS)
def test_a_text_is_harmless_in_an_address(
    hostile: str, _text: str, _code: str, address: str
) -> None:
    sent = bbcode.render(_paragraph(Link(_ADDRESS + hostile, (Text("label"),))))
    assert visible(sent) == visible(f"[url={_ADDRESS}{address}]label[/url]")


_BLOCKS: dict[str, Callable[[str], Document]] = {
    name: make for name, (make, _) in {**_STARTS_LINE, **_WITHIN_LINE}.items()
} | {
    "code block": lambda text: Document((CodeBlock(text),)),
    "code in a quote": lambda text: Document((Quote((CodeBlock(text),)),)),
    "quote in a quote": lambda text: Document((Quote((Quote((Paragraph((Text(text),)),)),)),)),
    "item in a quote": lambda text: Document(
        (Quote((List((Item((Paragraph((Text(text),)),)),)),)),)
    ),
    "head of a table": lambda text: Document((Table(((Text("a"),), (Text(text),)), ()),)),
    "link address": lambda text: _paragraph(Link(_ADDRESS + text, (Text("label"),))),
    "image address": lambda text: _paragraph(Image(_ADDRESS + text, "label")),
    "shared address": lambda text: Document((Shared("Anna", (), _ADDRESS + text),)),
    "address alone": lambda text: _paragraph(Link(text, ())),
}
_LEAVES: dict[str, Callable[[str], Inline]] = {
    "text": Text,
    "bold": lambda text: Strong((Text(text),)),
    "bold and italic": lambda text: Strong((Emphasis((Text(text),)),)),
    "code span": Code,
    "link label": lambda text: Link(_ADDRESS, (Text(text),)),
    "label of no link": lambda text: Link("x", (Text(text),)),
    "no address": lambda text: Link(text, (Text("a"),)),
    "image": lambda text: Image(_ADDRESS, text),
    "mention": lambda text: Mention(text, user_id=5),
    "unknown mention": Mention,
    "colour": Color,
}


@pytest.mark.parametrize("context", _BLOCKS)
@pytest.mark.parametrize(("hostile", "_text", "_code", "_address"), _ROWS)
def test_a_text_is_seen_as_it_is_and_does_nothing(
    hostile: str, _text: str, _code: str, _address: str, context: str
) -> None:
    check_reading(_BLOCKS[context](hostile))


@pytest.mark.parametrize("after", _LEAVES)
@pytest.mark.parametrize("before", _LEAVES)
def test_two_leaves_make_no_markup_together(before: str, after: str) -> None:
    for row in _ROWS:
        hostile = str(row.values[0])
        for place in {1, len(hostile) // 2, len(hostile) - 1}:
            first = _LEAVES[before](hostile[:place])
            second = _LEAVES[after](hostile[place:])
            check_reading(_paragraph(first, second))
            check_reading(_paragraph(Text("a "), first, second, Text(" b")))


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("/me sings", "/·me sings"),
        ("/mexico", "/·mexico"),
        (" \n/LOUD x", "/·LOUD x"),
        ("a /me", "a /me"),
        ("max", "max·"),
        ("Date", "Date·"),
        ("A\\B::c", "A\\B::c·"),
        ("0", "0·"),
        ("max.", "max."),
        ("  >>x", ">·>x"),
        ("a\n \t>>x", "a\n \t>·>x"),
        ("a\u2028>>x\r\n>>y", "a\n>·>x\n>·>y"),
        ("a\0b \ud83d\ude00 \ud83d!", "a\ufffdb 😀 \ufffd!"),
    ],
)
def test_a_message_is_literal_as_a_whole(message: str, sent: str) -> None:
    assert visible(bbcode.render(_paragraph(Text(message)))) == sent


def test_formatting_between_two_halves_of_markup_keeps_them_apart() -> None:
    sent = bbcode.render(_paragraph(Text(">"), Strong((Text(">[b"),)), Text("]")))
    assert visible(sent) == ">[b]>[·b[/b]]"


def test_a_mention_has_a_plain_name_on_one_line() -> None:
    sent = bbcode.render(_paragraph(Strong((Mention(" Anna \n [b]P[/b] ", user_id=5),))))
    assert visible(sent) == "[b][user=5]Anna [·b]P[·/b][/user][/b]"


@pytest.mark.parametrize(
    ("mention", "sent"),
    [
        (Mention("anna"), "@anna"),
        (Mention("", external_id="U012"), "@U012"),
        (Mention(" ", user_id=5), "[user=5]#5[/user]"),
    ],
)
def test_a_mention_without_a_person_or_a_name_is_still_seen(mention: Mention, sent: str) -> None:
    assert bbcode.render(_paragraph(mention)) == sent


def test_a_mention_within_a_link_is_text() -> None:
    sent = bbcode.render(_paragraph(Link(_ADDRESS, (Text("ask "), Mention("anna", user_id=5)))))
    assert sent == f"[url={_ADDRESS}]ask @anna[/url]"
