"""What goes into a notification's text, its e-mail and its attachment."""

from __future__ import annotations

import msgspec
from hypothesis import given

from bridge.markup import attach, bbcode, plain
from bridge.markup.characters import utf16_length
from bridge.markup.compose import Composed, compose
from bridge.markup.markdown import parse
from bridge.markup.nodes import Document, Text
from tests.unit.markup.trees import documents

TABLE = "|Service|State|\n|-|-|\n"
ENDING = (Text("whole text: over there"),)


def test_a_text_is_a_message_and_an_e_mail() -> None:
    assert compose(parse("**a** [b](https://e.example/)")) == Composed(
        message="[b]a[/b] [url=https://e.example/]b[/url]",
        message_out="a b (https://e.example/)",
        attach="",
        is_shortened=False,
    )


def test_a_table_is_attached_and_the_e_mail_says_all() -> None:
    composed = compose(parse(f"All hosts\n\n{TABLE}|the api|is down|\n\nend"))
    assert composed.message == "All hosts"
    assert composed.message_out == (
        "All hosts\n\nService | State\n--------+--------\nthe api | is down\n\nend"
    )
    grid, text = msgspec.json.decode(composed.attach)["BLOCKS"]
    assert grid["GRID"][1] == {"NAME": "the api", "VALUE": "is down", "DISPLAY": "ROW"}
    assert text == {"MESSAGE": "end\u2060"}


def test_a_table_too_large_to_attach_stays_in_the_text() -> None:
    document = parse(f"All hosts\n\n{TABLE}" + "|the api|is down|\n" * 700)
    composed = compose(document)
    assert not composed.attach
    assert composed.message == bbcode.render(document)
    assert composed.message_out == plain.render(document)
    assert not composed.is_shortened


def test_a_long_text_before_a_table_is_shortened_and_the_table_kept() -> None:
    composed = compose(parse(f"{'word ' * 5_000}\n\n{TABLE}|the api|is down|"), ENDING)
    assert utf16_length(composed.message) <= 20_000
    assert composed.message.endswith("…\n\nwhole text: over there")
    assert composed.message_out.endswith("…\n\nwhole text: over there")
    assert "the api" in composed.attach
    assert composed.is_shortened


@given(documents)
def test_every_message_keeps_its_bounds(document: Document) -> None:
    composed = compose(document)
    assert utf16_length(composed.message) <= 20_000
    assert composed.message_out == plain.render(document)
    assert composed.message or not composed.attach
    assert bool(composed.attach) == (attach.render(document) is not None)
