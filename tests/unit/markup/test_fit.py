"""Messages longer than the portal keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import split_graphemes

from bridge.markup import bbcode, plain
from bridge.markup.characters import last_boundary, utf16_length
from bridge.markup.fit import fit
from bridge.markup.markdown import parse
from bridge.markup.nodes import Code, CodeBlock, Document, Mention, Paragraph, Text
from tests.unit.markup.trees import documents

FAMILY = "👩\u200d👩\u200d👧\u200d👦"


def test_a_message_that_fits_is_the_same_object() -> None:
    document = parse("**a** " * 100)
    assert fit(document) is document
    assert fit(document, len(bbcode.render(document))) is document


@given(documents, st.integers(0, 80))
def test_the_bound_is_kept(document: Document, limit: int) -> None:
    fitted = fit(document, limit)
    sent = bbcode.render(fitted)
    assert utf16_length(sent) <= limit
    if fitted is not document and limit:
        assert "…" in sent


@pytest.mark.parametrize(
    "markdown",
    [
        "word " * 10_000,
        "**bold** [a](https://e.example/) " * 2_000,
        "- item\n" * 5_000,
        "> quote\n" * 5_000,
        "```\n" + "code [/code] $&\n" * 3_000 + "```",
        "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000,
        "# " + "heading " * 5_000,
        "[b]" * 10_000,
        FAMILY * 4_000,
    ],
)
def test_a_long_message_uses_what_there_is_and_ends_in_an_ellipsis(markdown: str) -> None:
    sent = bbcode.render(fit(parse(markdown)))
    assert 19_900 < utf16_length(sent) <= 20_000
    assert plain.render(fit(parse(markdown))).endswith("…")


@pytest.mark.parametrize("limit", range(1, 40))
@pytest.mark.parametrize("cluster", [FAMILY, "e\u0301\u0323", "🇩🇪", "👍🏽", "각", "क्षि", "𝕏"])
def test_no_cluster_is_cut(cluster: str, limit: int) -> None:
    document = Document((Paragraph((Text(cluster * 50),)),))
    kept = bbcode.render(fit(document, limit)).removesuffix("…")
    assert kept == cluster * (len(kept) // len(cluster))


def test_a_mention_is_never_cut() -> None:
    document = Document(
        (Paragraph((Text("a "), Mention("Anna Petrova", user_id=5), Text("b" * 99))),)
    )
    assert bbcode.render(fit(document, 29)) == "a …"
    assert bbcode.render(fit(document, 33)) == "a [user=5]Anna Petrova[/user]bbb…"


def test_code_is_cut_within_its_marks() -> None:
    assert (
        bbcode.render(fit(Document((CodeBlock("x" * 99),)), 30))
        == "[code]\nxxxxxxxxxxxxxxx…[/code]"
    )
    assert bbcode.render(fit(Document((Paragraph((Code("x" * 99),)),)), 9)) == "`xxxxxx…`"


@given(st.text(max_size=20), st.integers(0, 25))
def test_a_boundary_is_one_for_others_too(text: str, index: int) -> None:
    spans, _ = split_graphemes(text)
    boundaries = {0, len(text)} | {start for start, _, _ in spans}
    found = last_boundary(text, index)
    assert found <= index
    assert found in boundaries or not text.isprintable()
