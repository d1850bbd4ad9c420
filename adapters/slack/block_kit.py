"""The blocks of a message: what Block Kit lays out, as text.

Source: https://docs.slack.dev/reference/block-kit/blocks/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.slack.emoji import show_emoji
from adapters.slack.fields import (
    as_objects,
    get_list,
    get_number,
    get_object,
    get_objects,
    get_text,
)
from adapters.slack.literal import as_markdown
from adapters.slack.rich_text import read_line, read_rich_text
from adapters.slack.texts import (
    find_words,
    inner_values,
    own_words,
    read_lines,
    read_plain,
    read_text,
)
from bridge.markup import markdown
from bridge.markup.nodes import Heading, Image, Link, Paragraph, Rule, Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.slack.fields import Object
    from bridge.markup.nodes import Block, Inline, Typed

_HEADER_LEVEL = 3
"""Its size is the one that Slack shows headers in."""
_HIGHEST_LEVEL, _LOWEST_LEVEL = 1, 6
_BETWEEN_ELEMENTS = Text(" | ")
_APART = Text("\n\n")


def read_blocks(values: Iterable[object]) -> list[Typed]:
    """Read blocks, each for itself.

    Of one that is broken, all words in it; of one that is unknown, its words and the blocks in it.
    Never raises; linear, and not deeper than Slack's own blocks, however deep the values are.
    """
    found: list[Typed] = []
    waiting: list[object] = [*values][::-1]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value[::-1]
        elif not isinstance(value, Mapping):
            found.append(read_text(value))
        elif read := _READERS.get(get_text(value, "type")):
            found.append(read(value) or read_plain("\n".join(find_words(value))))
        else:
            found.append(_read_words(value))
            waiting += inner_values(value)[::-1]
    return [typed for typed in found if typed]


def as_blocks(parts: Iterable[Typed]) -> list[Block]:
    """Make blocks of what was typed, each part for itself."""
    return [block for part in parts for block in markdown.parse(part).children]


def join(parts: Iterable[Typed], between: Text = _APART) -> Typed:
    """Put together what is not empty."""
    joined: list[Typed] = []
    for part in parts:
        if part:
            joined += [(between,), part] if joined else [part]
    return tuple(node for part in joined for node in part)


def _read_words(block: Object) -> Typed:
    words = show_emoji("\n".join(own_words(block)))
    return _link(words, get_text(block, "url")) if words else ()


def _link(words: str, href: str) -> Typed:
    label = read_lines(words)
    return (Paragraph((Link(href, label),) if href else label),) if label else ()


def _read_section(block: Object) -> Typed:
    texts = [block.get("text"), *get_list(block, "fields")]
    accessories = map(_read_element, get_objects(block, "accessory"))
    return join([*map(read_text, texts), *accessories])


def _read_header(block: Object) -> Typed:
    level = get_number(block, "level")
    is_level = _HIGHEST_LEVEL <= level <= _LOWEST_LEVEL
    words = _say(block.get("text"))
    return (Heading(level if is_level else _HEADER_LEVEL, (Text(words),)),) if words else ()


def _read_context(block: Object) -> Typed:
    return join(map(_read_element, get_objects(block, "elements")), Text(" "))


def _read_actions(block: Object) -> Typed:
    return join(map(_read_element, get_objects(block, "elements")), _BETWEEN_ELEMENTS)


def _read_input(block: Object) -> Typed:
    elements = map(_read_element, get_objects(block, "element"))
    label, hint = _as_source(block.get("label")), _as_source(block.get("hint"))
    return join([label, *elements, hint], Text(" "))


def _read_element(element: Object) -> Typed:
    """Read an element as a line: an image, a text, else its words, which may lead somewhere."""
    kind = get_text(element, "type")
    if kind == "image" and (image := _image(element)):
        return image
    if kind == "mrkdwn":
        return read_text(element)
    words, href = _say(element), get_text(element, "url")
    return (Link(href, (Text(words),)),) if words and href else _as_source(element)


def _read_image(block: Object) -> Typed:
    image = _image(block)
    return (Paragraph(image),) if image else ()


def _image(image: Object) -> tuple[Image, ...]:
    title, alt = _say(image.get("title")), get_text(image, "alt_text")
    href = get_text(image, "image_url", "thumbnail_url")
    href = href or get_text(get_object(image, "slack_file"), "url")
    return (Image(href, title or alt, alt if title and alt != title else ""),) if href else ()


def _read_markdown(block: Object) -> Typed:
    text = get_text(block, "text")
    return (Text(text),) if text.strip() else ()


def _read_table(block: Object) -> Typed:
    rows = [
        tuple(_read_cell(cell) for cell in as_objects(row if isinstance(row, list) else [row]))
        for row in get_list(block, "rows")
    ]
    return (Table(rows[0], tuple(rows[1:])),) if any(cell for row in rows for cell in row) else ()


def _read_cell(cell: Object) -> tuple[Inline, ...]:
    if get_text(cell, "type") == "rich_text" and (line := read_line(cell)):
        return line
    if get_text(cell, "type") == "raw_text" and (text := get_text(cell, "text")):
        return read_lines(text)
    return read_lines(_say(cell) or get_text(cell, "value"))


def _read_video(block: Object) -> Typed:
    title = _say(block.get("title")) or get_text(block, "alt_text")
    source = ", ".join(
        filter(None, (get_text(block, "author_name"), get_text(block, "provider_name")))
    )
    return join(
        [
            _link(title, get_text(block, "title_url", "video_url")),
            read_text(block.get("description")),
            read_plain(source),
        ]
    )


def _read_file(block: Object) -> Typed:
    file = {**block, **get_object(block, "file")}
    words = get_text(file, "title", "name", "external_id", "id")
    return _link(words, get_text(file, "permalink", "url_private"))


def _read_call(block: Object) -> Typed:
    call = get_object(get_object(block, "call"), "v1") or get_object(block, "call") or block
    return _link(get_text(call, "name", "title"), get_text(call, "join_url", "url"))


def _say(value: object) -> str:
    """Tell all words of a text, an element or anything else, in one line."""
    return " ".join(" ".join(find_words(value)).split())


def _as_source(value: object) -> Typed:
    words = _say(value)
    return (Text(as_markdown(words)),) if words else ()


_READERS: dict[str, Callable[[Object], Typed]] = {
    "rich_text": read_rich_text,
    "mrkdwn": read_text,
    "plain_text": read_text,
    "section": _read_section,
    "header": _read_header,
    "context": _read_context,
    "divider": lambda _: (Rule(),),
    "image": _read_image,
    "markdown": _read_markdown,
    "table": _read_table,
    "data_table": _read_table,
    "actions": _read_actions,
    "context_actions": _read_actions,
    "input": _read_input,
    "video": _read_video,
    "file": _read_file,
    "call": _read_call,
    **dict.fromkeys(("button", "workflow_button", "url"), _read_element),
}
