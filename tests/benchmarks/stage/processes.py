"""Processes of one's own: functions, and real bridges, each on the cores it is given."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import socket
import sys
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator

B24BRIDGE = str(Path(sys.executable).with_name("b24bridge"))
CORES = sorted(os.sched_getaffinity(0))
FIRST_CORE, OTHER_CORES = CORES[:1], CORES[1:] or CORES
"""Where what is measured on one core runs, and all else meanwhile."""


class RunningBridge(Struct, frozen=True):
    """A process of ``b24bridge run``: where it listens, and its number."""

    url: str
    pid: int

    @property
    def memory(self) -> psutil.Process:
        """What tells how much memory it takes."""
        return psutil.Process(self.pid)


@contextmanager
def in_process(
    work: Callable[..., Coroutine[Any, Any, None]],
    *arguments: object,
    cores: Collection[int] = CORES,
) -> Iterator[Any]:
    """Run something in a process of its own until the end; yields what it sends first.

    Args:
        work: gets the arguments and its end of a pipe.
        arguments: for it.
        cores: on which it may run.
    """
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(work, tuple(cores), *arguments, there), daemon=True
    )
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _run(
    work: Callable[..., Coroutine[Any, Any, None]], cores: tuple[int, ...], *arguments: object
) -> None:
    os.sched_setaffinity(0, cores)
    logging.disable(logging.CRITICAL)
    asyncio.run(work(*arguments))


@asynccontextmanager
async def run_bridge(
    folder: Path, settings: dict[str, str], *options: str, cores: Collection[int] = CORES
) -> AsyncIterator[RunningBridge]:
    """Run ``b24bridge run`` until killed in the end; yields it as soon as it is ready.

    Args:
        folder: where it runs; its database is there unless the settings say otherwise.
        settings: besides where it listens.
        options: of the command.
        cores: on which it may run.
    """
    port = _free_port()
    listen, log = f"127.0.0.1:{port}", folder / f"{port}.log"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            B24BRIDGE,
            "run",
            *options,
            cwd=folder,
            env=os.environ | settings | {"B24BRIDGE_HTTP_LISTEN": listen},
            stderr=stderr,
            preexec_fn=partial(os.sched_setaffinity, 0, cores),
        )
    try:
        await _until_ready(f"http://{listen}/readyz", process, log)
        yield RunningBridge(f"http://{listen}", process.pid)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            if process.returncode is not None:
                break
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    said = await asyncio.to_thread(log.read_text, encoding="utf-8")
    raise RuntimeError(f"the bridge is not ready ({process.returncode}): {said}")
