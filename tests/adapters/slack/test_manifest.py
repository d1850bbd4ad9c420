from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # PyYAML brings no types, and one test needs no stubs

import adapters
from bridge.commands.grammar import COMMANDS
from tests.adapters.slack.desk import Desk

if TYPE_CHECKING:
    from tests.adapters.slack.conftest import Listening
    from tests.fakes.slack_server import SlackServer
from bridge.replies.texts import say
from bridge.replies.words import Words

_MANIFEST = Path(adapters.__file__).parents[1] / "deploy" / "slack-manifest.yaml"


def _read() -> Any:
    return yaml.safe_load(_MANIFEST.read_text(encoding="utf-8"))


def test_the_manifest_lists_the_commands_of_the_grammar_as_it_says_them() -> None:
    listed = _read()["features"]["slash_commands"]

    assert [
        (entry["command"], entry["description"], entry.get("usage_hint", "")) for entry in listed
    ] == [(f"/{spec.name}", Words().spell(say(spec.summary)), spec.arguments) for spec in COMMANDS]


def test_slack_is_told_to_escape_what_is_typed() -> None:
    assert all(entry["should_escape"] is True for entry in _read()["features"]["slash_commands"])


def test_the_manifest_switches_socket_mode_on_and_asks_for_no_more_than_needed() -> None:
    manifest = _read()

    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {
        "app_mentions:read",
        "chat:write",
        "commands",
        "im:history",
        "im:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
    assert manifest["features"]["bot_user"]["display_name"]


async def test_every_event_that_slack_is_asked_for_is_acknowledged(
    server: SlackServer, listening: Listening
) -> None:
    async with listening(Desk().accept):
        for name in _read()["settings"]["event_subscriptions"]["bot_events"]:
            kind, _, channel_type = name.partition(".")
            ack = await server.event({"type": kind, "channel_type": channel_type, "user": "U1"})
            assert ack.status == 200


async def test_every_shortcut_opens_the_form(server: SlackServer, listening: Listening) -> None:
    message = {"type": "message", "user": "U2", "text": "hi", "ts": "1772442000.0001"}
    async with listening(Desk().accept):
        for shortcut in _read()["features"]["shortcuts"]:
            about = message if shortcut["type"] == "message" else None
            form = await server.shortcut(shortcut["callback_id"], about=about)
            assert form.view["title"]["text"] == shortcut["name"]


def test_people_can_write_to_the_bot_and_open_its_page() -> None:
    assert _read()["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
