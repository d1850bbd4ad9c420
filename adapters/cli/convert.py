"""``b24bridge convert``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from adapters.cli.sources import read_line, read_whole
from bridge.markup.convert import convert, convert_lines, tell_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.dialects import Source, Target


def convert_input(source: Source, target: Target, *, jsonl: bool) -> None:
    """Convert standard input to standard output; both are UTF-8 whatever the terminal is."""
    if sys.stdin is None or sys.stdout is None:
        raise _fail("Standard input and output must be open.")
    try:
        for line in _convert(source, target, jsonl=jsonl):
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _fail(f"Standard output cannot be written: {error.strerror}.") from None


def _convert(source: Source, target: Target, *, jsonl: bool) -> Iterator[bytes]:
    if jsonl:
        yield from convert_lines(sys.stdin.buffer, read_line(source))
        return
    try:
        document = read_whole(source)(sys.stdin.buffer.read())
    except (ValueError, RecursionError) as error:
        raise _fail(f"Standard input is no message of this kind: {tell_reason(error)}.") from None
    yield convert(document, target).encode("utf-8", "replace")


def _fail(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(1)
