"""Processes of the bridge that are killed, frozen and started again."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOOK_SECONDS: Final = 0.02


class Node:
    """A machine on which ``b24bridge run`` is started again and again.

    Args:
        command: what is run.
        folder: where; all that it says goes to the file ``log`` there.
        settings: the whole environment.

    Attributes:
        log: the file.
        kills: how often it was killed.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, log: str, settings: Mapping[str, str]
    ) -> None:
        self.log = folder / log
        self.kills = 0
        self._command = command
        self._folder = folder
        self.settings = settings
        self._process: Process | None = None
        self._read_to = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def start(self) -> None:
        """Start it."""
        self._read_to = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                env=self.settings,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def until_said(self, words: str) -> None:
        """Wait until it has said something since it was started."""
        while words not in self._said():
            assert self._running().returncode is None, self._said()
            await asyncio.sleep(_LOOK_SECONDS)

    async def kill(self) -> None:
        """End it at once, with SIGKILL."""
        self.kills += 1
        assert self._running().returncode is None, f"it ended by itself: {self._said()}"
        self._running().kill()
        await self._running().wait()

    async def stop(self) -> None:
        """Ask it to end, once it has started, and wait until it has, in good order."""
        await self.until_said("Started")
        self._running().terminate()
        assert await self._running().wait() == 0, self._said()

    def freeze(self) -> None:
        """Let it do nothing until it is thawed."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> Process:
        assert self._process is not None
        return self._process

    def _said(self) -> str:
        return self.log.read_bytes()[self._read_to :].decode()
