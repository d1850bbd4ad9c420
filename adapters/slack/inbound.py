"""A slash command's payload, read into an ``Incoming``.

Source: https://docs.slack.dev/interactivity/implementing-slash-commands/
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from adapters.slack.mrkdwn import parse
from bridge.incoming import Incoming
from bridge.markup.nodes import Text
from bridge.people.identity import Identity, Platform, Sender

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.markup.nodes import Typed


def read_command(payload: Mapping[str, object], now: datetime) -> Incoming | None:
    """Read a slash command; None if nobody typed it, or not who or where.

    The workspace is ``team_id``: of an app that is installed for a whole Enterprise Grid
    (``is_enterprise_install``), too, it is where the person typed. ``user_name`` is being phased
    out and shown only; people are known by ``user_id``.
    """
    team, user, command = (_text(payload, name) for name in ("team_id", "user_id", "command"))
    if payload.get("ssl_check") or not (team and user and command):
        return None
    handle = _text(payload, "user_name")
    return Incoming(
        platform=Platform.SLACK,
        workspace=team,
        event_id=_text(payload, "trigger_id") or _fingerprint(payload),
        sender=Sender(Identity(Platform.SLACK, team, user), handle, handle),
        typed=_join(command, _text(payload, "text")),
        answer_to={
            "response_url": _text(payload, "response_url"),
            "channel": _text(payload, "channel_id"),
            "user": user,
        },
        received_at=now,
        is_private=True,
    )


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _join(command: str, text: str) -> Typed:
    match parse(text):
        case ():
            return (Text(command),)
        case (Text(text=first), *rest):
            return (Text(f"{command} {first}"), *rest)
        case nodes:
            return (Text(f"{command} "), *nodes)


def _fingerprint(payload: Mapping[str, object]) -> str:
    # Two commands alike still differ in their response_url.
    return sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()
