"""How fast notifications reach a portal with Bitrix24's limits, beside other clients.

Run it as ``python tests/benchmarks/portal.py``: some four minutes; ``--quick`` leaves out 5,000. A
sandbox portal runs in a process of its own, anew for each client: 50 requests at once, 2 a second,
60 ms a request and, in one series, 15 ms more for each call in it. Printed are seconds, requests,
refusals, and how many of the notifications were lost or are shown twice; against the bound, which
is what the bucket and the latency allow whoever sends 50 in a request and has 4 under way.

Goal: within 3 % of the bound at 5,000, nothing refused, lost or doubled; and what a person types
meanwhile waits for no more than one interval between requests and one request.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from b24pysdk import BitrixWebhook  # type: ignore[import-untyped]  # it ships without types
from fast_bitrix24 import BitrixAsync  # type: ignore[import-untyped]  # it ships without types
from msgspec import Struct
from sqlmodel import select

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.client import Bitrix24Portal
from adapters.sandbox.bucket import LeakyBucket
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from bridge.clock import SystemClock
from bridge.commands.decided import Decided
from bridge.delivery.drain import Drain
from bridge.delivery.lane import Lane
from bridge.delivery.notification import Notification
from bridge.people.identity import BitrixUserId, Recipient
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.portals import SqlPortals
from storage.tables import DeliveryRow
from tests.adapters.sandbox.tls import make_certificate, serve_tls
from tests.fakes.incoming import make_incoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from multiprocessing.connection import Connection

    Queue = Callable[[list[Notification]], Awaitable[None]]

METHOD = "im.notify.personal.add"
CAPACITY, LEAK_PER_SECOND = 50, 2
REQUEST_SECONDS = 0.06
BATCH = 50
UNDER_WAY = 4
FIRST_ID = 1_000
PLAIN = 200
TYPED_EVERY_SECONDS = 1.5


class Setting(Struct, frozen=True):
    """What a portal is like, and how many are to be notified."""

    count: int
    call_seconds: float = 0.0

    @property
    def bound_seconds(self) -> float:
        """What nobody can be faster than: the bucket, or the time that the requests take."""
        requests = math.ceil(self.count / BATCH)
        last = REQUEST_SECONDS + min(BATCH, self.count) * self.call_seconds
        by_bucket = max(0, requests - CAPACITY) / LEAK_PER_SECOND + last
        return max(by_bucket, math.ceil(requests / UNDER_WAY) * last)


def notification(number: int, *, lane: Lane = Lane.BULK) -> Notification:
    """Make a notification for somebody who gets no other."""
    return Notification(
        recipient=Recipient(BitrixUserId(FIRST_ID + number)),
        message=f"Deploy {number} is [b]done[/b]",
        message_out=f"Deploy {number} is done",
        tag=f"bench|{number}",
        lane=lane,
    )


def run_portal(setting: Setting, folder: Path, pipe: Connection) -> None:
    """Serve a portal until the pipe asks what it has seen."""
    logging.disable(logging.CRITICAL)
    asyncio.run(serve_portal(setting, folder, pipe))


async def serve_portal(setting: Setting, folder: Path, pipe: Connection) -> None:
    """Serve a portal over HTTP and HTTPS: one of the clients knows nothing else."""
    people = [
        Person(
            id=FIRST_ID + number,
            name="Person",
            last_name=str(number),
            email="",
            work_position="",
            handle="",
        )
        for number in range(setting.count + 1_000)
    ]
    portal = SandboxPortal((*PEOPLE, *people), LeakyBucket(CAPACITY, LEAK_PER_SECOND))
    portal.request_seconds, portal.call_seconds = REQUEST_SECONDS, setting.call_seconds
    certificate = folder / "portal.pem"
    make_certificate(certificate)
    async with serve("127.0.0.1:0", portal) as url, serve_tls(portal, certificate):
        pipe.send((f"{url}/rest/{portal.owner_id}/{portal.webhook_code}/", portal.domain))
        await asyncio.to_thread(pipe.recv)
        crowd = range(FIRST_ID, FIRST_ID + setting.count)
        seen = Counter(one.user_id for one in portal.notifications if one.user_id in crowd)
        doubled = sum(times > 1 for times in seen.values())
        refused = portal.bucket.refused if portal.bucket else 0
        pipe.send((portal.counters.requests, refused, len(seen), doubled))


def measure(name: str, setting: Setting, send: Callable[[Target], float]) -> None:
    """Let a client send to a portal of its own, and print how it went."""
    with tempfile.TemporaryDirectory() as folder:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(
            target=run_portal, args=(setting, Path(folder), there), daemon=True
        )
        process.start()
        try:
            webhook, domain = here.recv()
            target = Target(webhook, domain, Path(folder), setting.count)
            seconds = send(target)
            here.send("enough")
            requests, refused, seen, doubled = here.recv()
        finally:
            process.kill()
            process.join()
    times = seconds / setting.bound_seconds
    print(
        f"  {name:14} {seconds:6.1f} s, {times:5.2f} × the bound; {requests:5} requests, "
        f"{refused:3} refused; {setting.count - seen:4} lost, {doubled} doubled"
    )


class Target(Struct, frozen=True):
    """Where to send, and how many."""

    webhook: str
    domain: str
    folder: Path
    count: int


def send_by_bridge(target: Target) -> float:
    """Send by the bridge, from queued rows to outcomes written down."""
    return asyncio.run(_send_by_bridge(target))


async def _send_by_bridge(target: Target) -> float:
    async with opened(target) as (drain, queue, _):
        await queue([notification(number) for number in range(target.count)])
        began = time.perf_counter()
        await drain_all(drain)
        return time.perf_counter() - began


async def drain_all(drain: Drain) -> None:
    """Run a drain until there is nothing left."""
    while await drain.run(lambda _: None, go_on=lambda: True):
        await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(target: Target) -> AsyncIterator[tuple[Drain, Queue, Database]]:
    """Open a bridge's outbox and its drain; yields what queues notifications, too."""
    database = Database(f"sqlite:///{target.folder / 'bridge.db'}")
    await database.open()
    portals, inbox = SqlPortals(database), SqlInbox(database)
    webhook = Webhook.parse(target.webhook)
    portal_id = await portals.ensure(webhook.key, webhook.key)
    numbers = count(1)

    async def queue(notifications: list[Notification]) -> None:
        await inbox.store(make_incoming("/b24notify"))
        await inbox.close(
            next(numbers), Decided(reply=None, notifications={portal_id: notifications})
        )

    async with Bitrix24Portal(webhook) as portal:
        drain = Drain(
            portal_id,
            portal,
            outbox=SqlOutbox(database),
            portals=portals,
            clock=SystemClock(),
            requests=UNDER_WAY,
        )
        yield drain, queue, database
    await database.close()


def type_meanwhile(setting: Setting) -> Callable[[Target], float]:
    """Return what sends a crowd's notifications while people type some, and prints their wait."""

    def send(target: Target) -> float:
        began = time.perf_counter()
        waits, told = asyncio.run(_type_meanwhile(target))
        request = REQUEST_SECONDS + BATCH * setting.call_seconds
        print(
            f"  {len(waits)} typed meanwhile: they wait for {statistics.median(waits):.2f} s, at "
            f"worst {max(waits):.2f} s (one interval and one request: "
            f"{1 / LEAK_PER_SECOND + request:.2f} s); told after {statistics.median(told):.2f} s"
        )
        return time.perf_counter() - began

    return send


async def _type_meanwhile(target: Target) -> tuple[list[float], list[float]]:
    """Return how long typed messages waited to be sent, and how long until they were delivered."""
    async with opened(target) as (drain, queue, database):
        await queue([notification(number) for number in range(target.count)])
        draining = asyncio.create_task(drain_all(drain))
        numbers = count(target.count)
        while not draining.done():
            await asyncio.wait([draining], timeout=TYPED_EVERY_SECONDS)
            if not draining.done():
                await queue([notification(next(numbers), lane=Lane.NORMAL)])
                drain.nudge()
        await draining
        query = select(DeliveryRow).where(DeliveryRow.lane == Lane.NORMAL)
        rows = await database.read(lambda session: session.exec(query).all())
    started = [(row.started_at, row.finished_at, row.queued_at) for row in rows]
    return (
        [(start - queued).total_seconds() for start, _, queued in started if start],
        [(end - queued).total_seconds() for _, end, queued in started if end],
    )


def calls(target: Target) -> list[dict[str, object]]:
    """Make the parameters of all notifications."""
    return [
        {"USER_ID": one.recipient.user_id, "MESSAGE": one.message, "MESSAGE_OUT": one.message_out}
        for one in map(notification, range(target.count))
    ]


def send_by_sdk(target: Target) -> float:
    """Send by the batches of the official SDK; it speaks HTTPS alone, and trusts this file."""
    os.environ["REQUESTS_CA_BUNDLE"] = str(target.folder / "portal.pem")
    webhook = BitrixWebhook(
        domain=target.domain, webhook_token=target.webhook.split("/rest/")[1].strip("/")
    )
    return timed(lambda: webhook.call_batches([(METHOD, call) for call in calls(target)]))


def send_by_fast_bitrix24(target: Target) -> float:
    """Send by fast-bitrix24, which makes batches by itself."""

    async def send() -> None:
        await BitrixAsync(target.webhook, verbose=False).call(METHOD, calls(target))

    return timed(lambda: asyncio.run(send()))


def send_by_loop(target: Target) -> float:
    """Send as a script would, one after the other; the first ones, for all."""

    def send() -> None:
        with httpx.Client() as client:
            for call in calls(target)[:PLAIN]:
                client.post(f"{target.webhook}{METHOD}.json", json=call)

    seconds = timed(send)
    print(f"  … 5,000 would take {seconds * 5_000 / PLAIN:.0f} s, most of them refused")
    return seconds


def timed(work: Callable[[], object]) -> float:
    """Measure what a client does, whether it ends well or not."""
    began = time.perf_counter()
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a client that gives up is a result, too
        print(f"  … ended with {type(error).__name__}")
    return time.perf_counter() - began


def compare(title: str, setting: Setting) -> None:
    """Print how all clients fare with a portal."""
    print(f"{title}: the bound is {setting.bound_seconds:.1f} s")
    measure("this bridge", setting, send_by_bridge)
    measure("b24pysdk", setting, send_by_sdk)
    measure("fast-bitrix24", setting, send_by_fast_bitrix24)


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="leave out 5,000: under a minute")
    is_quick = parser.parse_args().quick
    logging.disable(logging.CRITICAL)
    compare("1,000 notifications", Setting(1_000))
    measure(f"{PLAIN} in a loop", Setting(PLAIN), send_by_loop)
    if not is_quick:
        compare("5,000 notifications", Setting(5_000))
        slow = Setting(5_000, call_seconds=0.015)
        compare("5,000 at 15 ms a call", slow)
        print("A crowd of 5,000, and people who type")
        measure("this bridge", slow, type_meanwhile(slow))


if __name__ == "__main__":
    main()
