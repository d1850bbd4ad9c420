"""Sets the stage: two portals, two chats, people who are linked, and machines with a bridge."""

from __future__ import annotations

import base64
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal

from adapters.cli.sandbox import webhook_of
from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.installing import install
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from storage.database import Database
from tests.chaos.chance import fork
from tests.chaos.driver import Driver, name_of
from tests.chaos.nodes import Node
from tests.chaos.stage import B24BRIDGE, Stage, install_url, run
from tests.chaos.troubles import TIMEOUT_SECONDS, Troubles
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from random import Random

_COLLEAGUES: Final = range(1001, 1025)
_DISMISSED: Final = 1023
_SWITCHED_OFF: Final = 1024
"""Who does not want to be notified."""
_PEOPLE: Final = 12
"""How many type on each platform, for each portal."""
_AT_ONCE: Final = 300
_A_SECOND: Final = 50
"""A bucket of 50 would leak for half a minute after others have filled it."""


@asynccontextmanager
async def open_stage(
    folder: Path, chance: Random, *, database_url: str = "", nodes: int = 1
) -> AsyncIterator[Stage]:
    """Set a stage, with everybody linked and the bridge running.

    Alone, a machine has an SQLite file, and Slack posts to it. Several share a PostgreSQL, and have
    Socket Mode.

    Args:
        folder: where files may be.
        chance: makes all choices.
        database_url: where the PostgreSQL is; empty for an SQLite file.
        nodes: how many machines there are.
    """
    url = database_url or f"sqlite:///{folder / 'b24bridge.db'}"
    tagged, tagless = _make_portal("documented"), _make_portal("coded")
    async with AsyncExitStack() as stack:
        for portal in (tagged, tagless):
            await stack.enter_async_context(serve("127.0.0.1:0", portal))
        telegram = await stack.enter_async_context(TelegramServer())
        slack = await stack.enter_async_context(SlackServer())
        driver = await stack.enter_async_context(Driver(telegram, slack, fork(chance)))
        settings = _settings(folder, url, tagged, tagless) | {
            "B24BRIDGE_TELEGRAM_TOKEN": telegram.token,
            "B24BRIDGE_TELEGRAM_API_URL": telegram.url,
            "B24BRIDGE_SLACK_BOT_TOKEN": slack.bot_token,
            "B24BRIDGE_SLACK_API_URL": slack.api_url,
        }
        addresses = [f"127.0.0.1:{_free_port()}" for _ in range(nodes)]
        if nodes > 1:
            settings["B24BRIDGE_SLACK_APP_TOKEN"] = slack.app_token
            slack.choose = fork(chance).choice
        else:
            settings["B24BRIDGE_SLACK_SIGNING_SECRET"] = slack.signing_secret
            slack.post_to(f"http://{addresses[0]}/slack/events")
        database = Database(url)
        troubles = Troubles([tagged, tagless], fork(chance), may_straggle=nodes == 1)
        stage = Stage(database, driver, troubles, settings)
        for number, address in enumerate(addresses, 1):
            own = settings | {"B24BRIDGE_HTTP_LISTEN": address}
            node = Node([B24BRIDGE, "run"], folder, f"node-{number}.log", own)
            stage.nodes.append(await stack.enter_async_context(node))
        await database.open()
        stack.push_async_callback(database.close)
        for node in stage.nodes:
            await node.until_said("Started")
        assert await install(tagged, install_url(stage.nodes[0])) == 200
        await _have_people(stage, settings)
        yield stage


def _make_portal(tags: Literal["documented", "coded"]) -> SandboxPortal:
    crowd = [
        Person(
            id=number,
            name=name_of(number),
            last_name="Chaos",
            email="",
            work_position="",
            handle="",
            active=number != _DISMISSED,
        )
        for number in _COLLEAGUES
    ]
    portal = SandboxPortal((*PEOPLE, *crowd), LeakyBucket(_AT_ONCE, _A_SECOND), tags=tags)
    portal.switched_off.add(_SWITCHED_OFF)
    return portal


def _settings(
    folder: Path, database_url: str, tagged: SandboxPortal, tagless: SandboxPortal
) -> dict[str, str]:
    """Write all settings but the chats': impatient ones, for chaos not to last for hours."""
    ours = {
        "DATABASE_URL": database_url,
        "PORTAL_WEBHOOK": webhook_of(tagless.address, tagless),
        "PORTAL_LIMIT": f"{_AT_ONCE}/{_A_SECOND}",
        "PORTAL_TIMEOUT_SECONDS": f"{TIMEOUT_SECONDS}",
        "SECRET_KEY": base64.b64encode(bytes(32)).decode(),
        "BITRIX24_CLIENT_ID": tagged.application.client_id,
        "BITRIX24_CLIENT_SECRET": tagged.application.client_secret,
        "BITRIX24_OAUTH_URL": tagged.address,
        "RETRY_FIRST_SECONDS": "0.2",
        "RETRY_LONGEST_SECONDS": "2",
        "COMMANDS_PER_MINUTE": "1000",
        "LOG_LEVEL": "DEBUG",
    }
    return {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        **{f"B24BRIDGE_{name}": value for name, value in ours.items()},
    }


async def _have_people(stage: Stage, settings: dict[str, str]) -> None:
    """Have people join on both platforms, linked with either portal."""
    for portal in stage.troubles.portals:
        stage.driver.join_telegram(_PEOPLE, portal.domain, _COLLEAGUES)
        stage.driver.join_slack(_PEOPLE, portal.domain, _COLLEAGUES)
    rows = ["platform,workspace,external_id,handle,portal,user_id"]
    for desk in stage.driver.desks:
        platform, _, place = desk.typist.identity.partition(":")
        workspace, _, person = place.rpartition("/")
        rows.append(f"{platform},{workspace},{person},,{desk.portal},1")
    await run(settings, "people", "import", "-", "--strict", typed="\n".join(rows))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
