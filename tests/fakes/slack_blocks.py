"""What Slack takes as rich text, and what it refuses.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/
"""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

_STYLES: Final = {"bold", "italic", "strike", "code"}
_TEXTS: Final = {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}
_LEAF_KEYS: Final = {"text": {"text"}, "link": {"text", "url"}}
_TEXT_LIMIT: Final = 40_000
_BLOCKS_LIMIT: Final = 13_200


class BadMessage(Exception):
    """Slack refuses the message; the first argument is its error code."""


def check_message(text: object, blocks: object) -> None:
    """Check a message as Slack does.

    Raises:
        BadMessage: it is refused.
    """
    if not isinstance(text, str) or not text.strip():
        raise BadMessage("no_text", "the fallback is missing")
    if len(text) > _TEXT_LIMIT:
        raise BadMessage("msg_too_long", str(len(text)))
    if "<" in text or ">" in text or _has_bare_ampersand(text):
        raise BadMessage("invalid_blocks", "the fallback is not escaped")
    if not isinstance(blocks, list) or not blocks or len(blocks) > 50:
        raise BadMessage("invalid_blocks", "blocks must be a list of 1 to 50")
    if sum(map(_check_block, blocks)) > _BLOCKS_LIMIT:
        raise BadMessage("msg_blocks_too_long", "too many characters")


def show(blocks: list[Json]) -> str:
    """Write what a person sees, with ``**``, ``__``, ``~~``, `````` and links in brackets."""
    return "\n".join(_show(element) for block in blocks for element in block["elements"])


def _has_bare_ampersand(text: str) -> bool:
    return any(
        not part.startswith(("amp;", "lt;", "gt;"))
        for number, part in enumerate(text.split("&"))
        if number
    )


def _check_block(block: Json) -> int:
    _expect(set(block) == {"type", "elements"} and block["type"] == "rich_text", "block")
    _expect(bool(block["elements"]), "a rich_text block is empty")
    return sum(map(_check_element, block["elements"]))


def _check_element(element: Json) -> int:
    if element["type"] == "rich_text_list":
        _expect(set(element) <= {"type", "style", "indent", "offset", "border", "elements"}, "list")
        _expect(element["style"] in {"bullet", "ordered"}, "the style of a list")
        _expect(0 <= element.get("indent", 0) <= 8, "indent")
        _expect(element.get("offset", 0) >= 0, "offset")
        sections = element["elements"]
        _expect(all(section["type"] == "rich_text_section" for section in sections), "list item")
        _expect(bool(sections), "a list is empty")
        return sum(map(_check_element, sections))
    _expect(element["type"] in _TEXTS and set(element) == {"type", "elements"}, "element")
    _expect(bool(element["elements"]), "an element is empty")
    return sum(map(_check_leaf, element["elements"]))


def _check_leaf(leaf: Json) -> int:
    _expect(leaf["type"] in _LEAF_KEYS, "an unknown element")
    needed = _LEAF_KEYS[leaf["type"]]
    _expect(needed <= set(leaf) - {"type", "style"} <= needed, "the keys of an element")
    _expect(isinstance(leaf["text"], str) and bool(leaf["text"]), "a text is empty")
    style = leaf.get("style", {"bold": True})
    _expect(bool(style) and set(style) <= _STYLES, "an unknown style")
    _expect(all(value is True for value in style.values()), "the value of a style")
    return len(leaf["text"])


def _expect(is_right: bool, what: str) -> None:
    if not is_right:
        raise BadMessage("invalid_blocks", what)


def _show(element: Json) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(f"- {_show(section)}" for section in element["elements"])
    return "".join(map(_show_leaf, element["elements"]))


def _show_leaf(leaf: Json) -> str:
    text = str(leaf["text"])
    for style, mark in (("code", "`"), ("strike", "~~"), ("italic", "__"), ("bold", "**")):
        if leaf.get("style", {}).get(style):
            text = f"{mark}{text}{mark}"
    return f"[{text}]({leaf['url']})" if "url" in leaf else text
