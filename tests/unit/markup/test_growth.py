"""Work grows no faster than the text, whatever the text repeats.

Counted is our own work. Of the Markdown grammar's and of the patterns' work nothing is seen here:
the benchmark times both, and each part of a pattern consumes what it looks at or starts at a fixed
text.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from adapters.slack import mrkdwn
from bridge.markup import bbcode, plain
from bridge.markup.fit import fit
from bridge.markup.markdown import parse
from tests.work import count_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.markup.nodes import Typed

_MOST = 4.5
"""For four times the text; work that grows with its square would be sixteen times as much."""

_MARKDOWN = [
    *("[", "*a_", "> ", "`", "![](", "- ", "1. ", "[a](", "<", "<a ", "[^a]: ", "~~a ", "&a", "\\"),
    *(
        "* a\n",
        "> a\n\n",
        "|a|b|\n|-|-|\n",
        "- a\n  - b\n    - c\n",
        "1. a\n   > b\n",
        "**a** _b_ ",
    ),
    *("a@", "www.", "://", "a.b@c.", "https://a(", "(https://a", "https://a]", "https://x/*"),
    *("####", "-", ">>", ":", ":)", "#BR", "8)", "e\u0301", "🇩", "\u200d", ") ", "]", "\x1f"),
    *("\u202e", "\u2066", "\u202e\u2069", "@a ", "`a` ", "![a](b)", "[a](https://b) "),
]
_MRKDWN = [
    *(
        "*_~",
        "*_~ ",
        "*a_ ",
        "~a~",
        "<",
        "<@",
        "<@U1>",
        "<!date^1^",
        "<https://a|",
        "<https://a|b>",
    ),
    *("`", "```", "```a", ">", "> a\n", "&lt;", ":smile:", ":", "• a\n", "[a]("),
]


def _convert(typed: str | Typed, size: int) -> None:
    document = parse(typed)
    bbcode.render(document)
    plain.render(document)
    fit(document, size)


def _grows_in_proportion(convert: Callable[[int], object]) -> bool:
    small, large = (count_work(partial(convert, size)) for size in (5_000, 20_000))
    return large <= _MOST * small


@pytest.mark.parametrize("unit", _MARKDOWN)
def test_markdown_is_converted_in_proportion(unit: str) -> None:
    assert _grows_in_proportion(lambda size: _convert((unit * size)[:size], size))


@pytest.mark.parametrize("unit", _MRKDWN)
def test_mrkdwn_is_converted_in_proportion(unit: str) -> None:
    assert _grows_in_proportion(lambda size: _convert(mrkdwn.parse((unit * size)[:size]), size))


def test_lists_in_lists_are_converted_in_proportion() -> None:
    def convert(size: int) -> None:
        lines = "".join("  " * depth + "- a\n" for depth in range(size // 2))
        _convert(lines[:size], size)

    assert _grows_in_proportion(convert)


def test_work_that_grows_with_the_square_of_the_text_is_found() -> None:
    def compare_all(size: int) -> None:
        for _ in range(size // 50):
            for _ in range(size // 50):
                pass

    assert not _grows_in_proportion(compare_all)
