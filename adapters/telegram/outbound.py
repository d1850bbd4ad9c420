"""An answer as Telegram shows it: a text, and entities that say how it looks.

There is no markup in the text, so that nothing has to be escaped and everything is literal.

Source: https://core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

from telegram import MessageEntity
from telegram.constants import MessageLimit

from bridge.markup import nodes
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from bridge.markup.nodes import Block, Document, Inline

LIMIT: Final = MessageLimit.MAX_TEXT_LENGTH.value
"""The longest text of a message, in UTF-16 code units."""

_STYLES: Final[dict[type[Inline], str]] = {
    nodes.Strong: MessageEntity.BOLD,
    nodes.Emphasis: MessageEntity.ITALIC,
    nodes.Underline: MessageEntity.UNDERLINE,
    nodes.Strike: MessageEntity.STRIKETHROUGH,
}
# Telegram makes a mention, a link or a command of these wherever it finds them, except in code. It
# knows all top-level domains, here two letters make one. Each word is read from its start only.
_END: Final = r"""[^\s.,;:!?)\]»"']"""
_ACTIVE: Final = re.compile(
    rf"""
    (?<!\w)\w++://\S*{_END}
  | (?P<email>(?<![\w.+-])[\w.+-]++(?<=\w)@[\w-]++(?:\.[\w-]++)+)
  | (?<![\w@.-])[\w-]++(?:\.[\w-]++)+(?<=[^\W\d_]{{2}})(?:[/:?\#]\S*{_END})?
  | (?<!\w)@\w+
  | (?<![\w/<>])/\w+(?:@\w+)?
    """,
    re.VERBOSE,
)
_WEB_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_SILENT: Final = {MessageEntity.CODE, MessageEntity.PRE, MessageEntity.TEXT_LINK}
_ZERO_WIDTH_JOINER: Final = "\u200d"


def render(answer: Document) -> tuple[str, list[MessageEntity]]:
    """Render an answer; too long a one ends in ``…``.

    Handles in its words ping nobody, addresses and commands lead nowhere: only links are links.
    """
    writer = _Writer()
    writer.write_blocks(answer.children)
    text, entities = _shorten("".join(writer.parts), writer.entities)
    entities += _silence(text, entities)
    if len(entities) > MessageLimit.MESSAGE_ENTITIES:
        # Telegram would drop those behind the hundredth, and handles would be mentions again.
        entities = [MessageEntity(MessageEntity.PRE, 0, count_units(text))]
    return text, entities


def count_units(text: str) -> int:
    """Count UTF-16 code units, in which Telegram measures."""
    return len(text) + sum(char > "\uffff" for char in text)


def _shorten(text: str, entities: Sequence[MessageEntity]) -> tuple[str, list[MessageEntity]]:
    if count_units(text) > LIMIT:
        text = f"{text[: _fitting(text, LIMIT - 1)].rstrip()}…"
    end = count_units(text)
    return text, [_clip(entity, end) for entity in entities if entity.offset < end]


def _silence(text: str, entities: Iterable[MessageEntity]) -> list[MessageEntity]:
    """Make code of what is active and not silent yet, also where it goes on in another node."""
    silent = {
        unit
        for entity in entities
        if entity.type in _SILENT
        for unit in range(entity.offset, entity.offset + entity.length)
    }
    units = [0, *accumulate(1 + (char > "\uffff") for char in text)]
    found = (match for match in _ACTIVE.finditer(text) if match["email"] is None)
    return [
        MessageEntity(MessageEntity.CODE, part[0], len(part))
        for match in found
        for part in _without(silent, range(units[match.start()], units[match.end()]))
    ]


def _without(silent: Container[int], units: Iterable[int]) -> Iterator[list[int]]:
    for is_silent, part in groupby(units, key=silent.__contains__):
        if not is_silent:
            yield list(part)


def _fitting(text: str, units: int) -> int:
    """Count the characters that fit, without cutting what is seen as one."""
    sizes = accumulate(1 + (char > "\uffff") for char in text)
    end = next(index for index, size in enumerate(sizes) if size > units)
    while end and (_belongs_to_last(text[end]) or text[end - 1] == _ZERO_WIDTH_JOINER):
        end -= 1
    return end


def _belongs_to_last(char: str) -> bool:
    return (
        char == _ZERO_WIDTH_JOINER
        or unicodedata.category(char).startswith("M")
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
    )


def _clip(entity: MessageEntity, end: int) -> MessageEntity:
    length = min(entity.length, end - entity.offset)
    return MessageEntity(
        entity.type, entity.offset, length, url=entity.url, language=entity.language
    )


class _Writer:
    """Collects text, and where in it, in UTF-16 code units, something looks different."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.entities: list[MessageEntity] = []
        self._length = 0

    def write_blocks(self, blocks: Iterable[Block]) -> None:
        for number, block in enumerate(blocks):
            if number:
                self._put("\n\n")
            self._write_block(block)

    def _write_block(self, block: Block) -> None:
        match block:
            case nodes.Paragraph(children):
                self._write_inline(children)
            case nodes.Heading(_, children):
                with self._marked(MessageEntity.BOLD):
                    self._write_inline(children)
            case nodes.Quote(children):
                with self._marked(MessageEntity.BLOCKQUOTE):
                    self.write_blocks(children)
            case nodes.Shared():
                self._write_block(as_quote(block))
            case nodes.CodeBlock(text, language):
                with self._marked(MessageEntity.PRE, language=language or None):
                    self._put(text)
            case nodes.List():
                self._write_list(block)
            case nodes.Table(head, rows):
                self._write_lines((head, *rows))
            case nodes.Rule():
                self._put("———")

    def _write_list(self, block: nodes.List) -> None:
        for number, item in enumerate(block.items):
            mark = "•" if block.start is None else f"{block.start + number}."
            if item.is_done is not None:
                mark = "☑" if item.is_done else "☐"
            self._put("\n" if number else "")
            self._put(f"{mark} ")
            self.write_blocks(item.children)

    def _write_lines(self, rows: Iterable[Iterable[Iterable[Inline]]]) -> None:
        for row_number, row in enumerate(rows):
            for cell_number, cell in enumerate(row):
                self._put(" | " if cell_number else "\n" if row_number else "")
                self._write_inline(cell)

    def _write_inline(self, children: Iterable[Inline]) -> None:
        for child in children:
            match child:
                case nodes.Text(text) | nodes.Mention(text) | nodes.Color(text):
                    self._put(text)
                case nodes.LineBreak():
                    self._put("\n")
                case nodes.Code(text):
                    with self._marked(MessageEntity.CODE):
                        self._put(text)
                case nodes.Link(href, label):
                    self._write_link(href, label)
                case nodes.Image(href, alt):
                    self._write_link(href, (nodes.Text(alt),))
                case styled:
                    with self._marked(_STYLES[type(styled)]):
                        self._write_inline(styled.children)

    def _write_link(self, href: str, label: Iterable[Inline]) -> None:
        start, parts, entities = self._length, len(self.parts), len(self.entities)
        self._write_inline(label)
        words = "".join(self.parts[parts:])
        is_plain = words and "@" not in words and len(self.entities) == entities
        if is_plain and _WEB_ADDRESS.fullmatch(href):
            self._mark(MessageEntity.TEXT_LINK, start, url=href)
        else:
            # Telegram takes no other addresses, and a link can hold no code.
            self._put(f" ({href})")

    @contextmanager
    def _marked(self, entity_type: str, *, language: str | None = None) -> Iterator[None]:
        start = self._length
        yield
        self._mark(entity_type, start, language=language)

    def _mark(
        self, entity_type: str, start: int, *, url: str | None = None, language: str | None = None
    ) -> None:
        if self._length > start:
            self.entities.append(
                MessageEntity(entity_type, start, self._length - start, url=url, language=language)
            )

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self._length += count_units(text)
