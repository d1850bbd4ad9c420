"""Which modals and home pages Slack takes.

Sources: https://docs.slack.dev/reference/views/modal-views/ (and ``home-tab-views``),
https://docs.slack.dev/reference/block-kit/blocks/
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.fakes.slack_blocks import BadMessage, check_actions, check_rich_text, show
from tests.fakes.slack_messages import find_buttons
from tests.fakes.slack_people import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

_KEYS: Final = {
    "modal": {"type", "title", "blocks", "submit", "close", "private_metadata", "callback_id"},
    "home": {"type", "blocks", "private_metadata", "callback_id"},
}
_INPUTS: Final = {
    "multi_external_select": {"type", "action_id", "placeholder", "min_query_length"},
    "multi_users_select": {"type", "action_id", "placeholder"},
    "rich_text_input": {"type", "action_id", "placeholder", "focus_on_load"},
}
_OPTIONS_LIMIT: Final = 100


@dataclass(frozen=True)
class View:
    """A modal that the app opened, or a home page that it published."""

    id: str
    user: str
    view: Json

    @property
    def shown(self) -> str:
        """The rich text in it."""
        return show(self.view["blocks"])

    @property
    def buttons(self) -> dict[str, Json]:
        """The buttons in it, by their labels."""
        return find_buttons(self.view["blocks"])


class SlackViews:
    """What the app shows besides messages.

    Attributes:
        triggers: who may be shown a modal, by what allows it; each allows one.
        modals: that were opened.
        homes: home pages that were published.
    """

    def __init__(self, complaints: list[str], numbers: Iterator[int]) -> None:
        self.triggers: dict[str, str] = {}
        self.modals: asyncio.Queue[View] = asyncio.Queue()
        self.homes: asyncio.Queue[View] = asyncio.Queue()
        self._complaints = complaints
        self._numbers = numbers

    def take(self, method: str, body: Json) -> Json:
        """Open a modal or publish a home page.

        Raises:
            Refusal: Slack would refuse it.
        """
        is_modal = method == "views.open"
        view = body["view"]
        try:
            check_view(view, "modal" if is_modal else "home")
        except BadMessage as error:
            self._complaints.append(f"{method}: {error}")
            raise Refusal(error.args[0]) from error
        user = self.triggers.pop(body["trigger_id"], "") if is_modal else body["user_id"]
        if not user:
            raise Refusal("expired_trigger_id")
        shown = View(f"V{next(self._numbers)}", user, view)
        (self.modals if is_modal else self.homes).put_nowait(shown)
        return {"view": {**view, "id": shown.id}}


def check_view(view: Json, kind: str) -> None:
    """Check a view as Slack does.

    Raises:
        BadMessage: it is refused.
    """
    _expect(view.get("type") == kind and set(view) <= _KEYS[kind], "the keys of the view")
    _expect(len(view.get("private_metadata", "")) <= 3000, "private_metadata is too long")
    for name in {"title", "submit", "close"} & set(view):
        _check_plain(view[name], 24)
    blocks = view["blocks"]
    _expect(0 < len(blocks) <= 100, "1 to 100 blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    _expect(len(ids) == len(set(ids)), "block_ids are not unique")
    has_input = any(block["type"] == "input" for block in blocks)
    _expect(not (kind == "modal" and has_input) or "submit" in view, "no button to submit")
    for block in blocks:
        _CHECKS.get(block["type"], _refuse)(block)


def check_options(options: list[Json]) -> None:
    """Check the options of a select as Slack does.

    Raises:
        BadMessage: they are refused.
    """
    _expect(len(options) <= _OPTIONS_LIMIT, "too many options")
    for option in options:
        _expect(set(option) <= {"text", "value", "description"}, "the keys of an option")
        _check_plain(option["text"], 75)
        _expect(0 < len(option["value"]) <= 150, "the value of an option")
        if "description" in option:
            _check_plain(option["description"], 75)
    _expect(len({option["value"] for option in options}) == len(options), "equal values")


def _check_input(block: Json) -> None:
    keys = {"type", "block_id", "label", "element", "optional", "hint"}
    _expect(set(block) <= keys, "the keys of an input")
    _check_plain(block["label"], 2000)
    element = block["element"]
    _expect(element["type"] in _INPUTS, "an unknown element")
    _expect(set(element) <= _INPUTS[element["type"]], "the keys of an element")
    if "hint" in block:
        _check_plain(block["hint"], 2000)
    if "placeholder" in element:
        _check_plain(element["placeholder"], 150)


def _check_header(block: Json) -> None:
    _expect(set(block) <= {"type", "block_id", "text"}, "the keys of a header")
    _check_plain(block["text"], 150)


def _check_divider(block: Json) -> None:
    _expect(set(block) <= {"type", "block_id"}, "the keys of a divider")


def _check_plain(text: Json, limit: int) -> None:
    _expect(set(text) <= {"type", "text", "emoji"} and text["type"] == "plain_text", "plain_text")
    _expect(0 < len(text["text"]) <= limit, f"a text has more than {limit} characters, or none")


def _refuse(block: Json) -> None:
    raise BadMessage("invalid_arguments", f"an unknown block: {block['type']}")


def _expect(is_right: bool, what: str) -> None:
    if not is_right:
        raise BadMessage("invalid_arguments", what)


_CHECKS: Final = {
    "input": _check_input,
    "header": _check_header,
    "divider": _check_divider,
    "actions": check_actions,
    "rich_text": check_rich_text,
}
