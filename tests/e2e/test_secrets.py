"""No secret reaches a log, an exception or a repr, even with every logger at DEBUG."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from adapters.cli.chats import make_chats
from adapters.cli.logs import mask_secrets
from adapters.cli.wiring import open_bridge
from adapters.sandbox.faults import Fault
from bridge.people.identity import BitrixUserId, Identity, Located, Platform, Recipient
from bridge.people.linking import Proof
from bridge.settings import load_settings
from tests.e2e.outcomes import next_outcome

if TYPE_CHECKING:
    import pytest

    from tests.e2e.conftest import Machine
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import TelegramServer


def wake_every_logger() -> None:
    for name in ("", *logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).disabled = False


async def test_a_whole_run_with_troubles_shows_no_secret(
    machine: Machine,
    telegram: TelegramServer,
    slack: SlackServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(machine.folder)
    for name, value in machine.settings.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    mask_secrets(settings.secrets)
    caplog.set_level(logging.DEBUG)
    maria = telegram.person("Maria")
    trouble = "im.notify.personal.add"
    machine.portal.faults.append(Fault(method=trouble, drops_connection=True))
    async with AsyncExitStack() as stack:
        bridge = await stack.enter_async_context(open_bridge(settings))
        chats = make_chats(settings, bridge.stores.clock)
        for chat in chats.values():
            await stack.enter_async_context(chat.open())
        wake_every_logger()
        identity = Identity(Platform.TELEGRAM, "", str(maria.id))
        await bridge.stores.links.link(
            identity,
            Located(bridge.portal_id, Recipient(BitrixUserId(1), "Maria")),
            proof=Proof.ADMINISTRATOR,
            changed_by="test",
        )
        work = asyncio.create_task(bridge.work(chats))
        listening = [asyncio.create_task(chat.run(bridge.intake.accept)) for chat in chats.values()]
        async with asyncio.timeout(20):
            for chat in chats.values():
                await chat.ready.wait()
        wake_every_logger()
        telegram.send("/b24notify #5 hi there", sender=maria)
        await next_outcome(telegram, 20)
        await slack.command("/b24help", "", user="U9", timeout=20)
        await next_outcome(slack, 20)
        seen = [repr(bridge.portal), repr(settings), *map(repr, chats.values())]
        bridge.stop()
        await work
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)
    seen.append(caplog.text)
    assert len(caplog.records) > 50
    for secret in settings.secrets:
        assert not any(secret in text for text in seen)
    assert not any("sandbox-secret" in text for text in seen)
