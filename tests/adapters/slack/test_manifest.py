from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # PyYAML brings no types, and one test needs no stubs

import adapters
from bridge.commands.grammar import COMMANDS
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
    assert manifest["oauth_config"]["scopes"] == {"bot": ["commands", "chat:write"]}
    assert manifest["features"]["bot_user"]["display_name"]
