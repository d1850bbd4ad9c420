"""Tables as GRID blocks: rows of a name and a value, the only grid that all clients draw alike.

With two columns, the first of them words alone, each row of the table is one. Otherwise each is a
card: its first cell in bold, then the others, each beside the head of its column. Names too wide
for half a phone stand above their values, which is another DISPLAY, and no GRID may have two.

Source: https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/attachments/block-collections/grid.html
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from bridge.markup.block_text import write_name, write_text
from bridge.markup.characters import count_columns, is_blank
from bridge.markup.nodes import Code, LineBreak, Mention, Paragraph, Strong, Table, Text
from bridge.markup.plain import spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.markup.nodes import Inline

    Row = tuple[tuple[Inline, ...], ...]

_WIDEST_NAME: Final = 20
_PAIR: Final = 2


class _Pair(NamedTuple):
    name: str
    value: str


def write_table(table: Table) -> Iterator[dict[str, object]]:
    """Yield the blocks of a table; cells that show nothing are left out."""
    grids = list(_grids(table))
    widest = max((count_columns(pair.name) for grid in grids for pair in grid), default=0)
    display = "ROW" if widest <= _WIDEST_NAME else "BLOCK"
    for grid in grids:
        shown = [pair for pair in grid if any(pair)]
        # Only a ROW may have one of the two alone.
        for shape, pairs in groupby(shown, lambda pair: display if all(pair) else "ROW"):
            yield {"GRID": [_write_pair(pair, shape) for pair in pairs]}


def shows_nothing(row: Row) -> bool:
    """Tell whether nothing is to be seen in a row."""
    return is_blank("".join(map(spell, row)))


def _grids(table: Table) -> Iterator[list[_Pair]]:
    head = _Pair("", "" if shows_nothing(table.head) else write_text((Table(table.head, ()),)))
    columns = max(map(len, (table.head, *table.rows)))
    if columns <= 1:
        yield [head, *(_Pair("", _write(row)) for row in table.rows)]
    elif columns == _PAIR and all(_is_plain(row[:1]) for row in table.rows):
        yield [
            head,
            *(_Pair(" ".join(_write(row[:1]).split()), _write(row[1:])) for row in table.rows),
        ]
    else:
        names = [write_name(spell(cell)) for cell in table.head]
        yield [head]
        yield from (_card(row, names) for row in table.rows)


def _card(row: Row, names: list[str]) -> list[_Pair]:
    title = _Pair("", write_text((Paragraph((Strong(*row[:1]),)),)) if row else "")
    values = [_Pair("", _write((cell,))) for cell in row[1:]]
    named = [pair._replace(name=name) for name, pair in zip(names[1:], values, strict=False)]
    return [title, *(pair for pair in (*named, *values[len(named) :]) if pair.value)]


def _write(cells: Row) -> str:
    return write_text(map(Paragraph, cells))


def _is_plain(cells: Row) -> bool:
    return all(
        isinstance(node, Text | Code | LineBreak)
        or (isinstance(node, Mention) and not node.user_id)
        for cell in cells
        for node in cell
    )


def _write_pair(pair: _Pair, display: str) -> dict[str, str]:
    written = {"NAME": pair.name, "VALUE": pair.value, "DISPLAY": display}
    return {key: text for key, text in written.items() if text}
