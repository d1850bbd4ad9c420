from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.sandbox.chat_requests import MESSAGE_CHARACTERS
from adapters.sandbox.server import serve
from bridge.errors import StorageError

if TYPE_CHECKING:
    from adapters.sandbox.chat import SandboxChat
    from adapters.sandbox.portal import SandboxPortal
    from tests.adapters.sandbox_page.conftest import Accepted

SAID = {"persona": "maria", "text": "/b24notify @anna hi"}


async def test_a_message_is_accepted_under_its_event_id(
    client: httpx.AsyncClient, accepted: Accepted
) -> None:
    answer = await client.post("/chat/messages", json=SAID)
    assert answer.status_code == 202
    assert answer.json() == {"id": accepted.incoming[0].event_id}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"persona": "mallory", "text": "hi"}, "Nobody in this chat"),
        ({"persona": "maria", "text": " \n"}, "empty"),
        ({"persona": "maria", "text": "a" * (MESSAGE_CHARACTERS + 1)}, "longer than 100,000"),
        ({"persona": "maria"}, "looks like"),
        ({"persona": 1, "text": "hi"}, "looks like"),
        (["hi"], "looks like"),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused_in_words(
    client: httpx.AsyncClient, accepted: Accepted, said: Any, words: str
) -> None:
    answer = await client.post("/chat/messages", json=said)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert accepted.incoming == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"persona":"maria","text":"\\ud800"}'])
async def test_a_body_that_is_no_message_is_refused_in_words(
    client: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/chat/messages", content=body, headers=headers)
    assert answer.status_code == 400
    assert "looks like" in answer.json()["error"]


async def test_a_form_is_no_message(client: httpx.AsyncClient, accepted: Accepted) -> None:
    """Foreign pages can send forms without asking; JSON they cannot."""
    answer = await client.post("/chat/messages", data=SAID)
    assert answer.status_code == 400
    assert accepted.incoming == []


async def test_a_message_that_the_bridge_did_not_store_is_not_confirmed(
    client: httpx.AsyncClient, chat: SandboxChat
) -> None:
    async def fail(_incoming: object) -> None:
        raise StorageError("disk full")

    chat.connect(fail)
    answer = await client.post("/chat/messages", json=SAID)
    assert answer.status_code == 503
    assert "could not take" in answer.json()["error"]
    assert "disk" not in answer.text


async def test_without_a_bridge_there_is_no_chat(portal: SandboxPortal) -> None:
    async with serve("127.0.0.1:0", portal) as url, httpx.AsyncClient() as client:
        answer = await client.post(f"{url}/chat/messages", json=SAID)
    assert answer.status_code == 404
    assert "no chat" in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8024", "Origin": "http://evil.example:8024"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "["},
    ],
)
@pytest.mark.parametrize("path", ["/chat/messages", "/sandbox/events", "/"])
async def test_foreign_sites_are_refused(
    client: httpx.AsyncClient, accepted: Accepted, headers: dict[str, str], path: str
) -> None:
    method = "POST" if path == "/chat/messages" else "GET"
    answer = await client.request(method, path, json=SAID, headers=headers)
    assert answer.status_code in {400, 403}
    assert accepted.incoming == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_loopback_by_any_of_its_names_is_our_own(
    client: httpx.AsyncClient, name: str
) -> None:
    host = f"{name}:{client.base_url.port}"
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert (await client.post("/chat/messages", json=SAID, headers=headers)).status_code == 202
