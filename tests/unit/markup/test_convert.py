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

TABLE = parse("Hosts:\n\n|a|b|\n|-|-|\n|1|2|\n")


def read(line: bytes) -> Document:
    if line == b"bad":
        raise ValueError("it is bad")
    return parse(line.decode())


def test_a_message_is_converted_to_each_target() -> None:
    document = parse("**a** b")
    assert convert(document, Target.BB) == "[b]a[/b] b"
    assert convert(document, Target.PLAIN) == "a b"
    assert convert(document, Target.ATTACH) == "null"
    assert msgspec.json.decode(convert(document, Target.TREE), type=Document) == document


def test_what_stands_better_in_an_attachment_is_one() -> None:
    attach = msgspec.json.decode(convert(TABLE, Target.ATTACH))
    assert [list(block) for block in attach["BLOCKS"]] == [["GRID"]]


def test_text_is_the_whole_message_whatever_the_attachment_holds() -> None:
    assert convert(TABLE, Target.BB) == "Hosts:\n\n[b]a | b[/b]\n1 | 2"
    [line] = convert_lines([b"Hosts:\n\n|a|b|\n|-|-|\n|1|2|\n"], read)
    answer = msgspec.json.decode(line)
    assert answer["bb"] == "Hosts:\n\n[b]a | b[/b]\n1 | 2"
    assert answer["plain"].startswith("Hosts:\n\na | b\n")
    assert answer["attach"] == msgspec.json.decode(convert(TABLE, Target.ATTACH))


@pytest.mark.parametrize("target", [Target.BB, Target.PLAIN])
def test_a_long_message_is_shortened(target: Target) -> None:
    written = convert(parse("a " * 20_000), target)
    assert 19_000 < len(written) <= 20_000
    assert written.endswith("…")


def test_lines_are_answered_one_by_one() -> None:
    answers = convert_lines(iter([b"**a** b", b"1 < 2"]), read)
    assert next(answers) == b'{"bb":"[b]a[/b] b","plain":"a b","attach":null}'
    assert next(answers) == b'{"bb":"1 < 2","plain":"1 < 2","attach":null}'


def test_a_bad_line_gives_an_error_and_the_run_goes_on() -> None:
    assert list(convert_lines([b"bad", b"a b"], read)) == [
        b'{"error":"it is bad"}',
        b'{"bb":"a b","plain":"a b","attach":null}',
    ]


def test_converting_imports_no_framework() -> None:
    script = (
        "import sys, bridge.markup.convert, bridge.markup.markdown;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "pyromark" in loaded
    assert not loaded & {"pydantic", "rich", "typer", "httpx", "asyncio", "sqlalchemy"}
