"""Those who watch over a bridge are told how it is, whatever it does and wherever it runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from adapters.cli.sandbox import webhook_of
from adapters.sandbox.faults import Fault
from tests.e2e.test_operations import ADD, address, deliveries, maria, until_told
from tests.e2e.test_portals import add, keyed, other_portal, own_host, until_rung

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import Person, TelegramServer
    from tests.postgres import TestServer

__all__ = ["address", "keyed", "maria"]


async def until_ready(address: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while (told := (await client.get(f"{address}/readyz")).json())["status"] != status:
            await asyncio.sleep(0.1)
    found: dict[str, Any] = told
    return found


async def test_a_machine_that_only_takes_commands_knows_of_portals_that_came_later(
    keyed: Machine, telegram: TelegramServer, postgres: TestServer, address: str
) -> None:
    with postgres.database() as url:
        keyed.settings["B24BRIDGE_DATABASE_URL"] = url
        async with other_portal() as (second, host), keyed.bridge("--role", "intake") as bridge:
            await bridge.until_log("Connected to Telegram")
            await add(keyed, second, host)
            ready = await until_ready(address, "ready")
            assert ready["portals"] == {own_host(keyed): "ok", host: "ok"}


async def test_what_waits_for_a_portal_that_is_connected_no_more_is_held_until_it_is(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.settings["B24BRIDGE_ADMINISTRATORS"] = f"telegram:{maria.id}"
    host, webhook = own_host(machine), machine.settings["B24BRIDGE_PORTAL_WEBHOOK"]
    machine.portal.faults.append(Fault(method=ADD, code="QUERY_LIMIT_EXCEEDED", calls=0))
    async with machine.bridge():
        telegram.send("/b24notify #5 hi there", sender=maria)
        await until_told(telegram, "takes no more from me")
    machine.portal.faults.clear()
    async with other_portal() as (second, other_host):
        machine.settings["B24BRIDGE_PORTAL_WEBHOOK"] = webhook_of(f"http://{other_host}", second)
        async with machine.bridge():
            await until_told(telegram, f"{host} is on hold: NOT_CONNECTED")
            (waiting,) = await deliveries(machine)
            assert (waiting["hold"], waiting["next_try_at"]) == ("NOT_CONNECTED", None)
    machine.settings["B24BRIDGE_PORTAL_WEBHOOK"] = webhook
    async with machine.bridge():
        assert await until_rung(machine.portal, 1) == ["hi there"]
        await until_told(telegram, f"{host} is not on hold any more")


async def test_a_second_signal_breaks_off_what_is_under_way_and_the_log_tells_what_is_left(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.portal.faults.append(Fault(method=ADD, after_processing=True, latency_seconds=90))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #5 hi there", sender=maria)
        async with asyncio.timeout(20):
            while machine.portal.faults:
                await asyncio.sleep(0.01)
        bridge.stop()
        await bridge.until_log("Stopping")
        bridge.stop()
        assert await bridge.ended() == 0
    assert "Breaking off what is under way" in bridge.log
    assert "Stopped; notifications that wait and go on later: 1\n" in bridge.log


async def test_a_command_that_could_not_be_carried_out_yet_is_told_of(
    machine: Machine, telegram: TelegramServer, maria: Person
) -> None:
    machine.portal.faults.append(Fault(method="user.get", code="QUERY_LIMIT_EXCEEDED", calls=0))
    async with machine.bridge() as bridge:
        telegram.send("/b24notify #2 hi there", sender=maria)
        await bridge.until_log("something could not be asked")
        listed = await machine.run("deliveries", "list")
    told = "Nothing has been sent yet.\nCommands not carried out yet: 1, the oldest of 20"
    assert listed.out.startswith(told)
    assert "; the next try is at 20" in listed.out or "; they are being tried." in listed.out
