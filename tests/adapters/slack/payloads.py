"""Messages of Slack's as they come, as they should not come, and with words to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_TYPES = (
    *("rich_text", "rich_text_section", "rich_text_list", "rich_text_quote"),
    *("rich_text_preformatted", "text", "link", "user", "usergroup", "channel", "team", "emoji"),
    *("date", "broadcast", "color", "section", "header", "context", "divider", "image"),
    *("markdown", "table", "actions", "input", "video", "file", "call", "mrkdwn", "plain_text"),
    *("button", "raw_text", "unknown", "checkboxes"),
)
_NAMES = (
    *("type", "blocks", "attachments", "elements", "element", "text", "style", "indent", "offset"),
    *("border", "title", "fields", "accessory", "url", "rows", "label", "value", "name", "unicode"),
    *("skin_tone", "timestamp", "ts", "fallback", "alt_text", "image_url", "message_blocks"),
    *("message", "is_share", "author_name", "from_url", "mrkdwn_in", "pretext", "footer", "files"),
    *("actions", "call", "language", "user_id", "range", "level", "bold", "code"),
)
_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(_TYPES), st.text()
)
anything: SearchStrategy[object] = st.recursive(
    _values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    ),
    max_leaves=25,
)
payloads = st.dictionaries(st.sampled_from(["blocks", "attachments", "text"]), anything)
"""Arbitrary JSON, most of whose names Slack uses, too."""

_words = st.integers(0, 10**6).map("word{}".format)
_styles = st.dictionaries(
    st.sampled_from(["bold", "italic", "strike", "underline", "code", "unlink"]), st.booleans()
)
_leaves: SearchStrategy[object] = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": _words}, optional={"style": _styles}),
    st.fixed_dictionaries(
        {"type": st.just("link"), "text": _words, "url": st.just("https://x.example")}
    ),
    st.fixed_dictionaries({"type": st.sampled_from(["plain_text", "mrkdwn"]), "text": _words}),
    st.fixed_dictionaries({"type": st.just("raw_text"), "text": _words}),
    st.fixed_dictionaries({"type": st.just("button"), "text": _words}),
    st.fixed_dictionaries({"type": st.just("markdown"), "text": _words}),
    st.fixed_dictionaries({"text": _words}),
    _words,
)
_HOLDERS = (
    *("rich_text", "rich_text_section", "rich_text_list", "rich_text_quote"),
    *("rich_text_preformatted", "context", "actions", "unknown"),
)


def _held(inner: SearchStrategy[object]) -> SearchStrategy[object]:
    several = st.lists(inner, max_size=4)
    numbers = st.integers(-1, 12) | st.just("x")
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.sampled_from(_HOLDERS), "elements": several | inner},
            optional={"indent": numbers, "border": numbers, "offset": numbers},
        ),
        st.fixed_dictionaries({"type": st.just("section"), "text": inner, "fields": several}),
        st.fixed_dictionaries({"type": st.just("section"), "accessory": inner | several}),
        st.fixed_dictionaries({"type": st.just("header"), "text": inner}),
        st.fixed_dictionaries({"type": st.just("input"), "label": inner, "element": inner}),
        st.fixed_dictionaries({"type": st.just("table"), "rows": st.lists(several) | inner}),
    )


_blocks = st.lists(st.recursive(_leaves, _held, max_leaves=12), max_size=4)
_attachments = st.lists(
    st.fixed_dictionaries(
        {"blocks": _blocks, "text": _words, "title": _words, "footer": _words},
        optional={"is_share": st.booleans(), "author_name": _words},
    ),
    max_size=2,
)
messages = st.fixed_dictionaries({"blocks": _blocks, "attachments": _attachments})
"""Blocks wherever they may stand and may not, whose words are ``word`` and a number."""
