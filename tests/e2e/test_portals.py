"""Several portals side by side: added, installed, held, moved and removed while a bridge runs."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.cli.sandbox import webhook_of
from adapters.sandbox.faults import Fault
from adapters.sandbox.installing import install, open_install_page, uninstall
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.credential import PortalKind
from storage.credentials import SqlCredentials
from storage.database import Database
from storage.vault import Vault
from tests.e2e.outcomes import next_outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Machine, RunningBridge
    from tests.fakes.telegram_server import TelegramServer


@asynccontextmanager
async def other_portal() -> AsyncIterator[tuple[SandboxPortal, str]]:
    """Serve a second portal; yields it and its host."""
    portal = SandboxPortal()
    async with serve("127.0.0.1:0", portal) as url:
        yield portal, url.removeprefix("http://")


@pytest.fixture
async def keyed(machine: Machine) -> Machine:
    """A machine that can keep credentials."""
    machine.settings["B24BRIDGE_SECRET_KEY"] = await new_key(machine)
    return machine


async def new_key(machine: Machine) -> str:
    return (await machine.run("secret-key")).out.strip()


async def listed(machine: Machine) -> dict[str, dict[str, Any]]:
    result = await machine.run("portals", "list", "--json")
    assert result.code == 0, result.err
    rows = [json.loads(line) for line in result.out.splitlines()]
    return {row["portal"]: row for row in rows}


async def connect_application(machine: Machine, host: str) -> None:
    """Keep tokens of an application that the settings do not know."""
    database = Database(f"sqlite:///{machine.folder / 'b24bridge.db'}")
    await database.open()
    vault = Vault(machine.settings["B24BRIDGE_SECRET_KEY"].split(","))
    await SqlCredentials(database, vault).connect("member0", host, PortalKind.OAUTH, "tokens")
    await database.close()


async def add(machine: Machine, portal: SandboxPortal, host: str) -> None:
    result = await machine.run("portals", "add", typed=f"{webhook_of(f'http://{host}', portal)}\n")
    assert (result.code, result.err) == (0, "")
    assert portal.webhook_code not in result.out


async def until_rung(portal: SandboxPortal, count: int) -> list[str]:
    """Wait until so many bells have rung; returns the messages."""
    async with asyncio.timeout(20):
        while len(portal.ledger) < count:
            await asyncio.sleep(0.02)
    return [one.message for one in portal.ledger]


@asynccontextmanager
async def start_notify(machine: Machine, host: str) -> AsyncIterator[None]:
    """Notify #5 through a portal that is on hold; it is queued, and given up in the end."""
    waiting = asyncio.create_task(machine.run("notify", "#5", "it is stuck"))
    async with asyncio.timeout(30):
        while not (await listed(machine))[host]["queued"]:
            await asyncio.sleep(0.1)
    yield
    assert (await waiting).code == 1


def own_host(machine: Machine) -> str:
    return machine.settings["B24BRIDGE_PORTAL_WEBHOOK"].split("/")[2]


async def test_a_portal_added_while_the_bridge_runs_is_served_beside_the_first(
    keyed: Machine, telegram: TelegramServer
) -> None:
    maria, anna, boris = (telegram.person(name) for name in ("maria", "anna", "boris"))
    async with other_portal() as (second, host), keyed.bridge() as bridge:
        await bridge.until_log("Started")
        await add(keyed, second, host)
        await bridge.until_log(f"Portal {host} is served")
        await keyed.link(f"telegram:{maria.id}", "#1", "maria")
        await keyed.link(f"telegram:{anna.id}", "#5", "anna")
        there = ("--handle", "boris", "--portal", host)
        linked = await keyed.run("people", "link", f"telegram:{boris.id}", "#2", *there)
        assert (linked.code, linked.err) == (0, "")
        assert linked.out.endswith(f" is now linked to Boris Ivanov (#2) in {host}.\n")
        telegram.send("/b24notify @anna @boris ask @anna", sender=maria)
        assert await until_rung(keyed.portal, 1) == ["ask [user=5]Anna Petrova[/user]"]
        assert await until_rung(second, 1) == ["ask @anna"]
        assert (await next_outcome(telegram, 20)).text == "Notified Anna Petrova and Boris Ivanov."
        telegram.send("/b24notify #5 from there", sender=boris)
        assert (await until_rung(second, 2))[1] == "from there"
        telegram.send("/b24link", sender=boris)
        assert (
            host
            in (await next_outcome(telegram, 20)).text + (await next_outcome(telegram, 20)).text
        )
    assert [(one.user_id, one.message) for one in keyed.portal.ledger] == [
        (5, "ask [user=5]Anna Petrova[/user]")
    ]


async def test_the_default_portal_can_be_chosen(keyed: Machine) -> None:
    async with other_portal() as (second, host):
        await add(keyed, second, host)
        assert (await keyed.run("notify", "#5", "to the first")).code == 0
        assert (await listed(keyed))[own_host(keyed)]["default"] is True
        assert (await keyed.run("portals", "default", host)).code == 0
        assert (await keyed.run("notify", "#5", "to the second")).code == 0
        assert [one.message for one in second.ledger] == ["to the second"]
        assert "key" not in (await keyed.run("portals", "list")).out
        rows = await listed(keyed)
        assert [rows[one]["default"] for one in (own_host(keyed), host)] == [False, True]
    assert [one.message for one in keyed.portal.ledger] == ["to the first"]


async def test_what_comes_for_a_held_portal_waits_until_it_is_released(
    keyed: Machine, telegram: TelegramServer
) -> None:
    host, maria = own_host(keyed), telegram.person("maria")
    await keyed.link(f"telegram:{maria.id}", "#1")
    async with keyed.bridge() as bridge:
        await bridge.until_log("Started")
        assert (await keyed.run("portals", "hold", host)).code == 0
        telegram.send("/b24notify #5 have patience", sender=maria)
        assert "an administrator has paused" in (await next_outcome(telegram, 20)).text
        row = (await listed(keyed))[host]
        assert (row["hold"], row["queued"], row["resume_at"]) == ("HELD", 1, None)
        assert row["what_to_do"] == f"b24bridge portals release {host}"
        shown = (await keyed.run("portals", "list")).out
        assert shown.endswith(f"\n{host}: HELD: b24bridge portals release {host}\n")
        assert keyed.portal.ledger == []
        released = await keyed.run("portals", "release", host)
        assert released.out == f"{host} is released; 1 notification goes out now.\n"
        assert await until_rung(keyed.portal, 1) == ["have patience"]


async def test_a_release_without_a_bridge_promises_nothing(keyed: Machine) -> None:
    host = own_host(keyed)
    assert (await keyed.run("portals", "hold", host)).code == 0
    released = await keyed.run("portals", "release", host)
    assert released.out == f"{host} is released.\n"
    assert (await keyed.run("portals", "hold", host)).code == 0
    async with start_notify(keyed, host):
        pass
    released = await keyed.run("portals", "release", host)
    way = "goes out when the bridge runs: b24bridge run"
    assert released.out == f"{host} is released; 1 notification {way}.\n"


async def test_what_is_moved_while_a_bridge_runs_goes_at_once(
    keyed: Machine, telegram: TelegramServer
) -> None:
    maria, new = telegram.person("maria"), own_host(keyed)
    async with other_portal() as (leaving, old), keyed.bridge() as bridge:
        await bridge.until_log("Started")
        await add(keyed, leaving, old)
        await bridge.until_log(f"Portal {old} is served")
        there = ("--handle", "maria", "--portal", old)
        assert (await keyed.run("people", "link", f"telegram:{maria.id}", "#1", *there)).code == 0
        assert (await keyed.run("portals", "hold", old)).code == 0
        telegram.send("/b24notify #5 it moves", sender=maria)
        assert "has paused" in (await next_outcome(telegram, 20)).text
        moved = await keyed.run("portals", "remove", old, "--move-to", new)
        assert f"; 1 notification goes to {new}, and so do its links" in moved.out
        assert await until_rung(keyed.portal, 1) == ["it moves"]
        unknown = await keyed.run("portals", "hold", "nowhere.example")
        assert unknown.err == f"There is no portal nowhere.example. There are: {new}.\n"
    assert leaving.ledger == []


async def test_a_portal_whose_host_has_changed_is_seen_and_its_queue_moved(keyed: Machine) -> None:
    old = own_host(keyed)
    assert (await keyed.run("notify", "#5", "first")).code == 0
    assert (await keyed.run("portals", "hold", old)).code == 0
    await keyed.link("telegram:7", "#5", "anna")
    async with other_portal() as (renamed, new):
        async with start_notify(keyed, old):
            keyed.settings["B24BRIDGE_PORTAL_WEBHOOK"] = webhook_of(f"http://{new}", renamed)
        assert (await keyed.run("notify", "#5", "the new")).code == 0
        row = (await listed(keyed))[old]
        assert (row["connected"], row["queued"]) == (False, 1)
        moved = await keyed.run("portals", "remove", old, "--move-to", new)
        assert moved.out.startswith(f"{old} is removed; 1 notification goes to {new}, and so do")
        assert (await keyed.run("notify", "#2", "the last")).code == 0
        assert sorted(await until_rung(renamed, 3)) == ["it is stuck", "the last", "the new"]
        assert list(await listed(keyed)) == [new]
        people = json.loads((await keyed.run("people", "list", "--json")).out.splitlines()[0])
        assert people["portal"] == new


async def test_what_is_under_way_when_its_portal_is_moved_is_not_sent_twice(
    keyed: Machine, telegram: TelegramServer
) -> None:
    maria, new = telegram.person("maria"), own_host(keyed)
    async with other_portal() as (leaving, old), keyed.bridge() as bridge:
        await bridge.until_log("Started")
        await add(keyed, leaving, old)
        await bridge.until_log(f"Portal {old} is served")
        there = ("--handle", "maria", "--portal", old)
        assert (await keyed.run("people", "link", f"telegram:{maria.id}", "#1", *there)).code == 0
        method = "im.notify.personal.add"
        leaving.faults.append(Fault(method=method, after_processing=True, latency_seconds=4))
        telegram.send("/b24notify #5 only once", sender=maria)
        assert await until_rung(leaving, 1) == ["only once"]
        moved = await keyed.run("portals", "remove", old, "--move-to", new)
        assert "0 notifications go to" in moved.out
        assert "1 notification is under way to it: b24bridge portals list" in moved.out
        while "Notified" not in (await next_outcome(telegram, 20)).text:
            pass
        await bridge.until_log("is not served any more")
    assert keyed.portal.ledger == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "a webhook's address looks like"),
        ("http://corp.example/rest/1/hidden-code/", "must begin with https://"),
        ("https://corp.example/rest/1/hidden-code/?x=1", "a webhook's address looks like"),
        ("", "a webhook's address looks like"),
    ],
)
async def test_what_is_no_webhook_is_not_added(keyed: Machine, address: str, told: str) -> None:
    result = await keyed.run("portals", "add", typed=f"{address}\n")
    assert result.code == 1
    assert told in result.err
    assert "hidden-code" not in result.err
    assert list(await listed(keyed)) == [own_host(keyed)]


async def test_a_webhook_that_its_portal_refuses_is_not_added(keyed: Machine) -> None:
    async with other_portal() as (_, host):
        result = await keyed.run("portals", "add", typed=f"http://{host}/rest/1/wr0ng-code/\n")
    assert result.code == 1
    assert "NO_AUTH_FOUND: make a new incoming webhook" in result.err
    assert "wr0ng-code" not in result.err


async def test_nothing_is_kept_without_a_key(machine: Machine) -> None:
    async with other_portal() as (second, host):
        address = webhook_of(f"http://{host}", second)
        result = await machine.run("portals", "add", typed=f"{address}\n")
    assert result.code == 2
    assert "B24BRIDGE_SECRET_KEY is missing" in result.err


async def test_a_key_is_replaced_without_losing_what_it_sealed(keyed: Machine) -> None:
    old, new = keyed.settings["B24BRIDGE_SECRET_KEY"], await new_key(keyed)
    del keyed.settings["B24BRIDGE_PORTAL_WEBHOOK"]
    async with other_portal() as (second, host):
        await add(keyed, second, host)
        for keys, code in ((new, 2), (f"{new}, {old}", 0), (new, 0), (old, 2)):
            keyed.settings["B24BRIDGE_SECRET_KEY"] = keys
            result = await keyed.run("notify", "#5", "hi")
            assert result.code == code, result.err
            if code:
                assert "no key in it opens the credentials" in result.err


async def test_check_says_how_each_portal_takes_us_and_what_is_missing(keyed: Machine) -> None:
    async with other_portal() as (second, host):
        await add(keyed, second, host)
        well = await keyed.run("portals", "check")
        assert (well.code, well.out.count("all is well")) == (0, 2)
        for scope, told in (({"user"}, "INSUFFICIENT_SCOPE"), ({"im"}, "user or user_basic")):
            second.scope = frozenset(scope)
            missing = await keyed.run("portals", "check", host)
            assert missing.code == 1
            assert told in missing.out
    gone = await keyed.run("portals", "check", host)
    assert gone.code == 1
    assert "CONNECTION_ERROR" in gone.out


async def test_check_tells_of_each_way_to_reach_the_same_portal(keyed: Machine) -> None:
    host = own_host(keyed)
    assert (await keyed.run("portals", "check")).code == 0
    await connect_application(keyed, host)
    checked = await keyed.run("portals", "check")
    assert checked.code == 1
    shown = (await keyed.run("portals", "list")).out
    assert ("key" in shown, "member0" in shown) == (True, True)
    first, second = checked.out.splitlines()
    assert first == f"{host}: all is well"
    assert second.startswith(f"{host} (member0): B24BRIDGE_BITRIX24_CLIENT_ID")


async def test_a_portal_is_removed_and_may_be_added_again(keyed: Machine) -> None:
    async with other_portal() as (second, host):
        await add(keyed, second, host)
        assert (await keyed.run("portals", "remove", host)).code == 0
        assert host not in await listed(keyed)
        rest = await keyed.run("portals", "check")
        assert (rest.code, rest.out) == (0, f"{own_host(keyed)}: all is well\n")
        await add(keyed, second, host)
        assert (await listed(keyed))[host]["connected"] is True
    refused = await keyed.run("portals", "remove", own_host(keyed))
    assert refused.code == 1
    assert "is removed with B24BRIDGE_PORTAL_WEBHOOK" in refused.err
    unknown = await keyed.run("portals", "hold", "nowhere.example")
    assert (unknown.code, "There is no portal nowhere.example" in unknown.err) == (1, True)


async def test_another_portals_troubles_are_not_told_to_who_links_somebody(keyed: Machine) -> None:
    await connect_application(keyed, "broken.example")
    there = f"There are: broken.example, {own_host(keyed)}."
    link = ("people", "link", "telegram:4242", "#5", "--portal")
    unknown = await keyed.run(*link, "nowhere.example")
    assert (unknown.code, unknown.err) == (1, f"There is no portal nowhere.example. {there}\n")
    broken = await keyed.run(*link, "broken.example")
    way = "b24bridge portals check broken.example tells why"
    assert (broken.code, broken.err) == (1, f"broken.example is not connected: {way}.\n")


# An application that is installed in a portal


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def address(keyed: Machine) -> str:
    """Have a bridge that knows an application and no webhook; where it can be installed."""
    listen = f"127.0.0.1:{free_port()}"
    portal_url = keyed.settings.pop("B24BRIDGE_PORTAL_WEBHOOK").partition("/rest/")[0]
    keyed.settings |= {
        "B24BRIDGE_BITRIX24_CLIENT_ID": keyed.portal.application.client_id,
        "B24BRIDGE_BITRIX24_CLIENT_SECRET": keyed.portal.application.client_secret,
        "B24BRIDGE_BITRIX24_OAUTH_URL": portal_url,
        "B24BRIDGE_HTTP_LISTEN": listen,
    }
    return f"http://{listen}/bitrix24/install"


async def installed(bridge: RunningBridge, machine: Machine, address: str) -> None:
    await bridge.until_log("Started")
    assert await open_install_page(machine.portal, address) == 200
    await bridge.until_log("is served")


async def test_an_installed_application_notifies_renews_its_tokens_and_goes(
    keyed: Machine, address: str, telegram: TelegramServer
) -> None:
    portal, maria = keyed.portal, telegram.person("maria")
    async with keyed.bridge() as bridge:
        await installed(bridge, keyed, address)
        assert await install(portal, address) == 200
        await keyed.link(f"telegram:{maria.id}", "#1")
        refreshes = portal.oauth.refreshes
        for number in range(10):
            telegram.send(f"/b24notify #{1 + number % 3} hi {number}", sender=maria)
        portal.oauth.expire()
        await until_rung(portal, 10)
        assert portal.oauth.refreshes == refreshes + 1
        assert await uninstall(portal, address) == 200
        await bridge.until_log("is not served any more")
        (row,) = (await listed(keyed)).values()
        assert (row["kind"], row["connected"], row["hold"]) == ("oauth", False, "APP_UNINSTALLED")
        assert "install the application in the portal again" in row["what_to_do"]
        assert await install(portal, address) == 200
        assert (await keyed.run("notify", "#5", "back")).code == 0
    for secret in (*keyed.settings["B24BRIDGE_SECRET_KEY"].split(","), "sandbox-client-secret"):
        assert secret not in bridge.log


@pytest.mark.usefixtures("address")
async def test_who_links_somebody_before_there_is_a_portal_is_told_how_to_connect_one(
    keyed: Machine,
) -> None:
    early = await keyed.run("people", "link", "telegram:4242", "#5")
    assert early.code == 1
    assert early.err.startswith("No portal is connected yet. Install the application in one,")


async def test_many_calls_with_an_expired_token_renew_it_once_and_lose_nothing(
    keyed: Machine, address: str, telegram: TelegramServer
) -> None:
    portal, maria = keyed.portal, telegram.person("maria")
    keyed.settings["B24BRIDGE_COMMANDS_PER_MINUTE"] = "1000"
    async with keyed.bridge() as bridge:
        await bridge.until_log("Started")
        assert await install(portal, address) == 200
        await bridge.until_log("is served")
        await keyed.link(f"telegram:{maria.id}", "#1")
        portal.oauth.expire()
        before = portal.oauth.refreshes
        for number in range(30):
            telegram.send(f"/b24notify #5 number {number}", sender=maria)
        messages = await until_rung(portal, 30)
    assert messages == [f"number {number}" for number in range(30)]
    assert portal.oauth.refreshes == before + 1


async def test_a_refresh_token_that_is_dead_holds_the_portal_in_words(
    keyed: Machine, address: str, telegram: TelegramServer
) -> None:
    portal, maria = keyed.portal, telegram.person("maria")
    async with keyed.bridge() as bridge:
        await installed(bridge, keyed, address)
        await keyed.link(f"telegram:{maria.id}", "#1", "maria")
        portal.oauth.expire()
        portal.oauth.refresh_lifetime = timedelta(0)
        portal.oauth._by_refresh_token.clear()
        telegram.send("/b24notify @maria hi there", sender=maria)
        assert "Not delivered" in (await next_outcome(telegram, 20)).text
        (row,) = (await listed(keyed)).values()
        assert (row["hold"], row["queued"]) == ("INVALID_GRANT", 1)
        portal.oauth.refresh_lifetime = timedelta(days=180)
        assert await install(portal, address) == 200
        assert await until_rung(portal, 1) == ["hi there"]
    assert "must be installed in the portal again" in bridge.log


async def test_a_bridge_without_an_application_installs_nothing(machine: Machine) -> None:
    listen = f"127.0.0.1:{free_port()}"
    machine.settings["B24BRIDGE_HTTP_LISTEN"] = listen
    machine.settings["B24BRIDGE_TELEGRAM_TOKEN"] = "1:nobody"
    machine.settings["B24BRIDGE_TELEGRAM_API_URL"] = "http://127.0.0.1:9"
    async with machine.bridge() as bridge:
        await bridge.until_log("Started")
        assert await install(machine.portal, f"http://{listen}/bitrix24/install") == 404


async def test_another_portals_troubles_are_not_told_to_who_imports_people(keyed: Machine) -> None:
    await connect_application(keyed, "other.example")
    rows = (
        "platform,workspace,external_id,handle,portal,user_id\n"
        f"telegram,,4242,anna,{own_host(keyed)},5\n"
        "telegram,,4243,boris,other.example,2\n"
    )
    result = await keyed.run("people", "import", "-", typed=rows)
    assert result.err == "line 3: the portal other.example is not connected\n"
    assert result.out == "Rows: 1 linked, 0 as before, 1 bad.\n"
