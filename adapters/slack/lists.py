"""The lists of a ``rich_text`` block, which follow one another, made into lists in lists.

Source: https://docs.slack.dev/reference/block-kit/block-elements/rich-text-list-element/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.slack.fields import get_number, get_text
from bridge.markup.nodes import Block, Item, List

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.slack.fields import Object

_DEEPEST_INDENT = 8
"""Slack shows no deeper one."""
_LARGEST_OFFSET = 10**6
_TASKS = {"checked": True, "unchecked": False}


class _OpenItem(Struct):
    children: list[Block]
    is_done: bool | None


class _OpenList(Struct):
    indent: int
    start: int | None
    items: list[_OpenItem]

    def goes_on(self, start: int | None) -> bool:
        """Tell whether a list that starts so is more of this one; 1 may be a start left out."""
        if self.start is None or start is None:
            return self.start is start
        return start in {1, self.start + len(self.items)}


class ListTree:
    """Takes lists with their indents, one after the other, and makes trees of them."""

    def __init__(self) -> None:
        self._open: list[_OpenList] = []
        self._done: list[Block] = []

    def add(self, element: Object, items: Iterable[list[Block]]) -> None:
        """Add a list: to the one before it, in it, or in one of those around it."""
        style = get_text(element, "style")
        new_items = [_OpenItem(children, _TASKS.get(style)) for children in items]
        if not new_items:
            return
        indent = min(max(get_number(element, "indent"), 0), _DEEPEST_INDENT)
        offset = min(max(get_number(element, "offset"), 0), _LARGEST_OFFSET)
        start = 1 + offset if style == "ordered" else None
        while self._open and self._open[-1].indent > indent:
            self._leave()
        if self._open and self._open[-1].indent == indent and not self._open[-1].goes_on(start):
            self._leave()
        if not self._open or self._open[-1].indent < indent:
            self._open.append(_OpenList(indent, start, []))
        self._open[-1].items += new_items

    def close(self) -> list[Block]:
        """End all lists and return the outermost; then the tree is as new."""
        while self._open:
            self._leave()
        done, self._done = self._done, []
        return done

    def _leave(self) -> None:
        left = self._open.pop()
        items = tuple(Item(tuple(item.children), item.is_done) for item in left.items)
        siblings = self._open[-1].items[-1].children if self._open else self._done
        siblings.append(List(items, left.start))
