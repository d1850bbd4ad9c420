"""How much memory a bridge takes with a long queue: at rest, asked about it, and draining it."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx

from tests.benchmarks.measured.goals import MEMORY
from tests.benchmarks.stage.portal_log import until_accepted
from tests.benchmarks.stage.processes import B24BRIDGE, RunningBridge, run_bridge
from tests.benchmarks.stage.queue import open_queue
from tests.benchmarks.stage.surroundings import CROWD, Surroundings, surrounded

if TYPE_CHECKING:
    from tests.benchmarks.measured.goals import Report

COUNT: Final = 100_000
DRAIN_SECONDS: Final = 15
"""How long to look while it drains: the most is taken at the beginning, when all is there."""


async def measure_memory(report: Report) -> None:
    """Queue 100,000 notifications for a portal that is paused, and then let them go."""
    with surrounded() as around, TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/b24bridge.db"
        pause_until = await _fill(around, url)
        settings = around.unlimited | around.slack | {"B24BRIDGE_DATABASE_URL": url}
        async with run_bridge(Path(folder), settings) as bridge, httpx.AsyncClient() as client:
            report.tell(f"ready: {_tell_resident(bridge)}")
            for _ in range(20):
                assert (await client.get(f"{bridge.url}/metrics")).is_success
            listing = await _list_deliveries(folder, settings)
            report.tell(f"`deliveries list` beside it: at most {listing:.0f} MB")
            resident = _tell_resident(bridge)
            report.judge("at most, 100,000 queued", MEMORY, _read_peak(bridge.pid), resident)
            await asyncio.sleep(max((pause_until - datetime.now(UTC)).total_seconds(), 0))
            began = time.monotonic()
            count = await until_accepted(client, around.portals, COUNT, seconds=DRAIN_SECONDS)
            rate = count / (time.monotonic() - began)
            beside = f"{_tell_resident(bridge)}; {rate:,.0f} notifications/s"
            report.judge("at most, draining 100,000", MEMORY, _read_peak(bridge.pid), beside)


async def _fill(around: Surroundings, url: str) -> datetime:
    """Queue everything, and tell until when the portal is paused."""
    async with open_queue(url, around.api) as queue:
        portal = await queue.find_portal(around.webhooks[0])
        await queue.fill(portal, COUNT, CROWD)
        until = datetime.now(UTC) + timedelta(seconds=15)
        await queue.portals.pause(portal, until)
    return until


async def _list_deliveries(folder: str, settings: dict[str, str]) -> float:
    """Return the most memory that listing what waits has taken, in megabytes."""
    process = await asyncio.create_subprocess_exec(
        B24BRIDGE,
        "deliveries",
        "list",
        cwd=folder,
        env=os.environ | settings,
        stdout=asyncio.subprocess.DEVNULL,
    )
    peak = 0.0
    while process.returncode is None:
        peak = max(peak, _read_peak(process.pid))
        await asyncio.sleep(0.01)
    assert process.returncode == 0
    return peak


def _tell_resident(bridge: RunningBridge) -> str:
    used = bridge.memory.memory_full_info()
    return f"{used.rss / 2**20:.0f} MB resident, {used.pss / 2**20:.0f} of it its own share"


def _read_peak(pid: int) -> float:
    """Return the most memory that a process has taken, in megabytes; 0 if it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) / 1024 if peaks else 0.0
