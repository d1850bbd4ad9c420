"""``b24bridge convert``."""

from __future__ import annotations

import sys

from bridge.markup.convert import convert, convert_lines
from bridge.markup.dialects import Source, Target


def convert_input(source: Source, target: Target, *, jsonl: bool) -> None:
    """Convert standard input to standard output; both are UTF-8 whatever the terminal is."""
    out = sys.stdout.buffer
    if jsonl:
        for line in convert_lines(sys.stdin.buffer, source):
            out.write(line + b"\n")
            out.flush()
        return
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    out.write(convert(text, target, source).encode("utf-8", "replace") + b"\n")
