"""Attachments, drawn for the page: all texts escaped, all addresses checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from adapters.sandbox.reader import read
from adapters.sandbox.reading.canvas import escape_text
from adapters.sandbox.reading.links import is_link, link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.sandbox.attach import Attach, Block, Cell, Document, Image, Link, Text

_Item = TypeVar("_Item")


def draw_attach(attach: Attach) -> str:
    """Return the HTML of an attachment: a ``div`` of class ``attach`` with one for each block."""
    color = f' data-color="{attach.color_token}"' if attach.color_token else ""
    return f'<div class="attach"{color}>{"".join(map(_draw_block, attach.blocks))}</div>'


def _draw_block(block: Block) -> str:
    if block.message is not None:
        return _box("message", _bb(block.message))
    if block.grid is not None:
        return _box("grid", "".join(map(_draw_cell, block.grid)))
    if block.delimiter is not None:
        return _box("delimiter", "")
    boxes = [_box("link", _draw_link(item)) for item in _each(block.link)]
    boxes += [_box("user", _named(item.name, item.link)) for item in _each(block.user)]
    boxes += [_box("image", _draw_file(item)) for item in _each(block.image)]
    boxes += [_box("file", _draw_file(item)) for item in _each(block.file)]
    return "".join(boxes)


def _draw_link(item: Link) -> str:
    title = _named(item.name or item.link, item.link)
    return f"{title}<br>{_bb(item.desc)}" if item.desc else title


def _draw_file(item: Image | Document) -> str:
    return _named(item.name or item.link, item.link)


def _draw_cell(cell: Cell) -> str:
    """Draw a name and a value; the one that is left out leaves its room to the other."""
    name = f"<b>{_text(cell.name)}</b>" if cell.name != "" else ""
    value = _named(cell.value, cell.link) if cell.link else _bb(cell.value)
    shown = f"<span>{value}</span>" if value else ""
    return f'<div class="cell {cell.display.lower()}">{name}{shown}</div>'


def _box(kind: str, content: str) -> str:
    return f'<div class="attach-{kind}">{content}</div>'


def _named(name: Text, address: str) -> str:
    if not is_link(address):
        return _text(name)
    look = link(address)
    return f"{look.opening}{_text(name)}{look.closing}"


def _text(text: Text) -> str:
    return escape_text(str(text))


def _bb(text: Text) -> str:
    # The portal takes a written backslash-n and backslash-t for what they mean.
    return read(str(text).replace("\\n", "\n").replace("\\t", "\t")).html


def _each(items: _Item | list[_Item] | None) -> Iterator[_Item]:
    if isinstance(items, list):
        yield from items
    elif items is not None:
        yield items
