"""Rows for people, or for other programs."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.terminal import visible, visible_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NO_SCREEN: Final = 10_000


def print_rows(rows: Sequence[msgspec.Struct], *, as_json: bool, empty: str) -> None:
    """Print Structs as a table, a column a field, or as JSON, an object a line.

    Args:
        rows: all of one type.
        as_json: whether another program reads it.
        empty: what to say when there are none.
    """
    if as_json:
        for row in rows:
            sys.stdout.buffer.write(visible_json(msgspec.json.encode(row)) + b"\n")
    elif not rows:
        sys.stdout.write(f"{empty}\n")
    else:
        _print_table(rows)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values below each other; those without a value are left out."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        if shown := _show(value):
            table.add_row(name, Text(shown))
    _print(table)


def _print_table(rows: Sequence[msgspec.Struct]) -> None:
    names = rows[0].__struct_fields__
    columns = [[_show(getattr(row, name)) for row in rows] for name in names]
    table = Table(box=None, header_style="bold", pad_edge=False)
    used = [(name, column) for name, column in zip(names, columns, strict=True) if any(column)]
    for name, _ in used:
        table.add_column(name.replace("_", " "), overflow="fold")
    for cells in zip(*(column for _, column in used), strict=True):
        # A cell holds foreign text, and Text is what Rich takes no markup from.
        table.add_row(*map(Text, cells))
    _print(table)


def _print(table: Table) -> None:
    # Another program, or a file, is no screen that a line could be too long for.
    width = None if sys.stdout.isatty() else _NO_SCREEN
    Console(width=width).print(table)


def _show(value: Any) -> str:  # noqa: ANN401
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case datetime():
            return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
        case _:
            return visible(str(value))
