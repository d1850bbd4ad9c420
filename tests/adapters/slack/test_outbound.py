from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.outbound import render
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
from tests.fakes.slack_blocks import check_message, show


def _line(*children: Inline) -> Paragraph:
    return Paragraph(children)


def _shown(*blocks: Block) -> str:
    message = render(Document(blocks))
    check_message(message.text, message.blocks)
    return show(message.blocks)


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        (Text("plain"), "plain"),
        (LineBreak(), "\n"),
        (Strong((Text("a"), Emphasis((Text("b"),)))), "**a****__b__**"),
        (Strike((Text("a"),)), "~~a~~"),
        (Underline((Text("a"),)), "a"),
        (Code("*a*"), "`*a*`"),
        (Strong((Code("a"),)), "**`a`**"),
        (Link("https://x.example", (Text("x"),)), "[x](https://x.example)"),
        (Link("https://x.example", (Strong((Text("x"),)),)), "[**x**](https://x.example)"),
        (Link("javascript:alert(1)", (Text("x"),)), "x"),
        (Image("https://x.example/a.png", "a"), "[a](https://x.example/a.png)"),
        (Mention("anna", "U1"), "@anna"),
    ],
)
def test_inline_nodes_have_their_look(inline: Inline, expected: str) -> None:
    assert _shown(_line(Text("("), inline, Text(")"))) == f"({expected})"


def test_paragraphs_are_parted_by_a_blank_line() -> None:
    assert _shown(Heading(1, (Text("A"),)), _line(Text("b")), Rule()) == "**A**\n\nb\n\n———"


def test_blocks_have_their_own_elements() -> None:
    quote = Quote((_line(Text("a")), _line(Text("b"))))
    message = render(Document((_line(Text("x")), quote, CodeBlock("c\nd"), _line(Text("y")))))

    assert [element["type"] for element in message.blocks[0]["elements"]] == [
        "rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_section",
    ]  # fmt: skip
    assert message.text == "x\na\nb\nc\nd\ny"


def test_lists_nest_and_go_on_counting() -> None:
    inner = List((Item((_line(Text("b")),)), Item((_line(Text("c")),), is_done=True)))
    outer = List((Item((_line(Text("a")), inner)), Item((_line(Text("d")),))), start=3)
    message = render(Document((outer,)))
    check_message(message.text, message.blocks)

    assert [
        (e["style"], e["indent"], e.get("offset", 0), len(e["elements"]))
        for e in message.blocks[0]["elements"]
    ] == [("ordered", 0, 2, 1), ("bullet", 1, 0, 2), ("ordered", 0, 3, 1)]
    assert message.text == "a\nb\n☑ c\nd"


def test_a_list_within_a_quote_and_a_table_are_lines() -> None:
    items = List((Item((_line(Text("a")),)), Item((CodeBlock("b"),))))
    assert _shown(Quote((items, Quote((_line(Text("c")),))))) == "• a\n• `b`\nc"

    table = Table(((Text("A"),), (Text("B"),)), (((Text("1"),), (Text("2"),)),))
    assert _shown(table) == "**A** | **B**\n1 | 2"


def test_nothing_that_was_typed_pings_or_links() -> None:
    text = "<@U1> <!here> @channel & <https://x.example|x> *a* https://x.example"
    message = render(Document((_line(Text(text), Mention("here")),)))
    check_message(message.text, message.blocks)

    assert message.text == (
        "&lt;@U1&gt; &lt;!here&gt; @channel &amp; &lt;https://x.example|x&gt; *a* "
        "https://x.example@here"
    )
    leaves = message.blocks[0]["elements"][0]["elements"]
    assert leaves == [{"type": "text", "text": text}, {"type": "text", "text": "@here"}]


def test_an_answer_beyond_slacks_limits_ends_in_an_ellipsis() -> None:
    message = render(Document(tuple(_line(Text("<" * 900)) for _ in range(40))))
    check_message(message.text, message.blocks)

    assert show(message.blocks).endswith("<…")


def test_what_is_empty_is_left_out() -> None:
    empty = (_line(), Quote(()), CodeBlock(""), List(()), List((Item(()),)))

    assert _shown(*empty, _line(Text(""), Text("x"))) == "x"


@given(st.text(min_size=1))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    message = render(Document((_line(Text(text)),)))

    assert show(message.blocks) == text
