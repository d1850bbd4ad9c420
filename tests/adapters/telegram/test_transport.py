"""How the bridge reaches the Bot API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from telegram.error import TimedOut

from adapters.telegram.transport import PollRequest

if TYPE_CHECKING:
    from tests.fakes.telegram_server import TelegramServer


async def test_a_call_that_keeps_its_connection_for_ever_holds_up_one_other(
    server: TelegramServer,
) -> None:
    url = f"{server.url}/bot{server.token}/getMe"
    async with PollRequest(connection_pool_size=1, pool_timeout=0.05) as request:
        client = request._client  # as if a call had been broken off
        kept = await client.send(client.build_request("POST", url), stream=True)
        with pytest.raises(TimedOut):
            await request.do_request(url, "POST")
        status, _ = await request.do_request(url, "POST")
        await kept.aclose()
    assert status == 200
