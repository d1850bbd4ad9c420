"""The message tree as safe HTML, for the answers in the demo's chat.

Escaping happens at the leaves and nowhere else; what is not known shows its text.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.markup import nodes
from bridge.markup.shared import as_quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Block, Document, Inline

_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
_INLINE_TAGS: dict[type[nodes.Node], str] = {
    nodes.Strong: "strong",
    nodes.Emphasis: "em",
    nodes.Underline: "u",
    nodes.Strike: "s",
}


def write_html(answer: Document) -> str:
    """Write an answer as HTML that holds nothing but what the tree says.

    Only ``http``, ``https`` and ``mailto`` addresses become links; of others the label and the
    address are shown.
    """
    return _blocks(answer.children)


def write_typed_html(text: str) -> str:
    """Write what a person typed as HTML: literally, with its lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "<br>".join(escape(line) for line in lines)


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case nodes.Paragraph(children) | nodes.Heading(_, children):
            tag = "p" if isinstance(block, nodes.Paragraph) else "h3"
            return f"<{tag}>{_inlines(children)}</{tag}>"
        case nodes.Quote() | nodes.Shared():
            quote = block if isinstance(block, nodes.Quote) else as_quote(block)
            return f"<blockquote>{_blocks(quote.children)}</blockquote>"
        case nodes.CodeBlock(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case nodes.List():
            return _list(block)
        case nodes.Table(head, rows):
            return f"<table>{_row('th', head)}{''.join(_row('td', row) for row in rows)}</table>"
        case nodes.Rule():
            return "<hr>"


def _list(block: nodes.List) -> str:
    items = "".join(f"<li>{_done(item)}{_item(item)}</li>" for item in block.items)
    if block.start is None:
        return f"<ul>{items}</ul>"
    return f'<ol start="{block.start}">{items}</ol>'


def _item(item: nodes.Item) -> str:
    """Write an item's only paragraph without ``<p>``, so that a list stays tight."""
    match item.children:
        case (nodes.Paragraph(children),):
            return _inlines(children)
        case children:
            return _blocks(children)


def _done(item: nodes.Item) -> str:
    if item.is_done is None:
        return ""
    return "☑ " if item.is_done else "☐ "


def _row(tag: str, cells: Iterable[Iterable[Inline]]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_inlines(cell)}</{tag}>' for cell in cells)}</tr>"


def _inlines(inlines: Iterable[Inline]) -> str:
    return "".join(_inline(inline) for inline in inlines)


def _inline(inline: Inline) -> str:
    match inline:
        case nodes.Text(text) | nodes.Color(text):
            html = escape(text)
        case nodes.LineBreak():
            html = "<br>"
        case nodes.Code(text):
            html = f"<code>{escape(text)}</code>"
        case nodes.Link(href, children):
            html = _link(href, _inlines(children))
        case nodes.Image(href, alt):
            html = _link(href, escape(alt or href))
        case nodes.Mention(label):
            html = f'<span class="mention">@{escape(label)}</span>'
        case _:
            tag = _INLINE_TAGS[type(inline)]
            html = f"<{tag}>{_inlines(inline.children)}</{tag}>"
    return html


def _link(href: str, label: str) -> str:
    address = escape(href)
    if not _is_safe(href):
        return f"{label} ({address})" if address != label else label
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{label or address}</a>'


def _is_safe(href: str) -> bool:
    try:
        return urlsplit(href).scheme in _SAFE_SCHEMES
    except ValueError:
        return False
