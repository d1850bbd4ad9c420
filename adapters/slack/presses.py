"""A pressed button, read as the command that it types.

Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack.answering import BY_RESPONSE_URL, place_of
from adapters.slack.fields import get_object, get_objects, get_text
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.slack.fields import Object


def read_press(body: Object, now: datetime) -> Incoming | None:
    """Read a press as typed by whoever pressed; None if it types nothing, or nobody pressed."""
    action = next(iter(get_objects(body, "actions")), {})
    sender = read_presser(body)
    command = get_text(action, "value")
    if sender is None or not command:
        return None
    response_url = get_text(body, "response_url")
    user = sender.identity.external_id
    return Incoming(
        platform=Platform.SLACK,
        workspace=sender.identity.workspace,
        event_id=get_text(body, "trigger_id") or f"{user}:{get_text(action, 'action_ts')}",
        sender=sender,
        typed=(Text(command),),
        answer_to={"response_url": response_url, "user": user},
        received_at=now,
        is_private=True,
        replaces=_find_place(get_object(body, "container")),
    )


def read_presser(body: Object) -> Sender | None:
    """Read who pressed a button, chose a shortcut or sent a form; None if that is nobody.

    The workspace is where it happened, as with commands, and not the one the person is from.
    """
    user = get_object(body, "user")
    team = get_text(get_object(body, "team"), "id") or get_text(user, "team_id")
    user_id = get_text(user, "id")
    if not team or not user_id:
        return None
    handle = get_text(user, "username", "name")
    return Sender(Identity(Platform.SLACK, team, user_id), handle, handle)


def _find_place(container: Object) -> str:
    """Find where the pressed message stands; the home page is no message."""
    if get_text(container, "type") != "message":
        return ""
    if container.get("is_ephemeral"):
        return BY_RESPONSE_URL
    return place_of(get_text(container, "channel_id"), get_text(container, "message_ts"))
