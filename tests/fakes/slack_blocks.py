"""What Slack takes as rich text and as buttons, and what it refuses.

Sources: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/ (and ``actions-block``)
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
    return "\n".join(
        _show(element)
        for block in blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
    )


def check_actions(block: Json) -> None:
    """Check a block of buttons.

    Raises:
        BadMessage: it is refused.
    """
    _expect(set(block) <= {"type", "block_id", "elements"}, "the keys of actions")
    buttons = block["elements"]
    _expect(0 < len(buttons) <= 25, "1 to 25 elements")
    ids = [button["action_id"] for button in buttons]
    _expect(len(set(ids)) == len(ids), "action_ids are not unique")
    for button in buttons:
        keys = {"type", "text", "action_id", "value", "style", "url"}
        _expect(button["type"] == "button" and set(button) <= keys, "a button")
        text = button["text"]
        _expect(text["type"] == "plain_text" and 0 < len(text["text"]) <= 75, "a label")
        _expect(0 < len(button.get("value", "x")) <= 2000, "the value of a button")
        _expect(button.get("style", "primary") in {"primary", "danger"}, "the style of a button")


def check_rich_text(block: Json) -> int:
    """Check a block of rich text, and count its characters.

    Raises:
        BadMessage: it is refused.
    """
    _expect(set(block) - {"block_id"} == {"type", "elements"}, "the keys of rich text")
    _expect(bool(block["elements"]), "a rich_text block is empty")
    return sum(map(_check_element, block["elements"]))


def _has_bare_ampersand(text: str) -> bool:
    return any(
        not part.startswith(("amp;", "lt;", "gt;"))
        for number, part in enumerate(text.split("&"))
        if number
    )


def _check_block(block: Json) -> int:
    if block["type"] == "actions":
        check_actions(block)
        return 0
    _expect(block["type"] == "rich_text", "an unknown block")
    return check_rich_text(block)


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
