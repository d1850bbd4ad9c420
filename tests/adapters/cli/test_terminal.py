"""What somebody else has written reaches the terminal as text and nothing else."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from adapters.cli.screen import fail
from adapters.cli.tables import print_rows
from adapters.cli.terminal import visible
from bridge.errors import TryLater

if TYPE_CHECKING:
    import pytest

HOSTILE = "\x1b[2J\x1b]0;owned\x07 a\r\nb\x9b31m \x7f\u202egnp\u2066"


class Row(msgspec.Struct):
    name: str
    seen_at: datetime


ROWS = [Row(HOSTILE, datetime(2024, 1, 1, tzinfo=UTC))]


def obeyed(shown: str) -> set[str]:
    directions = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    return {char for char in shown if unicodedata.category(char) == "Cc" or char in directions}


def test_nothing_that_a_terminal_would_obey_is_left() -> None:
    every = "".join(map(chr, range(0x110000)))
    assert not obeyed(visible(every))
    assert obeyed(visible(every, keep_lines=True)) == {"\n"}


def test_a_tab_becomes_a_space_and_all_else_stays() -> None:
    assert visible("Zoë\tЖ 👩\u200d🚀 \u200fעברית") == "Zoë Ж 👩\u200d🚀 \u200fעברית"


def test_a_row_of_a_table_stays_one_line_without_escape_sequences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows(ROWS, as_json=False, empty="none")
    shown = capsys.readouterr().out
    assert obeyed(shown) == {"\n"}
    assert shown.count("\n") == 2


def test_rows_as_json_hold_no_escape_sequences_and_lose_nothing(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    print_rows(ROWS, as_json=True, empty="none")
    shown = capfdbinary.readouterr().out.decode()
    assert obeyed(shown) == {"\n"}
    assert "\\u009b" in shown
    assert json.loads(shown)["name"] == HOSTILE


def test_a_failure_keeps_its_lines_but_no_escape_sequences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail(TryLater("CODE", f"two lines:\n{HOSTILE}"))
    shown = capsys.readouterr().err
    assert obeyed(shown) == {"\n"}
    assert "two lines:\n\ufffd[2J" in shown
