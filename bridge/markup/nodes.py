"""The message tree: what was written, in no dialect.

Adapters and ``markdown.py`` make it, ``bbcode.py``, ``plain.py`` and ``fit.py`` read it. Every text
in it is literal: what a person sees, not yet escaped for anybody. Trees are frozen, comparable and
hashable; ``msgspec`` writes them to JSON and reads them back (each node under its ``type``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct


class _Node(Struct, frozen=True, gc=False, tag_field="type", tag=str.lower):
    """What all nodes have in common; frozen ones make no cycles, so no collector follows them."""


class Text(_Node, frozen=True):
    """Literal text without line breaks of meaning."""

    text: str


class LineBreak(_Node, frozen=True):
    """A new line within a paragraph: people in a chat break lines because they mean to."""


class Strong(_Node, frozen=True):
    """Bold."""

    children: tuple[Inline, ...]


class Emphasis(_Node, frozen=True):
    """Italic."""

    children: tuple[Inline, ...]


class Underline(_Node, frozen=True):
    """Underlined."""

    children: tuple[Inline, ...]


class Strike(_Node, frozen=True):
    """Struck through."""

    children: tuple[Inline, ...]


class Code(_Node, frozen=True):
    """A few words of code within a sentence."""

    text: str


class Link(_Node, frozen=True):
    """A label that leads somewhere; ``href`` is not checked, renderers decide what is a link.

    The ``title`` is what a browser shows when a pointer rests on the label.
    """

    href: str
    children: tuple[Inline, ...]
    title: str = ""


class Image(_Node, frozen=True):
    """A picture by its address, with the words that stand for it, and a title as of a ``Link``."""

    href: str
    alt: str
    title: str = ""


class Color(_Node, frozen=True):
    """A colour, shown as itself and by its ``name``: ``#`` and six hexadecimal digits."""

    name: str


class Mention(_Node, frozen=True):
    """A person, or a group of the platform's own, named in a message.

    Attributes:
        label: what was written or the person's name, without ``@``.
        external_id: the platform's id of the person or group; empty when only a name was written.
        user_id: the Bitrix24 ``USER_ID``, once the person has been found; 0 until then.
        is_group: whether it is a group.
    """

    label: str
    external_id: str = ""
    user_id: int = 0
    is_group: bool = False


class Paragraph(_Node, frozen=True):
    """Inline nodes that stand together."""

    children: tuple[Inline, ...]


class Heading(_Node, frozen=True):
    """A heading of ``level`` 1 to 6."""

    level: int
    children: tuple[Inline, ...]


class Quote(_Node, frozen=True):
    """Somebody's words."""

    children: tuple[Block, ...]


class Shared(_Node, frozen=True):
    """Somebody's message that is passed on.

    Attributes:
        author: the name of who wrote it; empty if it is not known.
        children: what it says.
        href: where it stands; empty if that cannot be visited.
        sent_at: when it was written, aware; None if it is not known.
    """

    author: str
    children: tuple[Block, ...]
    href: str = ""
    sent_at: datetime | None = None


class CodeBlock(_Node, frozen=True):
    """Lines of code, without the last line break."""

    text: str
    language: str = ""


class Item(_Node, frozen=True):
    """An item of a list; ``is_done`` is None unless it is a task."""

    children: tuple[Block, ...]
    is_done: bool | None = None


class List(_Node, frozen=True):
    """A list; numbered from ``start``, or with bullets when ``start`` is None."""

    items: tuple[Item, ...]
    start: int | None = None


class Table(_Node, frozen=True):
    """A table: a head and rows of cells, each cell a tuple of inline nodes."""

    head: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


class Rule(_Node, frozen=True):
    """A line across."""


Inline: TypeAlias = (
    Text
    | LineBreak
    | Strong
    | Emphasis
    | Underline
    | Strike
    | Code
    | Link
    | Image
    | Mention
    | Color
)
Block: TypeAlias = Paragraph | Heading | Quote | Shared | CodeBlock | List | Table | Rule
Node: TypeAlias = Inline | Block


class Document(Struct, frozen=True, gc=False):
    """A whole message."""

    children: tuple[Block, ...]


Typed: TypeAlias = tuple[Node, ...]
"""What a person typed, as an adapter hands it over: what the platform itself marked (formatting,
mentions, links, code, quotes) as nodes, everything else as ``Text`` just as it was typed, line
breaks and unread Markdown included. ``markdown.parse`` makes a ``Document`` of it."""
