"""Markdown in, BB codes and plain text out, case by case."""

from __future__ import annotations

import pytest

from bridge.markup import bbcode, plain
from bridge.markup.markdown import parse
from tests.unit.markup.cases import cases, visible


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        *cases("basics.md"),
        *cases("lists.md"),
        *cases("quotes.md"),
        *cases("code.md"),
        *cases("links.md"),
        *cases("tables.md"),
        *cases("issues.md"),
    ],
)
def test_markdown_becomes_bb_codes(markdown: str, expected: str) -> None:
    assert visible(bbcode.render(parse(markdown))) == visible(expected)


@pytest.mark.parametrize(("markdown", "expected"), cases("plain.md"))
def test_markdown_becomes_plain_text(markdown: str, expected: str) -> None:
    assert plain.render(parse(markdown)) == expected
