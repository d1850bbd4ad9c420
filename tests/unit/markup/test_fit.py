"""Messages longer than the portal keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import split_graphemes

from adapters.sandbox.reader import read
from bridge.markup import bbcode, plain
from bridge.markup.characters import last_boundary, utf16_length
from bridge.markup.fit import fit
from bridge.markup.markdown import parse
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Color,
    Document,
    Heading,
    Image,
    Link,
    Mention,
    Paragraph,
    Shared,
    Strong,
    Text,
)
from tests.unit.markup.trees import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.markup.nodes import Inline

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
WHOLE = (Text("whole text: "), Link("https://e.example/1", (Text("https://e.example/1"),)))
WHOLE_SENT = "whole text: [url=https://e.example/1]https\u2060://e.example/1[/url]"
TURQUOISE = Heading(1, (Color("#12ab9F"),))
ENDS_CUT = re.compile("…[\\s\u202c\u2069]*$")
"""Behind the ellipsis, what ends a direction may stand: it is not seen."""

both = pytest.mark.parametrize("render", [bbcode.render, plain.render], ids=["bb", "plain"])


def _paragraph(*nodes: Inline) -> Document:
    return Document((Paragraph(nodes),))


@pytest.mark.parametrize("limit", [20_000, 1_100])
def test_a_message_that_fits_is_sent_as_it_is_and_rendered_once(limit: int) -> None:
    rendered: list[Document] = []

    def render(document: Document) -> str:
        rendered.append(document)
        return bbcode.render(document)

    document = parse("**a** " * 100)
    fitted = fit(document, limit, render=render)
    assert fitted.text == bbcode.render(document)
    assert not fitted.is_shortened
    assert len(rendered) == 1


@both
@given(document=documents, limit=st.integers(0, 80), has_ending=st.booleans())
@example(document=_paragraph(Link("https://e.example/" + "x" * 99, ())), limit=40, has_ending=True)
def test_the_bound_is_kept(
    render: Callable[[Document], str], document: Document, limit: int, has_ending: bool
) -> None:
    fitted = fit(document, limit, render=render, ending=WHOLE if has_ending else ())
    assert utf16_length(fitted.text) <= limit
    assert fitted.is_shortened == (utf16_length(render(document)) > limit)
    if fitted.is_shortened and limit:
        assert "…" in fitted.text


@pytest.mark.parametrize(
    "markdown",
    [
        "word " * 10_000,
        "**bold** [a](https://e.example/) " * 2_000,
        "- item\n" * 5_000,
        "> quote\n" * 5_000,
        "```\n" + "code [/code] $&\n" * 3_000 + "```",
        "`" + "code " * 5_000 + "`",
        "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000,
        "a\n\n---\n\n" * 2_000,
        "# " + "heading " * 5_000,
        "[b]" * 10_000,
        FAMILY * 4_000,
    ],
)
def test_a_long_message_uses_what_there_is_and_ends_in_an_ellipsis(markdown: str) -> None:
    sent = fit(parse(markdown)).text
    assert 19_900 < utf16_length(sent) <= 20_000
    assert read(sent).text.rstrip("` ").endswith("…")
    assert fit(parse(markdown), render=plain.render).text.endswith("…")


@given(documents, st.integers(30, 80))
@example(Document((Shared(author="", children=(TURQUOISE,), href="\u202a0"),)), 30)
def test_what_is_seen_ends_in_an_ellipsis(document: Document, limit: int) -> None:
    fitted = fit(document, limit)
    assert not fitted.is_shortened or ENDS_CUT.search(read(fitted.text).text)


@pytest.mark.parametrize("limit", range(1, 40))
@pytest.mark.parametrize("cluster", [FAMILY, "e\u0301\u0323", "🇩🇪", "👍🏽", "각", "क्षि", "𝕏"])
def test_no_cluster_is_cut(cluster: str, limit: int) -> None:
    kept = fit(_paragraph(Text(cluster * 50)), limit).text.removesuffix("…")
    assert kept == cluster * (len(kept) // len(cluster))


def test_a_mention_is_never_cut() -> None:
    document = _paragraph(Text("a "), Mention("Anna Petrova", user_id=5), Text("b" * 99))
    assert fit(document, 29).text == "a …"
    assert fit(document, 33).text == "a [user=5]Anna Petrova[/user]bbb…"


def test_a_link_that_is_cut_is_none_any_more() -> None:
    links = parse("[the log of today](https://e.example/) and [this](https://f.example/) too")
    sent = fit(links, 60).text
    assert sent == "the log of toda… [url=https://f.example/]this[/url] …"


def test_code_is_cut_within_its_marks() -> None:
    box = Document((CodeBlock("x" * 99),))
    assert fit(box, 30).text == "[code]\nxxxxxxxxxxxxxxx…[/code]"
    assert fit(_paragraph(Code("x" * 99)), 9).text == "`xxxxxx`…"


@pytest.mark.parametrize(
    ("markdown", "limit", "sent"),
    [
        (
            "words " * 20 + "[log](https://e.example/) and more",
            60,
            "words words words words… [url=https://e.example/]log[/url] …",
        ),
        (
            "words " * 20 + "**[log](https://e.example/)**",
            60,
            "words words words words… [url=https://e.example/]log[/url] …",
        ),
        (
            "words " * 20 + "![log](https://e.example/) and more",
            60,
            "words words words words… [url=https://e.example/]log[/url] …",
        ),
        (
            "- words\n- words\n- words\n- more\n\nsee [log](https://e.example/)",
            60,
            "• words\n• words\n• word…\n\n[url=https://e.example/]log[/url] …",
        ),
        (
            "[log](https://e.example/) " + "words " * 20,
            60,
            "[url=https://e.example/]log[/url] words words words words w…",
        ),
        (
            "words " * 20 + f"[{'label ' * 20}](https://e.example/)",
            80,
            "words words words words words word… [url=https://e.example/]label label…[/url] …",
        ),
        (
            f"see [{'label ' * 20}](https://e.example/)",
            80,
            "see … [url=https://e.example/]label label…[/url] …",
        ),
        ("words " * 20 + f"[log](https://e.example/{'x' * 60})", 40, "words " * 6 + "wor…"),
        ("words " * 20 + "[log](javascript:alert)", 20, "words words words w…"),
    ],
    ids=[
        "in a sentence",
        "bold",
        "picture",
        "behind a list",
        "kept anyway",
        "long label",
        "hardly more than a label",
        "long address",
        "no link",
    ],
)
def test_the_last_link_is_kept(markdown: str, limit: int, sent: str) -> None:
    assert fit(parse(markdown), limit).text == sent


@both
@given(document=documents, limit=st.integers(150, 300))
def test_the_last_link_is_kept_whatever_stands_before_it(
    render: Callable[[Document], str], document: Document, limit: int
) -> None:
    link = Link("https://e.example/last", (Strong((Text("last"),)),))
    end = Paragraph((Text("end " * 100), link, Text(" end" * 100)))
    fitted = fit(Document((*document.children, end)), limit, render=render)
    assert utf16_length(fitted.text) <= limit
    assert fitted.text.endswith(f"{render(_paragraph(link))} …")


def test_the_link_of_a_message_that_is_passed_on_counts() -> None:
    shared = Shared("Anna", (Paragraph((Text("words " * 20),)),), "https://e.example/1")
    sent = fit(Document((Paragraph((Text("words " * 20),)), shared)), 90).text
    assert sent.endswith(" [url=https://e.example/1]https\u2060://e.example/1[/url] …")


def test_the_link_of_a_message_that_is_passed_on_is_not_said_twice() -> None:
    shared = Shared("Anna", (Paragraph((Text("words " * 20),)),), "https://e.example/1")
    sent = fit(Document((shared,)), 100).text
    assert sent.count("url=") == 1
    assert sent.endswith("words w…")


def test_a_message_that_can_be_read_elsewhere_says_where() -> None:
    document = parse("words " * 20 + "[log](https://e.example/) and more")
    fitted = fit(document, 90, ending=WHOLE)
    assert fitted.text == f"words words words words…\n\n{WHOLE_SENT}"
    fitted = fit(document, 60, render=plain.render, ending=WHOLE)
    assert fitted.text == "words words words words wo…\n\nwhole text: https://e.example/1"


def test_an_ending_without_room_gives_way_to_the_last_link() -> None:
    document = parse("words " * 20 + "[log](https://e.example/) and more")
    assert fit(document, 60, ending=WHOLE) == fit(document, 60)


def test_nothing_is_ended_that_is_whole() -> None:
    assert fit(parse("a b"), ending=WHOLE).text == "a b"


def test_a_picture_counts_as_the_last_link() -> None:
    document = _paragraph(Text("words " * 20), Image("https://e.example/i.png", "a graph"))
    assert fit(document, 60).text == "words words wo… [url=https://e.example/i.png]a graph[/url] …"


@given(st.text(max_size=20), st.integers(0, 25))
def test_a_boundary_is_one_for_others_too(text: str, index: int) -> None:
    spans, _ = split_graphemes(text)
    boundaries = {0, len(text)} | {start for start, _, _ in spans}
    found = last_boundary(text, index)
    assert found <= index
    assert found in boundaries or not text.isprintable()
