"""What ``b24bridge convert`` reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.sources import read_line, read_whole
from bridge.markup.convert import convert, convert_lines
from bridge.markup.dialects import Source, Target


def as_json(**line: Any) -> bytes:
    return json.dumps(line).encode()


BOLD = {"type": "bold", "offset": 0, "length": 3}
BLOCKS = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "api", "style": {"bold": True}},
                    {"type": "text", "text": " is down"},
                ],
            }
        ],
    }
]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (Source.MARKDOWN, as_json(text="**api** is down")),
        (Source.SLACK, as_json(text="*api* is down")),
        (Source.SLACK_BLOCKS, as_json(blocks=BLOCKS)),
        (Source.TELEGRAM, as_json(text="api is down", entities=[BOLD])),
    ],
)
def test_the_same_message_of_each_source_is_the_same_message(source: Source, line: bytes) -> None:
    assert list(convert_lines([line], read_line(source))) == [
        b'{"bb":"[b]api[/b] is down","plain":"api is down","attach":null}'
    ]


@pytest.mark.parametrize(
    ("source", "whole"),
    [
        (Source.MARKDOWN, b"**api** is down"),
        (Source.SLACK, b"*api* is down"),
        (Source.SLACK_BLOCKS, as_json(blocks=BLOCKS)),
        (Source.TELEGRAM, as_json(text="api is down", entities=[BOLD])),
    ],
)
def test_a_whole_file_is_text_or_one_message_in_json(source: Source, whole: bytes) -> None:
    assert convert(read_whole(source)(whole), Target.BB) == "[b]api[/b] is down"


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"\xff",
        b'"secret"',
        b'{"text":"\xff"}',
        b'{"text":1}',
        b'{"text":"\\ud800"}',
        b'{"secret":"x"}',
        b"[" * 100_000,
        b'{"text":' + b"[" * 100_000,
    ],
)
def test_a_bad_line_is_told_without_repeating_it(source: Source, bad: bytes) -> None:
    answer, good = convert_lines(
        [bad, as_json(text="a b", entities=[], blocks=[])], read_line(source)
    )
    assert b"secret" not in answer
    assert list(json.loads(answer)) in (["error"], ["bb", "plain", "attach"])
    assert json.loads(good)["bb"] == "a b"


def convert_in_shell(*arguments: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [str(Path(sys.executable).with_name("b24bridge")), "convert", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_in_a_shell_a_line_of_each_message_comes_out() -> None:
    lines = [as_json(text="*a* b"), b"x", as_json(text=":wave: &lt;")]
    run = convert_in_shell("--from", "slack", "--jsonl", given=b"\n".join(lines))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert [list(answer) for answer in answers] == [
        ["bb", "plain", "attach"],
        ["error"],
        ["bb", "plain", "attach"],
    ]
    assert [answers[0]["bb"], answers[2]["plain"]] == ["[b]a[/b] b", "👋 <"]
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_file_that_is_no_message_is_refused_in_words() -> None:
    run = convert_in_shell("--from", "telegram", given=b"**a**")
    assert run.returncode == 1
    assert run.stdout == b""
    assert run.stderr.startswith(b"Standard input is no message of this kind: ")
