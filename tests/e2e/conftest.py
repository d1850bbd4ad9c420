"""A real bridge in a process of its own, between servers that speak the platforms' protocols."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from adapters.cli.sandbox import webhook_of
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.server import serve
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

B24BRIDGE = str(Path(sys.executable).with_name("b24bridge"))


@dataclass
class Result:
    """How a command of the shell ended."""

    code: int
    out: str
    err: str


@dataclass
class Machine:
    """A machine with a database and settings, on which ``b24bridge`` can be run."""

    folder: Path
    portal: SandboxPortal
    settings: dict[str, str] = field(default_factory=dict)

    async def run(self, *arguments: str, typed: str = "") -> Result:
        """Run a command to its end, with something on its standard input."""
        process = await self._start(*arguments)
        async with asyncio.timeout(60):
            out, err = await process.communicate(typed.encode())
        assert process.returncode is not None
        return Result(process.returncode, out.decode(), err.decode())

    async def link(self, identity: str, recipient: str, handle: str = "") -> None:
        """Link somebody, as an administrator does."""
        result = await self.run("people", "link", identity, recipient, "--handle", handle)
        assert result.code == 0, result.err

    @asynccontextmanager
    async def bridge(self, *options: str) -> AsyncIterator[RunningBridge]:
        """Run the bridge; it is ended in the end, if it still runs."""
        bridge = RunningBridge(await self._start("run", *options))
        try:
            yield bridge
        finally:
            if bridge.is_running:
                bridge.kill()
            await bridge.ended()

    async def _start(self, *arguments: str) -> Process:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("B24BRIDGE_")
        }
        return await asyncio.create_subprocess_exec(
            B24BRIDGE,
            *arguments,
            cwd=self.folder,
            env=environment | self.settings,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


class RunningBridge:
    """A process of ``b24bridge run``; ``log`` is what it has said so far."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.log = ""

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def until_log(self, words: str) -> Self:
        """Wait until the log says something."""
        assert self._process.stderr is not None
        async with asyncio.timeout(30):
            while words not in self.log:
                line = await self._process.stderr.readline()
                assert line, f"the bridge ended: {self.log}"
                self.log += line.decode()
        return self

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once, with SIGKILL."""
        self._process.kill()

    def stop(self) -> None:
        """Ask it to end, with SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it do nothing until it is thawed."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    async def ended(self) -> int:
        """Wait until it has ended; returns its exit code."""
        async with asyncio.timeout(30):
            _, err = await self._process.communicate()
        self.log += err.decode()
        assert self._process.returncode is not None
        return self._process.returncode


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    portal = SandboxPortal()
    async with serve("127.0.0.1:0", portal) as url:
        settings = {
            "B24BRIDGE_PORTAL_WEBHOOK": webhook_of(url, portal),
            "B24BRIDGE_LOG_LEVEL": "DEBUG",
        }
        yield Machine(tmp_path, portal, settings)


@pytest.fixture
async def telegram(machine: Machine) -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        machine.settings |= {
            "B24BRIDGE_TELEGRAM_TOKEN": server.token,
            "B24BRIDGE_TELEGRAM_API_URL": server.url,
        }
        yield server


@pytest.fixture
async def slack(machine: Machine) -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        machine.settings |= {
            "B24BRIDGE_SLACK_BOT_TOKEN": server.bot_token,
            "B24BRIDGE_SLACK_APP_TOKEN": server.app_token,
            "B24BRIDGE_SLACK_API_URL": server.api_url,
        }
        yield server
