from __future__ import annotations

import pytest

from adapters.sandbox.answer_html import write_html, write_typed_html
from bridge.markup.nodes import (
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

HOSTILE = "<img src=x onerror=alert(1)> & \"'</p>"
HARMLESS = "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#x27;&lt;/p&gt;"


def paragraph(*inlines: Inline) -> Document:
    return Document((Paragraph(inlines),))


def test_formatting_becomes_the_tags_of_its_kind() -> None:
    answer = paragraph(
        Strong((Text("a"), Emphasis((Text("b"),)))),
        LineBreak(),
        Underline((Text("c"),)),
        Strike((Text("d"),)),
        Code("e"),
        Mention("Anna"),
    )
    assert write_html(answer) == (
        "<p><strong>a<em>b</em></strong><br><u>c</u><s>d</s><code>e</code>"
        '<span class="mention">@Anna</span></p>'
    )


def test_blocks_keep_their_structure() -> None:
    answer = Document(
        (
            Heading(2, (Text("Head"),)),
            Quote((Paragraph((Text("said"),)),)),
            CodeBlock("x = 1\ny = 2"),
            List((Item((Paragraph((Text("one"),)),)), Item((Paragraph((Text("two"),)),), True))),
            List((Item((Paragraph((Text("a"),)), Paragraph((Text("b"),)))),), start=3),
            Table((((Text("h"),)),), (((Text("c"),),),)),
            Rule(),
        )
    )
    assert write_html(answer) == (
        "<h3>Head</h3><blockquote><p>said</p></blockquote><pre><code>x = 1\ny = 2</code></pre>"
        "<ul><li>one</li><li>☑ two</li></ul>"
        '<ol start="3"><li><p>a</p><p>b</p></li></ol>'
        "<table><tr><th>h</th></tr><tr><td>c</td></tr></table><hr>"
    )


@pytest.mark.parametrize(
    "answer",
    [
        paragraph(Text(HOSTILE)),
        paragraph(Code(HOSTILE)),
        paragraph(Mention(HOSTILE)),
        paragraph(Image("https://e.example/", HOSTILE)),
        paragraph(Link("https://e.example/", (Text(HOSTILE),))),
        Document((CodeBlock(HOSTILE, language=HOSTILE),)),
    ],
)
def test_a_hostile_text_is_literal_in_every_node(answer: Document) -> None:
    html = write_html(answer)
    assert HARMLESS in html
    assert "<img" not in html


def test_a_link_cannot_leave_its_attribute() -> None:
    html = write_html(paragraph(Link('https://e.example/"onclick="x', (Text("label"),))))
    assert 'href="https://e.example/&quot;onclick=&quot;x"' in html
    assert "noopener" in html


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//e.example/",
        "/relative",
        "http://[",
        "",
    ],
)
def test_an_address_that_is_not_of_the_web_or_of_mail_is_no_link(href: str) -> None:
    html = write_html(paragraph(Link(href, (Text("label"),))))
    assert "<a" not in html
    assert html.startswith("<p>label (")


@pytest.mark.parametrize(
    "href", ["http://e.example", "https://e.example/?a=1", "mailto:a@e.example"]
)
def test_addresses_of_the_web_and_of_mail_are_links(href: str) -> None:
    assert f'<a href="{href}"' in write_html(paragraph(Link(href, (Text("label"),))))


def test_a_link_without_a_label_shows_its_address() -> None:
    html = write_html(paragraph(Link("https://e.example/", ())))
    assert html.endswith(">https://e.example/</a></p>")


@pytest.mark.parametrize("typed", ["a\n<b>", "a\r\n<b>", "a\r<b>"])
def test_a_typed_text_keeps_its_lines_and_is_literal(typed: str) -> None:
    assert write_typed_html(typed) == "a<br>&lt;b&gt;"
