from __future__ import annotations

import pytest

from adapters.slack.inbound import read_command
from bridge.markup.nodes import Mention, Strong, Text
from bridge.people.identity import Identity, Platform
from tests.fakes.clock import START

_PAYLOAD: dict[str, object] = {
    "team_id": "T1",
    "enterprise_id": "E1",
    "is_enterprise_install": "true",
    "user_id": "U1",
    "user_name": "anna",
    "channel_id": "C1",
    "command": "/b24notify",
    "text": "<@U2|boris> *hi*",
    "response_url": "https://hooks.example/commands/1",
    "trigger_id": "1.2.abc",
}


def test_a_command_is_read_with_all_that_is_needed_to_answer_it() -> None:
    incoming = read_command(_PAYLOAD, START)

    assert incoming is not None
    assert incoming.platform is Platform.SLACK
    assert (incoming.workspace, incoming.event_id) == ("T1", "1.2.abc")
    assert incoming.sender.identity == Identity(Platform.SLACK, "T1", "U1")
    assert incoming.sender.handle == "anna"
    assert incoming.received_at == START
    assert incoming.is_private
    assert incoming.answer_to == {
        "response_url": "https://hooks.example/commands/1",
        "channel": "C1",
        "user": "U1",
    }
    assert incoming.typed == (
        Text("/b24notify "), Mention("boris", "U2"), Text(" "), Strong((Text("hi"),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", (Text("/b24notify"),)),
        ("@boris hi\nthere", (Text("/b24notify @boris hi\nthere"),)),
        ("*@boris* hi", (Text("/b24notify "), Strong((Text("@boris"),)), Text(" hi"))),
    ],
)
def test_the_command_stands_before_what_was_typed(text: str, typed: tuple[object, ...]) -> None:
    incoming = read_command(_PAYLOAD | {"text": text}, START)

    assert incoming is not None
    assert incoming.typed == typed


@pytest.mark.parametrize(
    "changes",
    [{"ssl_check": "1"}, {"ssl_check": 1}, {"team_id": ""}, {"user_id": None}, {"command": 5}],
)
def test_what_nobody_typed_is_no_command(changes: dict[str, object]) -> None:
    assert read_command(_PAYLOAD | changes, START) is None


def test_without_a_trigger_the_payload_itself_tells_commands_apart() -> None:
    def event_id(**changes: object) -> str:
        incoming = read_command(_PAYLOAD | {"trigger_id": ""} | changes, START)
        assert incoming is not None
        return incoming.event_id

    assert event_id() == event_id()
    assert event_id() != event_id(response_url="https://hooks.example/commands/2")


def test_a_payload_without_names_is_a_command_all_the_same() -> None:
    bare = {name: _PAYLOAD[name] for name in ("team_id", "user_id", "command")}
    incoming = read_command(bare, START)

    assert incoming is not None
    assert incoming.sender.handle == ""
    assert incoming.answer_to["response_url"] == ""
