"""The HTML of CommonMark's examples → tree: what they mean, said with our nodes.

No parser of HTML reads it, as that would take tags for tags which a person has typed: to us they
are text. What the specification itself writes is regular enough to be told by a pattern.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from msgspec import Struct

from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Item,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strong,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_TAG = re.compile(
    r"<(?P<slash>/?)(?P<name>p|blockquote|ul|ol|li|pre|code|em|strong|a|h[1-6]|hr|br|img)"
    r'(?P<attributes>(?: [a-z]+="[^"<>]*")*)(?: /)?>'
)
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_TYPED_TAG = re.compile("(<[^>]*>)")
_ENCODED = re.compile("(?:%[0-9A-F]{2})+")
_HOLDERS = frozenset({"", "blockquote", "li", "ul", "ol"})
_INLINES = frozenset({"code", "em", "strong", "a", "br", "img"})
_PARAGRAPH = "p of a tight item"


class _Frame(Struct):
    """An element that is open."""

    name: str
    attributes: dict[str, str] = {}
    children: list[Any] = []


def read_html(html: str, *, typed: str) -> Document:
    """Read HTML that has been made of what was ``typed``."""
    reader = _Reader(typed)
    position = 0
    for tag in _TAG.finditer(html):
        reader.text(html[position : tag.start()])
        reader.tag(tag)
        position = tag.end()
    reader.text(html[position:])
    reader.end_paragraph()
    return Document(tuple(reader.top.children))


class _Reader:
    """Makes a tree of tags and text; what stands between blocks is a paragraph of its own."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.top = _Frame("")
        self.stack: list[_Frame] = []

    def text(self, html: str) -> None:
        if html and not (self.top.name in _HOLDERS and html.isspace()):
            self.begin_paragraph()
            pieces = _TYPED_TAG.split(html)
            pieces[::2] = map(unescape, pieces[::2])
            self.top.children.append(Text("".join(pieces)))

    def tag(self, tag: re.Match[str]) -> None:
        name = tag["name"]
        if tag["slash"]:
            self.close(tag)
        elif tag[0] in self.typed:
            self.text(tag[0])
        else:
            self.begin_paragraph() if name in _INLINES else self.end_paragraph()
            attributes = {key: self.value(said) for key, said in _ATTRIBUTE.findall(tag[0])}
            if make := _SINGLES.get(name):
                self.top.children.append(make(attributes))
            else:
                self.begin(_Frame(name, attributes))

    def close(self, tag: re.Match[str]) -> None:
        if self.top.name == _PARAGRAPH and self.stack[-1].name == tag["name"]:
            self.end()
        if self.top.name == tag["name"]:
            self.end()
        else:
            self.text(tag[0])

    def value(self, said: str) -> str:
        """Read an attribute; addresses are as they were typed, and not encoded for a browser."""

        def decode(encoded: re.Match[str]) -> str:
            return encoded[0] if encoded[0] in self.typed else unquote(encoded[0])

        return _ENCODED.sub(decode, unescape(said))

    def begin(self, frame: _Frame) -> None:
        self.stack.append(self.top)
        self.top = frame

    def end(self) -> None:
        made, self.top = self.top, self.stack.pop()
        self.top.children.append(_MAKERS[made.name](made.attributes, tuple(made.children)))

    def begin_paragraph(self) -> None:
        if self.top.name in _HOLDERS:
            self.begin(_Frame(_PARAGRAPH))

    def end_paragraph(self) -> None:
        if self.top.name == _PARAGRAPH:
            self.end()


_SINGLES: dict[str, Callable[[dict[str, str]], Any]] = {
    "br": lambda _: LineBreak(),
    "hr": lambda _: Rule(),
    "img": lambda attributes: Image(attributes["src"], attributes["alt"]),
}
_MAKERS: dict[str, Callable[[dict[str, str], Any], Any]] = {
    _PARAGRAPH: lambda _, children: Paragraph(children),
    "p": lambda _, children: Paragraph(children),
    "blockquote": lambda _, children: Quote(children),
    "ul": lambda _, children: List(children),
    "ol": lambda attributes, children: List(children, int(attributes.get("start", 1))),
    "li": lambda _, children: Item(children),
    "pre": lambda _, children: CodeBlock(children[0].text.removesuffix("\n")),
    "code": lambda _, children: Code("".join(child.text for child in children)),
    "em": lambda _, children: Emphasis(children),
    "strong": lambda _, children: Strong(children),
    "a": lambda attributes, children: Link(attributes["href"], children),
    "h1": lambda _, children: Heading(1, children),
    "h2": lambda _, children: Heading(2, children),
    "h3": lambda _, children: Heading(3, children),
    "h4": lambda _, children: Heading(4, children),
    "h5": lambda _, children: Heading(5, children),
    "h6": lambda _, children: Heading(6, children),
}
