"""What a bridge goes through, and is judged by."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tests.chaos.chance import fork
from tests.chaos.judge import KINDS, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence
    from random import Random

    from tests.chaos.nodes import Node
    from tests.chaos.stage import Stage

_LONGEST_SECONDS: Final = 2.0
"""How long a machine that has started is left alone at most."""
_AT_CLOSED_DOORS: Final = 12
_PATIENCE_SECONDS: Final = 240.0


class Ordeal(Struct, frozen=True, kw_only=True):
    """How much there is to go through.

    Attributes:
        commands: how many are typed, besides those that are typed anew.
        kills: how often a machine is killed and started again.
        freezes: for how many seconds one of several machines is frozen meanwhile, again and again.
        trouble_seconds: how long it takes, about, until something else goes wrong in a portal.
    """

    commands: int
    kills: int
    freezes: tuple[float, ...] = ()
    trouble_seconds: float = 0.3


class Outcome(Struct, frozen=True):
    """What came of an ordeal: while the portals take nothing more, and when they do again."""

    at_closed_doors: Verdict
    in_the_end: Verdict


async def undergo(ordeal: Ordeal, stage: Stage, chance: Random) -> Outcome:
    """Kill and freeze machines while people type and portals stumble; judge what is left behind."""
    mischief = _Mischief(stage, chance)
    async with asyncio.TaskGroup() as group:
        breaking = group.create_task(stage.troubles.run(ordeal.trouble_seconds))
        administering = group.create_task(stage.administer())
        freezing = group.create_task(mischief.freeze(ordeal.freezes))
        await mischief.kill(ordeal.kills, ordeal.commands - _AT_CLOSED_DOORS)
        await stage.driver.until_delivered()
        await freezing
        breaking.cancel()
        stage.troubles.end()
        await _patiently(stage.until_settled())
        administering.cancel()
    stage.troubles.close()
    stage.driver.type(_AT_CLOSED_DOORS)
    await _patiently(stage.until_told())
    at_closed_doors = await _judge_at_rest(stage, stage.nodes)
    stage.troubles.end()
    last = chance.choice(stage.nodes)
    await last.start()
    await _patiently(stage.until_settled())
    return Outcome(at_closed_doors, await _judge_at_rest(stage, [last]))


async def _patiently(waiting: Awaitable[None]) -> None:
    """Wait for long; of what is not as it should be then, the judge will tell."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await waiting


async def _judge_at_rest(stage: Stage, nodes: Sequence[Node]) -> Verdict:
    for node in nodes:
        await node.stop()
    return judge(await stage.collect())


class _Mischief:
    """Does to machines what should not be done to them, to each one thing at a time."""

    def __init__(self, stage: Stage, chance: Random) -> None:
        self._driver = stage.driver
        self._free = list(stage.nodes)
        self._killing, self._freezing = fork(chance), fork(chance)

    async def kill(self, times: int, commands: int) -> None:
        """Kill a machine and start it again, and have some commands typed in each life."""
        for life in range(times, 0, -1):
            share = commands // (life + 1)
            commands -= share
            self._driver.type(share)
            with self._one(self._killing) as node:
                await node.until_said("Started")
                await asyncio.sleep(self._killing.uniform(0, _LONGEST_SECONDS))
                await node.kill()
                await node.start()
        self._driver.type(commands)

    async def freeze(self, seconds: Sequence[float]) -> None:
        """Freeze a machine, each time for so long."""
        for pause in seconds:
            await asyncio.sleep(self._freezing.uniform(0, _LONGEST_SECONDS))
            with self._one(self._freezing) as node:
                await node.until_said("Started")
                node.freeze()
                await asyncio.sleep(pause)
                node.thaw()

    @contextmanager
    def _one(self, chance: Random) -> Iterator[Node]:
        node = chance.choice(self._free)
        self._free.remove(node)
        try:
            yield node
        finally:
            self._free.append(node)


def describe(ordeal: Ordeal, stage: Stage, outcome: Outcome) -> str:
    """Write down in words what was gone through, and what came of it."""
    end, before = outcome.in_the_end, outcome.at_closed_doors
    troubles = stage.troubles.counts.most_common()
    wrong = Counter(finding.kind for finding in (*before.findings, *end.findings))
    lines: dict[str, str] = {
        "commands": f"{end.commands}, of which {end.undelivered} were seen to fail and typed anew",
        "repeats": f"{stage.driver.repeats} events that Slack sent again",
        "kills": f"{sum(node.kills for node in stage.nodes)} by SIGKILL",
        "freezes": ", ".join(f"{seconds:.0f} s" for seconds in ordeal.freezes) or "none",
        "troubles": ", ".join(f"{name}: {count}" for name, count in troubles),
        "shown": f"{end.shown} notifications; repeats that replaced themselves: {end.replaced}",
        "waited": f"{before.waiting} while the portals took nothing; {end.waiting} in the end",
        "told failed": f"{end.told_failed}, with the reason",
        "marked": f"{end.marked} as possibly doubled; {end.shown_twice} are shown twice",
        **{kind: str(wrong[kind]) for kind in KINDS},
    }
    found = [f"{one.kind}: {one.what}\n" for one in (*before.findings, *end.findings)]
    return "".join([*(f"{name:<13} {told}\n" for name, told in lines.items()), *found])
