"""Tree → the blocks of an ATTACH: what BB codes have no form for.

Order is meaning: a message keeps all that stands before its first table, picture, rule or shared
message, and from there on everything is a block, text too. A picture within text stays a link in
it and follows it as a picture.

Source: https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/attachments/index.html
"""

from __future__ import annotations

from itertools import groupby, islice, takewhile
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from bridge.markup import plain
from bridge.markup.block_text import write_name, write_text
from bridge.markup.characters import is_blank
from bridge.markup.grid import shows_nothing, write_table
from bridge.markup.literal import escape_address
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Document,
    Image,
    LineBreak,
    Paragraph,
    Rule,
    Shared,
    Strong,
    Table,
    Text,
)
from bridge.markup.shared import show_source, show_time
from bridge.markup.shears import cut
from bridge.markup.walk import walk_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    from bridge.markup.nodes import Block

    _Part: TypeAlias = Block | Image
    _Written: TypeAlias = dict[str, object]

_MOST_BYTES: Final = 30_720
_FIRST_WORDS: Final = 100
_LEAST_ROW: Final = len('{"NAME":"","DISPLAY":"ROW"}')
_DELIMITER: Final = {"SIZE": 200, "COLOR": "#c6c6c6"}


class Attached(Struct, frozen=True):
    """A message in two parts.

    Attributes:
        lead: what stands in the message itself; it is never empty.
        json: the rest as an ``ATTACH``, at most 30,720 bytes of UTF-8.
    """

    lead: Document
    json: str


def render(document: Document) -> Attached | None:
    """Write as blocks what is better shown so, and tell what is left for the message.

    Nothing the tree says is lost: what comes first is named in the message, too, if nothing stands
    before it. Never raises; linear in the size of the tree.

    Returns:
        None when there is nothing of that kind, or too much for an ``ATTACH``: then all of it is
        to be text.
    """
    parts = tuple(_parts(document.children))
    lead = _lead(parts)
    rest = parts[len(lead) :]
    blocks = [] if _is_surely_too_large(rest) else list(_blocks(rest))
    if not blocks:
        return None
    if not write_text(block for block in lead if not isinstance(block, Rule)):
        openings = map(_opening, rest)
        lead = (*lead, *islice((block for block in openings if write_text((block,))), 1))
    json = msgspec.json.encode({"ID": 1, "BLOCKS": blocks})
    if len(json) > _MOST_BYTES or not write_text(lead):
        return None
    return Attached(Document(lead), json.decode())


def _parts(blocks: Iterable[Block]) -> Iterator[_Part]:
    """Yield blocks, and behind each its pictures; nothing else of a block that is only pictures."""
    for block in blocks:
        if isinstance(block, Shared) and not _is_text(block):
            yield block  # its pictures are among its own blocks
            continue
        images = [node for node in walk_back((block,)) if isinstance(node, Image)]
        shown = [image for image in reversed(images) if _address(image.href)]
        if not shown or len(shown) < len(images) or not _is_only_pictures(block):
            yield block
        yield from shown


def _is_only_pictures(block: Block) -> bool:
    return isinstance(block, Paragraph) and all(
        isinstance(node, Image | LineBreak) or (isinstance(node, Text) and is_blank(node.text))
        for node in block.children
    )


def _address(href: str) -> str | None:
    """Write an address as the blocks take it: only of the web."""
    address = escape_address(href)
    return address if address and address.startswith(("http:", "https:")) else None


def _is_text(part: _Part) -> bool:
    if isinstance(part, Shared):
        return is_blank(part.author) and not show_source(part)
    return not isinstance(part, Image | Table | Rule)


def _is_surely_too_large(parts: Sequence[_Part]) -> bool:
    """Tell whether there is no use in writing them: rows, text and addresses alone are too much."""
    size = sum(len(part.rows) * _LEAST_ROW for part in parts if isinstance(part, Table))
    for node in walk_back(parts):
        if isinstance(node, Text | Code | CodeBlock):
            size += len(node.text.strip())
        elif isinstance(node, Image):
            size += len(node.href)
    return size > _MOST_BYTES


def _lead(parts: Sequence[_Part]) -> tuple[Block, ...]:
    rules = sum(1 for _ in takewhile(lambda part: isinstance(part, Rule), parts))
    text = takewhile(_is_text, parts[rules:])
    return tuple(part for part in (*parts[:rules], *text) if not isinstance(part, Image))


def _opening(part: _Part) -> Block:
    """Make the first line of a part, for a message that would be empty."""
    match part:
        case Table(head, rows):
            return Table(next((row for row in (head, *rows) if not shows_nothing(row)), ()), ())
        case Image():
            return Paragraph((part,))
        case Shared():
            return _first_words(part)
    return part


def _first_words(shared: Shared) -> Paragraph:
    """Make a line of who wrote a message, and of its first words: a push shows nothing else."""
    author = shared.author
    who = (Strong((Text(author),)),) if not is_blank(author) else show_source(shared)
    said = tuple(block for block in shared.children if not isinstance(block, Rule))
    words = " ".join(plain.render(Document(said)).split())
    if is_blank(words) or not who:
        return Paragraph(who)
    beginning = cut(words, _FIRST_WORDS)
    return Paragraph((*who, Text(f": {beginning}{'…' if beginning != words else ''}")))


def _blocks(parts: Iterable[_Part]) -> Iterator[_Written]:
    for is_text, group in groupby(parts, _is_text):
        if not is_text:
            for part in group:
                yield from _write(part)
        elif text := write_text(part for part in group if not isinstance(part, Image)):
            yield {"MESSAGE": text}


def _write(part: _Part) -> Iterator[_Written]:
    match part:
        case Table():
            yield from write_table(part)
        case Image():
            yield from _image(part)
        case Shared():
            yield from _shared(part)
        case Rule():
            yield {"DELIMITER": _DELIMITER}


def _image(image: Image) -> Iterator[_Written]:
    name = write_name(image.title) or write_name(image.alt)
    yield {"IMAGE": {**({"NAME": name} if name else {}), "LINK": _address(image.href)}}


def _shared(shared: Shared) -> Iterator[_Written]:
    if author := write_name(shared.author):
        yield {"USER": {"NAME": author}}
    yield from _blocks(_parts(shared.children))
    if address := _address(shared.href):
        yield {"LINK": {"NAME": show_time(shared) or write_name(shared.href), "LINK": address}}
    elif source := write_text((Paragraph(show_source(shared)),)):
        yield {"MESSAGE": source}
