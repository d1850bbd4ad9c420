"""Buttons that are pressed on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import StorageError
from bridge.markup.nodes import Document
from bridge.replies.button import Button

if TYPE_CHECKING:
    import httpx

    from adapters.sandbox.chat import SandboxChat
    from tests.adapters.sandbox_page.conftest import Accepted

BUTTONS = [Button("Anna", "/b24choose 1 0 #5"), Button("Clara", "/b24choose 1 0 #3")]


@pytest.fixture
async def message_id(chat: SandboxChat) -> str:
    """An answer to Maria that asks whom she means."""
    answer_to: dict[str, str | int] = {"persona": "maria", "event_id": "e"}
    return await chat.answer(answer_to, Document(()), buttons=BUTTONS)


async def test_the_button_that_was_pressed_is_accepted_under_an_event_id(
    client: httpx.AsyncClient, accepted: Accepted, message_id: str
) -> None:
    pressed = {"persona": "maria", "message": message_id, "button": 1}
    answer = await client.post("/chat/presses", json=pressed)
    (incoming,) = accepted.incoming
    assert (answer.status_code, answer.json()) == (202, {"id": incoming.event_id})
    assert incoming.replaces == message_id
    assert str(incoming.typed).count("/b24choose 1 0 #3") == 1


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"persona": "mallory"}, (400, "Nobody in this chat")),
        ({"message": "gone"}, (404, "button is gone")),
        ({"button": 2}, (404, "button is gone")),
        ({"button": -1}, (404, "button is gone")),
        ({"button": "0"}, (400, "looks like")),
        ({"message": None}, (400, "looks like")),
    ],
)
async def test_a_press_that_cannot_be_taken_is_refused_in_words(
    client: httpx.AsyncClient,
    accepted: Accepted,
    message_id: str,
    changed: dict[str, Any],
    refusal: tuple[int, str],
) -> None:
    pressed = {"persona": "maria", "message": message_id, "button": 0} | changed
    answer = await client.post("/chat/presses", json=pressed)
    assert answer.status_code == refusal[0]
    assert refusal[1] in answer.json()["error"]
    assert accepted.incoming == []


async def test_a_press_that_the_bridge_did_not_store_is_not_confirmed(
    client: httpx.AsyncClient, chat: SandboxChat, message_id: str
) -> None:
    async def fail(_: object) -> None:
        raise StorageError("disk full")

    chat.connect(fail)
    pressed = {"persona": "maria", "message": message_id, "button": 0}
    answer = await client.post("/chat/presses", json=pressed)
    assert answer.status_code == 503
    assert "try again" in answer.json()["error"]
