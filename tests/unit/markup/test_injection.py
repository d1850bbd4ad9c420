"""Nothing a person writes becomes active, wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.markup import bbcode
from bridge.markup.nodes import (
    Code,
    CodeBlock,
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
    Strong,
    Table,
    Text,
)
from tests.unit.markup.cases import cases, visible

if TYPE_CHECKING:
    from collections.abc import Callable

_ROWS = cases("injection.md", parts=4)
_ADDRESS = "https://e.example/"


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
    assert visible(bbcode.render(make(hostile))) == visible(frame.format(text))


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
