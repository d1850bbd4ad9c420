"""``b24bridge run``: the bridge as a service."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from adapters.cli.chats import make_chats
from adapters.cli.logs import set_up_logging
from adapters.cli.nodes import NodeRole
from adapters.cli.signals import StopSignals, stop_signals
from adapters.cli.start import quick_imports
from adapters.cli.upkeep import keep_up
from adapters.cli.wiring import open_bridge
from bridge.delivery.meter import UNMEASURED
from bridge.errors import ConfigError, PortalError, StorageError, Superseded
from bridge.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.cli.chats import LiveChat
    from adapters.cli.stores import Stores
    from adapters.cli.wiring import Bridge
    from adapters.web.metrics import Metrics
    from bridge.people.identity import Platform
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_GRACE_SECONDS: Final = 20.0
_CLAIM_SECONDS: Final = 10
_UPGRADE_SECONDS: Final = 5.0
_TURN_SECONDS: Final = 0.0005
"""How long a thread may work while another one wants to: what comes in waits for the threads of the
database, and each transaction for what comes in. Python's own is ten times that."""


async def run_bridge(role: NodeRole = NodeRole.ALL) -> None:
    """Run until SIGTERM or SIGINT, then finish what is under way.

    Args:
        role: what this machine does of what there is to do.

    Raises:
        ConfigError: the settings cannot be used, or a platform does not accept a token.
        StorageError: the database cannot be used, or another bridge works on it.
    """
    settings = load_settings(needs_portal=True, needs_chat=True)
    set_up_logging(settings.log_level, settings.secrets, settings.log_format)
    sys.setswitchinterval(_TURN_SECONDS)
    async with AsyncExitStack() as stack:
        metrics = _make_metrics(settings)
        bridge = await stack.enter_async_context(open_bridge(settings, metrics or UNMEASURED))
        await _claim(bridge, role)
        with quick_imports():
            chats = make_chats(
                settings,
                bridge.stores.clock,
                colleagues=bridge.stores.colleagues,
                pages=bridge.make_pages(),
                alone=bridge.alone,
            )
        for chat in chats.values():
            await stack.enter_async_context(chat.open())
        if settings.http_listen and metrics:
            heard = chats if role.listens else {}
            await stack.enter_async_context(_serve(settings.http_listen, bridge, heard, metrics))
        elif bridge.installer:
            log.warning("B24BRIDGE_HTTP_LISTEN is not set: no portal can install the application")
        stops = stack.enter_context(stop_signals())
        await _run(bridge, settings, chats, role, stops)
        left = await _describe_left(bridge)
    log.info("Stopped; %s", left)


def _make_metrics(settings: Settings) -> Metrics | None:
    """Measure only if somebody can look."""
    if not settings.http_listen:
        return None
    from adapters.web.metrics import Metrics

    return Metrics()


def _serve(
    listen: str, bridge: Bridge, chats: Mapping[Platform, LiveChat], metrics: Metrics
) -> AbstractAsyncContextManager[str]:
    from adapters.cli.watch import BridgeWatch
    from adapters.web.server import serve

    return serve(
        listen,
        watch=BridgeWatch(bridge, chats, metrics),
        installing=bridge.installer,
        hooks=[hook for chat in chats.values() for hook in chat.hooks],
    )


async def _run(
    bridge: Bridge,
    settings: Settings,
    chats: Mapping[Platform, LiveChat],
    role: NodeRole,
    stops: StopSignals,
) -> None:
    members = {platform: chat.members for platform, chat in chats.items() if chat.members}
    rooms = {platform: chat.rooms for platform, chat in chats.items() if chat.rooms}
    keep_up_alone = bridge.alone("upkeep")
    async with asyncio.TaskGroup() as group:
        upgrade = group.create_task(_until_superseded(bridge.stores))
        upgrade.add_done_callback(lambda _: stops.asked.set())
        working: list[asyncio.Task[None]] = []
        others = [group.create_task(_check(bridge))]
        if role.works:
            working.append(group.create_task(bridge.work(chats, members, rooms)))
            upkeep = partial(keep_up, bridge.stores, settings, chats)
            others.append(group.create_task(keep_up_alone(upkeep)))
        accept, heard = bridge.intake.accept, chats.values() if role.listens else ()
        listening = [group.create_task(chat.run(accept)) for chat in heard]
        log.info("Started; connecting to %s and the portal", ", ".join(chats))
        await stops.asked.wait()
        log.info("Stopping: finishing what is under way, unless told to stop once more")
        bridge.stop()
        # What is typed from now on stays with the platforms; what is finished now is still told.
        _cancel(*listening)
        if working:
            await _finish(working, stops)
        _cancel(*working, *others, upgrade)
    if not upgrade.cancelled():
        raise upgrade.result()


def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()


async def _finish(working: list[asyncio.Task[None]], stops: StopSignals) -> None:
    """Wait until all is finished, but not for long, nor if we are told to stop once more."""
    insisting = asyncio.create_task(stops.insisted.wait())
    tasks = {*working, insisting}
    await asyncio.wait(tasks, timeout=_GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    insisting.cancel()
    if not all(task.done() for task in working):
        log.info("Breaking off what is under way; it goes on later")


async def _describe_left(bridge: Bridge) -> str:
    try:
        waiting = sum(queue.depth for queue in await bridge.stores.portals.list_queues())
    except StorageError as error:
        return f"what is still queued goes on at the next start ({error})"
    return f"notifications that wait and go on later: {waiting}"


async def _claim(bridge: Bridge, role: NodeRole) -> None:
    """Wait for a command of the shell to be done with the database, but not for another bridge."""
    if bridge.stores.database.is_shared:
        return
    if role is not NodeRole.ALL:
        raise ConfigError(["--role is for several machines: B24BRIDGE_DATABASE_URL must be shared"])
    for seconds in range(_CLAIM_SECONDS):
        if bridge.stores.database.try_lock():
            return
        if not seconds:
            log.info("Another process works on this database: waiting for it")
        await asyncio.sleep(1)
    raise StorageError("Another bridge already works on this database.")


async def _until_superseded(stores: Stores) -> Superseded:
    """Wait until another machine has made of the tables what this version cannot work with."""
    while True:
        await asyncio.sleep(_UPGRADE_SECONDS)
        try:
            await stores.database.check()
        except Superseded as error:
            return error
        except StorageError:
            log.debug("The database cannot be read; whoever works with it tells why")


async def _check(bridge: Bridge) -> None:
    """Tell an administrator at once what the first notification would otherwise show."""
    served = bridge.serving.served
    for portal_id in served:
        try:
            await served[portal_id].check()
        except PortalError as error:
            log.warning("Portal %s refuses us, or cannot be reached: %s", portal_id, error)
        else:
            log.info("Connected to the portal")
