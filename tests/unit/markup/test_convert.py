"""The pure part of ``b24bridge convert``."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from bridge.markup.convert import convert, convert_lines
from bridge.markup.dialects import Target
from bridge.markup.markdown import parse
from bridge.markup.nodes import Document


def test_a_message_is_converted_to_each_target() -> None:
    assert convert("**a** b", Target.BB) == "[b]a[/b] b"
    assert convert("**a** b", Target.PLAIN) == "a b"
    tree = msgspec.json.decode(convert("**a** b", Target.TREE), type=Document)
    assert tree == parse("**a** b")


def test_a_long_message_is_shortened() -> None:
    assert len(convert("a " * 20_000, Target.BB)) <= 20_000


def test_lines_are_answered_one_by_one() -> None:
    lines: list[str | bytes] = ['{"text": "**a** b"}\n', b'{"text": "1 < 2", "id": 7}']
    answers = convert_lines(lines)
    assert next(answers) == b'{"bb":"[b]a[/b] b","plain":"a b"}'
    assert next(answers) == b'{"bb":"1 < 2","plain":"1 < 2"}'


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"\xff", b'{"text":"\xff"}', b'{"text":1}', b'{"secret":"x"}', '{"text":"\ud800"}'],
)
def test_a_bad_line_gives_an_error_and_the_run_goes_on(line: str | bytes) -> None:
    bad, good = convert_lines([line, b'{"text":"a b"}'])
    error = msgspec.json.decode(bad, type=dict[str, str])
    assert list(error) == ["error"]
    assert error["error"]
    assert "secret" not in error["error"]
    assert good == b'{"bb":"a b","plain":"a b"}'


def test_converting_imports_no_framework() -> None:
    script = (
        "import sys, bridge.markup.convert;print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "pyromark" in loaded
    assert not loaded & {"pydantic", "rich", "typer", "httpx", "asyncio", "sqlalchemy"}
