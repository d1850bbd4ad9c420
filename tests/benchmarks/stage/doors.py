"""Bridges and bare bots that take commands, and where to post those."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from tests.benchmarks.stage.bots import run_slack_bot, run_telegram_bot
from tests.benchmarks.stage.processes import CORES, in_process, run_bridge
from tests.benchmarks.stage.typed import Door, find_hook, slack_door, telegram_door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator
    from pathlib import Path

    from tests.benchmarks.stage.surroundings import Surroundings

CHATS: Final = ("Slack", "Telegram")
EVERYBODY: Final = 10**9
"""So many people that each command is of somebody else."""


@asynccontextmanager
async def bridge_door(
    chat: str,
    around: Surroundings,
    folder: Path,
    *,
    url: str = "",
    people: int = EVERYBODY,
    cores: Collection[int] = CORES,
) -> AsyncIterator[Door]:
    """Run a bridge in one chat.

    Args:
        chat: one of ``CHATS``.
        around: what it works with.
        folder: where it runs.
        url: of its database; one in the folder if it is empty.
        people: how many type.
        cores: on which it may run.
    """
    is_slack = chat == "Slack"
    settings = around.unlimited | (around.slack if is_slack else around.telegram)
    settings |= {"B24BRIDGE_DATABASE_URL": url} if url else {}
    async with run_bridge(folder, settings, cores=cores) as bridge:
        if is_slack:
            door = slack_door(f"{bridge.url}/slack/events", around, people)
        else:
            path, secret = await find_hook(around)
            door = telegram_door(f"{bridge.url}{path}", secret, people)
        yield replace(door, pid=bridge.pid)


@contextmanager
def bot_door(
    chat: str,
    around: Surroundings,
    *,
    calls_portal: bool,
    people: int = EVERYBODY,
    cores: Collection[int] = CORES,
) -> Iterator[Door]:
    """Run a bare bot, which calls the portal itself or does no more than acknowledge."""
    webhook = around.webhooks[0] if calls_portal else ""
    work = run_slack_bot if chat == "Slack" else run_telegram_bot
    with in_process(work, webhook, around.api, cores=cores) as url:
        yield slack_door(url, around, people) if chat == "Slack" else telegram_door(url, "", people)
