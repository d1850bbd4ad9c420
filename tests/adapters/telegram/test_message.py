"""Messages are read from JSON, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.message import read_message
from bridge.markup import bbcode
from bridge.markup.markdown import parse
from bridge.markup.nodes import Strong, Text
from tests.unit.markup.cases import cases, visible


@pytest.mark.parametrize(("message", "expected"), cases("telegram.md"))
def test_a_message_becomes_bb_codes(message: str, expected: str) -> None:
    assert visible(bbcode.render(parse(read_message(json.loads(message))))) == visible(expected)


BOLD = {"type": "bold", "offset": 0, "length": 2}


def test_a_text_without_entities_is_text() -> None:
    assert read_message({"text": "**hi**"}) == (Text("**hi**"),)


def test_the_caption_is_read_when_there_is_no_text() -> None:
    assert read_message({"caption": "hi", "caption_entities": [BOLD], "photo": []}) == (
        Strong((Text("hi"),)),
    )
    assert read_message({"text": "ho", "caption": "hi", "caption_entities": [BOLD]}) == (
        Text("ho"),
    )


@pytest.mark.parametrize("entities", [None, {}, "bold", 5, [], [None], [[BOLD]], ["bold", 5, {}]])
def test_what_are_no_entities_is_ignored(entities: object) -> None:
    assert read_message({"text": "hi", "entities": entities}) == (Text("hi"),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": None},
        {"type": 5},
        {"offset": "0"},
        {"offset": None},
        {"offset": 0.5},
        {"length": True},
        {"length": [2]},
        {"url": 5},
        {"user": "anna"},
        {"user": {}},
        {"language": ["python"]},
        {"unix_time": "now"},
    ],
)
def test_a_wrong_entity_is_ignored_and_the_others_are_not(wrong: dict[str, Any]) -> None:
    italic = {**BOLD, "type": "italic"} | wrong
    assert read_message({"text": "hi", "entities": [italic, BOLD]}) == (Strong((Text("hi"),)),)


def test_unknown_and_empty_fields_are_ignored() -> None:
    more: dict[str, object] = {
        "url": None,
        "user": None,
        "language": None,
        "unix_time": None,
        "new": [{}],
    }
    assert read_message({"text": "hi", "entities": [BOLD | more]}) == (Strong((Text("hi"),)),)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "there is no `text`"),
        ({"entities": [BOLD]}, "there is no `text`"),
        ({"text": None}, "`text` must be a string"),
        ({"text": ["secret"]}, "`text` must be a string"),
        ({"caption": {"secret": 5}}, "`caption` must be a string"),
    ],
)
def test_a_message_without_text_is_refused_and_not_repeated(
    payload: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        read_message(payload)
    assert str(caught.value) == reason


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
names = st.sampled_from(["type", "offset", "length", "url", "user", "language", "unix_time"])


@given(st.text(max_size=10), anything | st.lists(st.dictionaries(names, anything)))
def test_no_json_does_harm(text: str, entities: object) -> None:
    assert bbcode.render(parse(read_message({"text": text, "entities": entities}))) is not None
