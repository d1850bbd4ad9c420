"""Arbitrary trees and hostile texts, for properties that hold for all of them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from bridge.markup.nodes import (
    Block,
    Code,
    CodeBlock,
    Color,
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
    Shared,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_PIECES = (
    *"[]<>&#:;()/|*_~`$\\\"' \n\t=-8Db\u2060\ufeff\u2028\r",
    *("[b]", "[/b]", "[url=x]", "[user=1]", "[code]", "[/code]", "[put]$&[/put]", "[br]", "<b>"),
    *("<br>", "&lt;", "&#91;", "#BR#", "BR#", ">>", "> ", "- ", "-" * 54, "/me", "/loud", ":)"),
    *("8)", "(C)", ":f09f9880:", "####REPLACEMENT_MARK_0", "PHPSESSID=", "max", "$result[x][y]"),
    *("https://", "www.e.example", "a@e.example", "javascript:", "e\u0301", "👩‍👧", "🇩🇪", "слово"),
    *("[/url]", "[img]", "[size=9]", "[/size]", "[ſ]", "[K", "\0", "\n>>", "\n    ", "&#35;BR#"),
    *("(TM)", ":smile:", ":{}", ":'(", "=)", ";D", "8(", ":e29880:", "mailto:a", "tel:1", "TEL:1"),
    "\u202e",
)
hostile_texts = st.one_of(
    st.text(max_size=30), st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)
)
sendable_texts = hostile_texts.filter(
    lambda text: text.strip() and (text.isprintable() or "\n" in text)
)
hrefs = st.one_of(hostile_texts, hostile_texts.map("https://e.example/{}".format))

_leaves: SearchStrategy[Inline] = st.one_of(
    hostile_texts.map(Text),
    hostile_texts.map(Code),
    st.builds(Image, hrefs, hostile_texts),
    st.one_of(hostile_texts, st.just("#12ab9F")).map(Color),
    st.builds(Mention, hostile_texts, st.just(""), st.integers(-1, 9)),
    st.just(LineBreak()),
)


def _wrapped(inner: SearchStrategy[Inline]) -> SearchStrategy[Inline]:
    children = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        children.map(Strong),
        children.map(Emphasis),
        children.map(Underline),
        children.map(Strike),
        st.builds(Link, hrefs, children),
    )


inlines = st.lists(st.recursive(_leaves, _wrapped, max_leaves=8), max_size=4).map(tuple)
_rows = st.lists(st.lists(inlines, max_size=3).map(tuple), max_size=3).map(tuple)
_simple_blocks: SearchStrategy[Block] = st.one_of(
    inlines.map(Paragraph),
    st.builds(Heading, st.integers(1, 6), inlines),
    hostile_texts.map(CodeBlock),
    st.builds(Table, st.lists(inlines, max_size=3).map(tuple), _rows),
    st.just(Rule()),
)


def _nested(inner: SearchStrategy[Block]) -> SearchStrategy[Block]:
    children = st.lists(inner, max_size=3).map(tuple)
    items = st.lists(
        st.builds(Item, children, st.sampled_from([None, True, False])), max_size=3
    ).map(tuple)
    shared = st.builds(
        Shared, hostile_texts, children, hrefs, st.none() | st.datetimes(timezones=st.just(UTC))
    )
    return st.one_of(
        children.map(Quote), shared, st.builds(List, items, st.sampled_from([None, 0, 1, 98]))
    )


blocks = st.recursive(_simple_blocks, _nested, max_leaves=6)
documents = st.lists(blocks, max_size=4).map(tuple).map(Document)
