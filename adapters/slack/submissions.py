"""The form of "Notify in Bitrix24", sent: read as the command that it stands for.

Source: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.slack.fields import as_text, get_list, get_object, get_objects, get_text
from adapters.slack.message import read_message
from adapters.slack.presses import read_presser
from adapters.slack.shared import unpack
from adapters.slack.views import NOTE, OTHERS, PEOPLE, SEARCH
from bridge.commands.grammar import NOTIFY
from bridge.errors import UsageError
from bridge.incoming import Incoming
from bridge.markup import markdown, plain
from bridge.markup.nodes import Mention, Text
from bridge.people.identity import Platform
from bridge.replies.texts import Say, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from adapters.slack.fields import Object
    from bridge.markup.nodes import Node, Typed
    from bridge.replies.reply import Reply

NOTE_LENGTH: Final = 3_000


class FormError(UsageError):
    """The form cannot be sent as it is.

    Args:
        block: the part of the form where that is shown.
        reply: what is wrong.
    """

    def __init__(self, block: str, reply: Reply) -> None:
        super().__init__(reply)
        self.block = block
        self.reply = reply


def read_submission(body: Object, now: datetime) -> Incoming | None:
    """Read a form as ``/b24notify`` with the people, the note and the message in it.

    Returns None if nobody has sent it.

    Raises:
        FormError: the person can mend it.
    """
    view = get_object(body, "view")
    sender = read_presser(body)
    if sender is None:
        return None
    shared = unpack(get_text(view, "private_metadata"))
    return Incoming(
        platform=Platform.SLACK,
        workspace=sender.identity.workspace,
        event_id=get_text(view, "id"),
        sender=sender,
        typed=_read_typed(view, has_shared=shared is not None),
        answer_to={"user": sender.identity.external_id},
        received_at=now,
        shared=shared,
        is_private=True,
    )


def refuse_form(body: Object, words: str) -> dict[str, object]:
    """Write the answer that keeps a form open and shows in it what is wrong."""
    return {"response_action": "errors", "errors": {_find_block(get_object(body, "view")): words}}


def _find_block(view: Object) -> str:
    """Find the field for people; where nobody can be searched for, it is the other one."""
    blocks = {get_text(block, "block_id") for block in get_objects(view, "blocks")}
    return PEOPLE if PEOPLE in blocks else OTHERS


def _read_typed(view: Object, *, has_shared: bool) -> Typed:
    people = list({mention.external_id: mention for mention in _read_people(view)}.values())
    if not people:
        raise FormError(_find_block(view), say(Say.FORM_NOBODY))
    note = read_message({"blocks": [_value(view, NOTE, NOTE).get("rich_text_value")]})
    written = plain.render(markdown.parse(note))
    if not written.strip() and not has_shared:
        raise FormError(NOTE, say(Say.FORM_NO_NOTE))
    if len(written) > NOTE_LENGTH:
        raise FormError(NOTE, say(Say.FORM_NOTE_TOO_LONG, limit=f"{NOTE_LENGTH:,}"))
    typed: list[Node] = [Text(f"/{NOTIFY.name} ")]
    for mention in people:
        typed += [mention, Text(" ")]
    # Behind the dashes nobody in the note is taken for a recipient.
    return (*typed, Text("-- "), *note) if note else tuple(typed)


def _read_people(view: Object) -> Iterator[Mention]:
    for option in get_objects(_value(view, PEOPLE, SEARCH), "selected_options"):
        if user := get_text(option, "value"):
            yield Mention(user, user)
    for value in get_list(_value(view, OTHERS, OTHERS), "selected_users"):
        if user := as_text(value):
            yield Mention(user, user)


def _value(view: Object, block: str, action: str) -> Object:
    return get_object(get_object(get_object(get_object(view, "state"), "values"), block), action)
