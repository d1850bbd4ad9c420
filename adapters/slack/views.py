"""The form of the shortcut "Notify in Bitrix24".

Sources: https://docs.slack.dev/surfaces/modals/,
https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.slack.blocks import Writer
from adapters.slack.shared import pack
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.markup.nodes import Shared
    from bridge.people.identity import Link
    from bridge.replies.words import Words

Json = dict[str, Any]

FORM: Final = "b24notify_form"
PEOPLE: Final = "people"
OTHERS: Final = "others"
NOTE: Final = "note"
"""The blocks of the form, where its errors are shown, too."""
SEARCH: Final = "b24notify_people"
"""The action whose options are ours to tell."""
MOST_OPTIONS: Final = 100

_MAX_TITLE = 24
_MAX_METADATA = 3_000
_MAX_QUOTED = 3_000
_MAX_OPTION = 75


def build_form(words: Words, shared: Shared | None, *, can_search: bool) -> Json:
    """Build the form.

    Args:
        words: the language of who opens it.
        shared: the message it is about.
        can_search: whether we can tell who is linked.
    """
    people = [_build_search(words)] if can_search else []
    others = {"type": "multi_users_select", "action_id": OTHERS}
    label = Say.FORM_OTHERS if can_search else Say.FORM_PEOPLE
    note = {"type": "rich_text_input", "action_id": NOTE}
    view: Json = {
        "type": "modal",
        "callback_id": FORM,
        "title": _plain(words, Say.FORM_TITLE, _MAX_TITLE),
        "submit": _plain(words, Say.FORM_SEND, _MAX_TITLE),
        "close": _plain(words, Say.FORM_CANCEL, _MAX_TITLE),
        "blocks": [
            *people,
            _input(OTHERS, _plain(words, label), others),
            _input(NOTE, _plain(words, Say.FORM_NOTE), note),
        ],
    }
    if shared:
        view["private_metadata"] = pack(shared, _MAX_METADATA)
        quoted = Writer(_MAX_QUOTED).write([shared])
        view["blocks"] += [{"type": "rich_text", "elements": quoted}] if quoted else []
    return view


def build_options(links: Iterable[Link]) -> list[Json]:
    """Build the options of the search: whom one can choose."""
    options: dict[str, Json] = {}
    for link in links:
        handle = f" (@{link.handle})" if link.handle else ""
        label = f"{link.recipient.label}{handle}"[:_MAX_OPTION]
        user = link.identity.external_id
        options[user] = {"text": {"type": "plain_text", "text": label}, "value": user}
    return list(options.values())


def _build_search(words: Words) -> Json:
    element = {
        "type": "multi_external_select",
        "action_id": SEARCH,
        "min_query_length": 0,
        "placeholder": _plain(words, Say.FORM_SEARCH),
    }
    return _input(PEOPLE, _plain(words, Say.FORM_PEOPLE), element)


def _input(block_id: str, label: Json, element: Json) -> Json:
    # Slack would not let an empty one pass; whether it may be empty depends on the others.
    return {
        "type": "input",
        "block_id": block_id,
        "label": label,
        "element": element,
        "optional": True,
    }


def _plain(words: Words, text: Say, limit: int = 150) -> Json:
    return {"type": "plain_text", "text": words.spell(say(text))[:limit]}
