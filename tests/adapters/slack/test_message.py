from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from hypothesis import given

from adapters.slack.message import read_message
from bridge.markup import bbcode, markdown, plain
from bridge.markup.nodes import Document, Mention, Paragraph, Strong, Text
from tests.adapters.slack.payloads import messages, payloads
from tests.work import count_work

_DEEP = 3_000


def _document(payload: dict[str, Any]) -> Document:
    return markdown.parse(read_message(payload))


def _rich_text(*elements: object) -> dict[str, Any]:
    return {"blocks": [{"type": "rich_text", "elements": list(elements)}]}


def _section(*elements: object) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def _text(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": style}


def test_what_a_person_typed_stays_text_for_commands_to_be_read() -> None:
    payload = _rich_text(
        _section(
            _text("/b24notify "), {"type": "user", "user_id": "U1"}, _text(" the **api** is "),
            _text("down", bold=True),
        )
    )  # fmt: skip

    assert read_message(payload) == (
        Text("/b24notify "), Mention("U1", "U1"), Text(" the **api** is "), Strong((Text("down"),)),
    )  # fmt: skip


def test_markdown_that_one_block_leaves_open_does_not_reach_into_the_next() -> None:
    blocks = [_rich_text(_section(_text(text)))["blocks"][0] for text in ("```\na", "_b_", "<!--")]

    shown = bbcode.render(_document({"blocks": [*blocks, {"type": "divider"}, *blocks]}))

    assert shown.count("[code]") == 2
    assert shown.count("[i]b[/i]") == 2


def test_text_that_is_styled_or_in_a_list_is_literal() -> None:
    hostile = "**a** [b](c) `d` > e\n# f &amp; :tada: <@U1>"
    item = {"type": "rich_text_list", "elements": [_section(_text(hostile))]}
    payload = _rich_text(_section(_text(hostile, bold=True)), item)

    assert plain.render(_document(payload)).count("**a** [b](c) `d` > e") == 2
    assert plain.render(_document(payload)).count("# f &amp; :tada: <@U1>") == 2


def test_the_text_is_read_only_where_no_block_is() -> None:
    assert _document({"text": "*a*"}).children == (Paragraph((Strong((Text("a"),)),)),)
    assert _document({"text": "*a*", **_rich_text(_section(_text("b")))}) == Document(
        (Paragraph((Text("b"),)),)
    )


@given(payloads)
def test_whatever_comes_can_be_read_and_written(payload: dict[str, Any]) -> None:
    document = _document(payload)

    bbcode.render(document)
    plain.render(document)


@given(messages)
def test_every_text_is_seen_wherever_it_stands(payload: dict[str, Any]) -> None:
    shown = plain.render(_document(payload))

    for word in re.findall(r'"text": "(word\d+)"', json.dumps(payload)):
        assert word in shown


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (0, "1970-01-01 00:00 UTC"),
        ("1392734382.000100", "2014-02-18 14:39 UTC"),
        (1e400, "{date}"),
        (float("nan"), "{date}"),
        pytest.param(10**5000, "{date}", id="longer than can be written out"),
        (True, "{date}"),
        (253402300800, "253402300800"),
        ("soon", "soon"),
    ],
)
def test_a_moment_that_is_none_of_a_calendar_shows_what_there_is(
    timestamp: object, expected: str
) -> None:
    date = {"type": "date", "timestamp": timestamp, "format": "{date}"}

    assert plain.render(_document(_rich_text(_section(date)))) == expected


def test_half_characters_become_one_that_can_be_sent() -> None:
    payload = _rich_text(_section(_text("a\ud83d", bold=True), {"type": "emoji", "name": "\udc00"}))

    plain.render(_document(payload)).encode()


def _nested(holder: str, depth: int) -> object:
    value: object = _text("core")
    for _ in range(depth):
        value = {"type": holder, "elements": [value]}
    return value


@pytest.mark.parametrize(
    "holder",
    ["rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "section", "unknown"],
)
def test_blocks_nested_beyond_all_measure_are_read(holder: str) -> None:
    value = _nested(holder, _DEEP)

    assert "core" in plain.render(_document({"blocks": [value]}))
    assert "core" in plain.render(_document({"blocks": [{"type": "rich_text", "elements": value}]}))


def test_arrays_nested_beyond_all_measure_are_read() -> None:
    value: object = _text("core")
    for _ in range(_DEEP):
        value = [value]

    assert "core" in plain.render(_document({"blocks": value}))
    assert "core" in plain.render(_document({"blocks": [{"type": "context", "elements": value}]}))


def test_messages_shared_in_shared_messages_are_read_at_any_depth() -> None:
    payload: dict[str, Any] = _rich_text(_section(_text("core")))
    for _ in range(_DEEP):
        payload = {"attachments": [{"is_share": True, "message_blocks": [{"message": payload}]}]}

    assert "core" in plain.render(_document(payload))


def test_indents_beyond_all_measure_make_no_deeper_list() -> None:
    lists = [
        {"type": "rich_text_list", "indent": indent, "elements": [_section(_text(f"item{indent}"))]}
        for indent in (*range(_DEEP), *reversed(range(_DEEP)), -5)
    ]

    lines = plain.render(_document(_rich_text(*lists))).split("\n")

    assert sum("item" in line for line in lines) == 2 * _DEEP + 1
    assert max(line.index("•") for line in lines if line) == 2 * 8


def _lists(count: int) -> dict[str, Any]:
    return _rich_text(
        *({"type": "rich_text_list", "indent": n % 9, "elements": ["a"]} for n in range(count))
    )


def _styles(count: int) -> dict[str, Any]:
    return _rich_text(_section(*(_text("a", bold=n % 2 > 0, code=n % 3 > 0) for n in range(count))))


def _sections(count: int) -> dict[str, Any]:
    return {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*a*"}}] * count}


def _deep_sections(count: int) -> dict[str, Any]:
    return {"blocks": [_nested("section", count)]}


def _deep_attachments(count: int) -> dict[str, Any]:
    payload: dict[str, Any] = {"text": "a"}
    for _ in range(count):
        payload = {"attachments": [{"is_share": True, "message_blocks": [{"message": payload}]}]}
    return payload


def _quotes(count: int) -> dict[str, Any]:
    return _rich_text(*[{"type": "rich_text_quote", "elements": ["a\n"]}] * count)


@pytest.mark.parametrize(
    "make", [_lists, _styles, _sections, _deep_sections, _deep_attachments, _quotes]
)
def test_the_work_grows_no_faster_than_the_message(make: Any) -> None:
    work = [count_work(partial(read_message, make(count))) for count in (200, 800)]

    # Four times the message: what is quadratic would take 16 times as many.
    assert work[1] < 5 * work[0]
