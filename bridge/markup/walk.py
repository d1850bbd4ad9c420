"""Going through a tree, node by node."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bridge.markup.nodes import Item, List, Shared, Table
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.markup.nodes import Node


def walk_back(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes and all that they hold, from the last to the first, outer before inner."""
    open_nodes: list[Node | Item] = list(nodes)
    while open_nodes:
        node = open_nodes.pop()
        if not isinstance(node, Item):
            yield node
        open_nodes += _held(node)


def _held(node: Node | Item) -> Iterable[Node | Item]:
    match node:
        case List(items):
            return items
        case Table(head, rows):
            return chain(*head, *chain.from_iterable(rows))
        case Shared():
            return as_quote(node).children
    return getattr(node, "children", ())
