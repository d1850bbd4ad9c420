"""The webhook's address is the credential: nothing that is written down may show it."""

from __future__ import annotations

import logging
import socket
import traceback
from typing import TYPE_CHECKING

import pytest

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from bridge.delivery.notification import Notification
from bridge.errors import PortalError
from bridge.people.identity import BitrixUserId, Recipient
from tests.fakes.portal_server import (
    SECRET,
    Drop,
    Half,
    PortalServer,
    Reply,
    Stall,
    Step,
    html,
    moved,
    refused,
    returned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = "the-words-of-a-person"
ELSEWHERE = f"https://new.example/rest/1/{SECRET}/profile.json"
STEPS: list[Step] = [
    returned(1),
    refused("NEW", description=f"wrong code {SECRET.upper()} in {ELSEWHERE}"),
    refused(SECRET),
    moved(ELSEWHERE),
    Reply(b"{}", 500, {"Content-Type": f"text/{SECRET}", "X-Path": ELSEWHERE}),
    html(502),
    Drop(),
    Half(b"{"),
    Stall(),
]


@pytest.fixture
def every_logger_at_debug(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    names = ["", *logging.root.manager.loggerDict]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.handler.setLevel(logging.DEBUG)
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("step", STEPS)
async def test_the_secret_is_in_no_log_and_no_error(
    server: PortalServer, step: Step, every_logger_at_debug: pytest.LogCaptureFixture
) -> None:
    sent = Notification(
        recipient=Recipient(BitrixUserId(5)), message=BODY, message_out=BODY, tag="t"
    )
    shown: list[str] = []
    server.script(step, step)
    async with Bitrix24Portal(Webhook.parse(server.webhook), timeout_seconds=2) as portal:
        shown += map(repr, (portal, *await portal.send([sent])))
        try:
            await portal.check()
        except PortalError as error:
            shown += [*traceback.format_exception(error), str(error), repr(error), error.detail]
    records = every_logger_at_debug.records
    assert any(record.name.startswith("httpcore") for record in records)
    shown += [every_logger_at_debug.text, *(repr(record.args) for record in records)]
    assert_hidden("\n".join(shown))


async def test_an_error_that_escapes_with_its_context_hides_the_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    address = f"http://127.0.0.1:{port}/rest/1/{SECRET}/"
    async with Bitrix24Portal(Webhook.parse(address)) as portal:
        with pytest.raises(PortalError) as raised:
            await portal.check()
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert_hidden("".join(traceback.format_exception(raised.value)))


async def test_the_http_librarys_line_shows_the_call_without_its_secret(
    server: PortalServer, portal: Bitrix24Portal, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(returned({}))
    with caplog.at_level(logging.INFO, logger="httpx"):
        await portal.check()
    assert "/rest/1/***/profile.json" in caplog.text


async def test_each_of_two_portals_hides_its_own_secret_and_stops_when_closed(
    server: PortalServer, portal: Bitrix24Portal
) -> None:
    before = count_filters()
    async with Bitrix24Portal(Webhook.parse(server.webhook)):
        assert all(count == old + 1 for count, old in zip(count_filters(), before, strict=True))
    assert count_filters() == before


def count_filters() -> list[int]:
    return [len(logging.getLogger(name).filters) for name in ("httpx", "httpcore.http11")]


def assert_hidden(shown: str) -> None:
    assert SECRET not in shown.lower()
    assert BODY not in shown
