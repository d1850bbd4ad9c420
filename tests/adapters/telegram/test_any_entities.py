"""Whatever entities say of whatever text, all of it is shown, well nested, and soon."""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import accumulate, cycle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.constants import MessageEntityType

from adapters.telegram.entities import read_blocks
from adapters.telegram.message import _read_all, read_message
from bridge.markup import bbcode, plain
from bridge.markup.markdown import parse
from bridge.markup.nodes import (
    Document,
    Emphasis,
    Strike,
    Strong,
    Text,
    Underline,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bridge.markup.nodes import Node
    from tests.fakes.telegram_text import Json

STYLES: dict[str, type[Node]] = {
    "bold": Strong,
    "italic": Emphasis,
    "underline": Underline,
    "strikethrough": Strike,
}
PIECES = [
    *"aя字אع1 \n",
    *("e\u0301", "नि", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "𝄞", "\u200f", "\ud83d", "\0"),
]
HOSTILE_PIECES = [*PIECES, *"*_~`[]()<>|#+-.:/@\\\r\0", "https://e.example/", "[b]", "[/b]", "> "]

texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)
hostile_texts = st.lists(st.sampled_from(HOSTILE_PIECES), max_size=20).map("".join) | st.text()
places = st.integers(-3, 40) | st.sampled_from([10**30, -(10**30)])


def entities_of(types: Sequence[str]) -> st.SearchStrategy[list[Json]]:
    return st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(types), "offset": places, "length": places},
            optional={
                "url": st.sampled_from(["https://x.example/", "javascript:x", ""]),
                "user": st.just({"id": 7, "is_bot": False, "first_name": "A"}),
                "language": st.just("python"),
                "unix_time": st.sampled_from([0, 1647531900, 10**30]),
            },
        ),
        max_size=8,
    )


ALL = [kind.value for kind in MessageEntityType]
any_entities = entities_of([*ALL, "hologram"])
DETAILS = {"url": "https://x.example/", "user": {"id": 7}, "unix_time": 0}


def leaves(
    nodes: Iterable[Node], around: frozenset[type[Node]] = frozenset()
) -> Iterator[tuple[str, frozenset[type[Node]]]]:
    """Read what is shown, each character with the formatting around it."""
    for node in nodes:
        if isinstance(node, Text):
            yield from ((char, around) for char in node.text)
        else:
            assert isinstance(node, Strong | Emphasis | Underline | Strike)
            yield from leaves(node.children, around | {type(node)})


def mended(text: str) -> str:
    return text.replace("\ud83d", "\ufffd").replace("\0", "\ufffd")


TAG = re.compile(r"\[(/?)(b|i|u|s|url|size|code)(?:=[^\]]*)?\]")


@given(texts, any_entities)
def test_every_character_that_can_be_seen_is_shown_in_its_order(
    text: str, entities: list[Json]
) -> None:
    shown = iter(plain.render(parse(read_message({"text": text, "entities": entities}))))
    seen = [char for char in mended(text) if unicodedata.category(char) not in {"Cf", "Zs", "Cc"}]
    assert all(char in shown for char in seen)


@given(hostile_texts, any_entities)
def test_of_what_is_passed_on_every_character_is_shown_too_marks_of_markdown_included(
    text: str, entities: list[Json]
) -> None:
    blocks = read_blocks(text, _read_all(entities))
    shown = iter(plain.render(Document(blocks)))
    text = re.sub("[\ud800-\udfff\0]", "\ufffd", text)
    seen = [char for char in text if unicodedata.category(char)[0] in "LNPS"]
    assert all(char in shown for char in seen)


@given(hostile_texts, any_entities)
def test_whatever_is_formatted_is_well_nested(text: str, entities: list[Json]) -> None:
    document = parse(read_message({"text": text, "entities": entities}))
    assert isinstance(plain.render(document), str)
    opened: list[str] = []
    for slash, tag in TAG.findall(bbcode.render(document)):
        if "code" in opened and tag != "code":
            continue
        if slash:
            assert opened.pop() == tag
        else:
            opened.append(tag)
    assert opened == []


@given(texts, entities_of(list(STYLES)))
def test_each_character_is_formatted_as_the_entities_say(text: str, entities: list[Json]) -> None:
    def formats(char: str, end: int) -> frozenset[type[Node]]:
        return frozenset(
            STYLES[one["type"]]
            for one in entities
            if char != "\n" and one["offset"] < end <= one["offset"] + one["length"]
        )

    ends = accumulate(1 + (char > "\uffff") for char in text)
    assert list(leaves(read_message({"text": text, "entities": entities}))) == [
        (char, formats(char, end)) for char, end in zip(mended(text), ends, strict=True)
    ]


@pytest.mark.parametrize(
    "spread",
    [
        pytest.param(lambda at, count: (at, 4 * count - 2 * at), id="nested"),
        pytest.param(lambda at, count: (at, 2 * count), id="overlapping"),
        pytest.param(lambda at, count: (0, 4 * count), id="in one place"),
        pytest.param(lambda at, count: (4 * at, 4), id="touching"),
    ],
)
@pytest.mark.parametrize("types", [[kind.value] for kind in MessageEntityType] + [ALL], ids="".join)
def test_work_grows_no_faster_than_text_and_entities(
    spread: Callable[[int, int], tuple[int, int]], types: list[str]
) -> None:
    def steps(count: int) -> int:
        places = (spread(at, count) for at in range(count))
        entities = [
            {"type": kind, "offset": offset, "length": length, **DETAILS}
            for (offset, length), kind in zip(places, cycle(types), strict=False)
        ]
        payload = {"text": "a😀\n" * count, "entities": entities}
        return count_steps(lambda: read_message(payload))

    assert steps(800) <= 4.5 * steps(200)


def count_steps(run: Callable[[], object]) -> int:
    """Count the lines of Python that are run, those of each turn of a loop anew, and the calls."""
    count = 0

    def tally(*_: object) -> Any:
        nonlocal count
        count += 1
        return tally

    before = sys.gettrace()
    sys.settrace(tally)
    try:
        run()
    finally:
        sys.settrace(before)
    return count
