"""A full disk: what cannot be kept is not taken, and all goes on by itself when there is space."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.sandbox.faults import Fault
from tests.e2e.test_main_job import until
from tests.e2e.test_operations import ADD, address, maria
from tests.e2e.test_watching import until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Machine, RunningBridge
    from tests.fakes.slack_server import SlackServer
    from tests.fakes.telegram_server import Person, TelegramServer

__all__ = ["address", "maria"]


@contextmanager
def full_disk(bridge: RunningBridge) -> Iterator[None]:
    """Let the process write nothing behind the first bytes of any file: most of all no database.

    This needs no right to mount a small disk; SQLite meets the same failure of the same call.
    """
    limits = resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    yield
    resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE, limits)


def check(folder: Path) -> list[tuple[str]]:
    """Have SQLite look whether anything in the database is broken."""
    with closing(sqlite3.connect(folder / "b24bridge.db")) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


async def test_nothing_is_lost_doubled_or_broken_by_a_full_disk(
    machine: Machine, telegram: TelegramServer, maria: Person, slack: SlackServer, address: str
) -> None:
    await machine.link(f"slack:{slack.team}/U1", "#1")
    machine.settings["B24BRIDGE_LOG_LEVEL"] = "INFO"
    async with machine.bridge() as bridge:
        await slack.until_connected(timeout=20)
        await bridge.until_log("Connected to Slack")
        # When this one's answer comes, it cannot be written down that it was delivered.
        machine.portal.faults.append(Fault(method=ADD, after_processing=True, latency_seconds=1))
        telegram.send("/b24notify #5 number 0", sender=maria)
        await until(lambda: machine.portal.ledger)
        with full_disk(bridge):
            for number in range(1, 3):
                telegram.send(f"/b24notify #5 number {number}", sender=maria)
            refused = await slack.command("/b24notify", "#5 refused", user="U1", timeout=20)
            assert "I could not store it, so nobody has been notified" in refused.text
            told = await until_ready(address, "not ready")
            assert told["database"] == "cannot be written"
            assert check(machine.folder) == [("ok",)]
        await until(lambda: len(machine.portal.ledger) == 3)
        assert (await until_ready(address, "ready"))["database"] == "ok"
        for _ in range(3):
            while (await telegram.next_answer(20)).text != "Notified Anna Petrova.":
                pass
        bridge.stop()
        assert await bridge.ended() == 0
        with pytest.raises(TimeoutError):
            await telegram.next_answer(0.1)
    typed = [f"number {number}" for number in range(3)]
    assert [one.message for one in machine.portal.ledger] == typed
    assert check(machine.folder) == [("ok",)]
    assert bridge.log.count("Traceback") == 0, bridge.log
