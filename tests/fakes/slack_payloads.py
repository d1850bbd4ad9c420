"""What Slack sends to an app.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands/,
https://docs.slack.dev/apis/events-api/, https://docs.slack.dev/reference/interaction-payloads/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.fakes.slack_messages import Answer

Json = dict[str, Any]

TEAM: Final = "T0TEAM"
BOT: Final = "UBOT"
_MENTION: Final = re.compile(r"<@(?P<user>\w+)>|<!subteam\^(?P<group>\w+)>")


def command(name: str, text: str, user: str, channel: str) -> Json:
    """A slash command."""
    return {
        "token": "a-legacy-token",
        "team_id": TEAM,
        "team_domain": "team",
        "channel_id": channel,
        "channel_name": "general",
        "user_id": user,
        "user_name": f"name.of.{user.lower()}",
        "command": name,
        "text": text,
        "api_app_id": "A1",
        "is_enterprise_install": "false",
    }


def callback(event: Json, event_id: str) -> Json:
    """An event in its envelope."""
    return {
        "token": "a-legacy-token",
        "team_id": TEAM,
        "api_app_id": "A1",
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1772442000,
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        "is_ext_shared_channel": False,
    }


def message(kind: str, text: str, user: str, channel: str, ts: str) -> Json:
    """A message as its event tells it, with the rich text that Slack's own clients write."""
    return {
        "type": kind,
        "user": user,
        "team": TEAM,
        "text": text,
        "ts": ts,
        "channel": channel,
        "client_msg_id": f"client-{ts}",
        "event_ts": ts,
        "blocks": [rich_text(text)],
    }


def rich_text(text: str) -> Json:
    """Text as somebody typed it, people and groups in it named by their ids alone."""
    elements: list[Json] = []
    end = 0
    for match in _MENTION.finditer(text):
        elements += [{"type": "text", "text": text[end : match.start()]}]
        if match["user"]:
            elements += [{"type": "user", "user_id": match["user"]}]
        else:
            elements += [{"type": "usergroup", "usergroup_id": match["group"]}]
        end = match.end()
    elements += [{"type": "text", "text": text[end:]}]
    shown = [element for element in elements if element.get("text") != ""]
    return {
        "type": "rich_text",
        "block_id": "typed",
        "elements": [{"type": "rich_text_section", "elements": shown}],
    }


def press(button: Json, answer: Answer | None, user: str) -> Json:
    """A pressed button: under an answer, or on the home page."""
    container: Json = {"type": "view", "view_id": "V1"}
    if answer is not None:
        is_direct = answer.channel.startswith("U")
        container = {
            "type": "message",
            "message_ts": answer.ts,
            "channel_id": f"D{answer.channel[1:]}" if is_direct else answer.channel,
            "is_ephemeral": answer.is_ephemeral,
        }
    return _interaction("block_actions", user) | {
        "container": container,
        "actions": [{**button, "action_ts": "1772442000.1"}],
    }


def shortcut(callback_id: str, user: str, about: Json | None, channel: str) -> Json:
    """A shortcut: global, or about a message."""
    kind = "shortcut" if about is None else "message_action"
    payload = _interaction(kind, user) | {"callback_id": callback_id, "action_ts": "1772442000.2"}
    if about is not None:
        payload |= {
            "message": about,
            "message_ts": about["ts"],
            "channel": {"id": channel, "name": "general"},
        }
    return payload


def submission(view: Json, view_id: str, values: Json, user: str) -> Json:
    """A modal that was sent; ``values`` by block id."""
    state = {
        block["block_id"]: {
            block["element"]["action_id"]: {
                "type": block["element"]["type"],
                **values.get(block["block_id"], {}),
            }
        }
        for block in view["blocks"]
        if block["type"] == "input"
    }
    shown = {**view, "id": view_id, "state": {"values": state}}
    return _interaction("view_submission", user) | {"view": shown}


def suggestion(action_id: str, block_id: str, typed: str, user: str) -> Json:
    """What somebody has typed so far into a select."""
    return _interaction("block_suggestion", user) | {
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
    }


def _interaction(kind: str, user: str) -> Json:
    return {
        "type": kind,
        "token": "a-legacy-token",
        "api_app_id": "A1",
        "team": {"id": TEAM, "domain": "team"},
        "user": {
            "id": user,
            "username": f"name.of.{user.lower()}",
            "name": f"name.of.{user.lower()}",
            "team_id": TEAM,
        },
    }
