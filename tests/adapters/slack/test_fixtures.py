"""What Slack sends in, BB codes out, case by case."""

from __future__ import annotations

import json

import pytest

from adapters.slack.message import read_message
from adapters.slack.mrkdwn import parse
from bridge.markup import bbcode, markdown
from tests.unit.markup.cases import cases, visible


@pytest.mark.parametrize(("text", "expected"), cases("slack.md"))
def test_mrkdwn_becomes_bb_codes(text: str, expected: str) -> None:
    assert visible(bbcode.render(markdown.parse(parse(text)))) == visible(expected)


@pytest.mark.parametrize(("payload", "expected"), cases("slack_blocks.md"))
def test_messages_become_bb_codes(payload: str, expected: str) -> None:
    document = markdown.parse(read_message(json.loads(payload)))

    assert visible(bbcode.render(document)) == visible(expected)
