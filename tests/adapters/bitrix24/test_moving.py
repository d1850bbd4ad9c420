"""A portal that has been renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.moving import Moves
from bridge.delivery.notification import Delivered, Notification, Outcome
from bridge.errors import PortalError, PortalOnHold
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import SECRET, PortalServer, moved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/rest/1/code/im.notify.personal.add.json"
OLD = f"https://old.bitrix24.com{PATH}"
HELLO = Notification(
    recipient=Recipient(BitrixUserId(5)), message="Привет", message_out="", tag="t"
)


@pytest.fixture
async def new_server() -> AsyncIterator[PortalServer]:
    async with PortalServer() as server:
        yield server


def told(outcome: Outcome) -> tuple[type, str]:
    assert isinstance(outcome, PortalError)
    return type(outcome), outcome.code


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_the_same_request_is_posted_to_the_new_address_and_so_are_all_after_it(
    server: PortalServer,
    new_server: PortalServer,
    portal: Bitrix24Portal,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    server.script(moved(f"{new_server.webhook}im.notify.personal.add.json", status))
    assert await portal.send([HELLO]) == [Delivered(1)]
    assert await portal.send([HELLO, HELLO]) == [Delivered(2), Delivered(3)]
    (old,), (new, batch) = server.received, new_server.received
    assert (new.path, new.body) == (old.path, old.body)
    assert batch.method == "batch"
    assert caplog.text.count("has moved to 127.0.0.1:") == 1
    assert SECRET not in caplog.text


async def test_who_is_sent_on_twice_waits_for_an_administrator(
    server: PortalServer, new_server: PortalServer, portal: Bitrix24Portal
) -> None:
    server.script(moved(f"{new_server.webhook}im.notify.personal.add.json"))
    new_server.script(moved(f"{server.webhook}im.notify.personal.add.json"))
    (outcome,) = await portal.send([HELLO])
    assert told(outcome) == (PortalOnHold, "PORTAL_MOVED")
    assert len(server.received) == len(new_server.received) == 1


async def test_another_bitrix24_host_gets_the_request(server: PortalServer) -> None:
    asked: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.content))
        if request.url.host == "old.bitrix24.com":
            new = str(request.url).replace("old.bitrix24.com", "new.bitrix24.de")
            return httpx.Response(302, headers={"Location": new})
        return httpx.Response(200, json={"result": 8})

    webhook = Webhook.parse("https://old.bitrix24.com/rest/1/code/")
    async with Bitrix24Portal(webhook, transport=httpx.MockTransport(answer)) as portal:
        assert await portal.send([HELLO]) == [Delivered(8)]
    assert [url for url, _ in asked] == [OLD, OLD.replace("old.bitrix24.com", "new.bitrix24.de")]
    assert len({content for _, content in asked}) == 1


@pytest.mark.parametrize(
    "location",
    [
        f"https://new.bitrix24.com{PATH}",
        f"https://new.bitrix24.com.br{PATH}",
        f"https://b24-abc.bitrix24.ru{PATH}",
        f"https://old.bitrix24.com:8443{PATH}",
        f"//new.bitrix24.eu{PATH}",
        f"https://NEW.bitrix24.com:443{PATH}?a=b",
    ],
)
def test_what_is_trusted_is_followed_and_remembered(location: str) -> None:
    moves = Moves()
    assert moves.note(OLD, location)
    host = httpx.URL(OLD).join(location).netloc.decode()
    assert moves.follow(OLD) == f"https://{host}{PATH}"
    assert moves.follow(OLD.replace(".add", ".delete")).endswith("im.notify.personal.delete.json")
    assert moves.follow(f"https://other.example{PATH}") == f"https://other.example{PATH}"


@pytest.mark.parametrize(
    "location",
    [
        "",
        OLD,
        PATH,
        f"http://new.bitrix24.com{PATH}",
        f"https://evil.example{PATH}",
        f"https://bitrix24.com.evil.example{PATH}",
        f"https://evil.bitrix24.site{PATH}",
        f"https://a.b.bitrix24.com{PATH}",
        f"https://evilbitrix24.com{PATH}",
        f"https://new.bitrix24.com:8443{PATH}",
        f"https://user@new.bitrix24.com{PATH}",
        f"https://127.0.0.1{PATH}",
        f"http://127.0.0.1{PATH}",
        "https://new.bitrix24.com/auth/",
        "https://new.bitrix24.com/rest/2/code/profile.json",
        "https://[bad",
        "https://xn--\ud800.bitrix24.com/",
    ],
)
def test_what_is_not_trusted_gets_nothing(location: str) -> None:
    moves = Moves()
    assert not moves.note(OLD, location)
    assert moves.follow(OLD) == OLD


def test_a_portal_that_moves_again_is_found_from_its_first_address() -> None:
    moves = Moves()
    assert moves.note(OLD, f"https://second.bitrix24.com{PATH}")
    assert moves.note(moves.follow(OLD), f"https://third.bitrix24.com{PATH}")
    assert moves.follow(OLD) == f"https://third.bitrix24.com{PATH}"


def test_from_this_machine_nobody_is_sent_out_without_encryption() -> None:
    moves = Moves()
    local = f"http://127.0.0.1:8000{PATH}"
    assert not moves.note(local, f"http://new.bitrix24.com{PATH}")
    assert moves.note(local, f"http://localhost:9000{PATH}")
