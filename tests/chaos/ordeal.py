"""What a bridge goes through, and is judged by."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tests.chaos.judge import KINDS, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from random import Random

    from tests.chaos.nodes import Node
    from tests.chaos.stage import Stage

_LONGEST_LIFE_SECONDS: Final = 2.0
"""How long a machine that has started lives at most before it is killed."""
_AT_CLOSED_DOORS: Final = 12


class Ordeal(Struct, frozen=True, kw_only=True):
    """How much there is to go through.

    Attributes:
        commands: how many are typed, besides those that are typed anew.
        kills: how often a machine is killed and started again.
        frozen_seconds: how long one of several machines is frozen meanwhile; 0 for not at all.
        trouble_seconds: how long it takes, about, until something else goes wrong in a portal.
    """

    commands: int
    kills: int
    frozen_seconds: float = 0
    trouble_seconds: float = 0.3


class Outcome(Struct, frozen=True):
    """What came of an ordeal: while the portals take nothing more, and when they do again."""

    at_closed_doors: Verdict
    in_the_end: Verdict


async def undergo(ordeal: Ordeal, stage: Stage, chance: Random) -> Outcome:
    """Kill machines while people type and portals stumble, and judge what is left behind."""
    share = (ordeal.commands - _AT_CLOSED_DOORS) // (ordeal.kills + 1)
    breaking = stage.troubles.run(ordeal.trouble_seconds)
    async with _beside(breaking), _frozen(stage, ordeal, chance) as others:
        for _ in range(ordeal.kills):
            stage.driver.type(share)
            node = chance.choice(others)
            await node.until_said("Started")
            await asyncio.sleep(chance.uniform(0, _LONGEST_LIFE_SECONDS))
            await node.kill()
            await node.start()
        stage.driver.type(ordeal.commands - _AT_CLOSED_DOORS - share * ordeal.kills)
        await stage.driver.until_delivered()
    stage.troubles.end()
    await stage.until_settled()
    stage.troubles.close()
    stage.driver.type(_AT_CLOSED_DOORS)
    await stage.until_told()
    at_closed_doors = await _judge_at_rest(stage)
    stage.troubles.end()
    for node in stage.nodes:
        await node.start()
    await stage.until_settled()
    return Outcome(at_closed_doors, await _judge_at_rest(stage))


async def _judge_at_rest(stage: Stage) -> Verdict:
    for node in stage.nodes:
        await node.stop()
    return judge(await stage.collect())


@asynccontextmanager
async def _frozen(stage: Stage, ordeal: Ordeal, chance: Random) -> AsyncIterator[list[Node]]:
    """Freeze a machine for a while, if that is wanted; gives the others."""
    if not ordeal.frozen_seconds:
        yield stage.nodes
        return
    frozen = chance.choice(stage.nodes)
    freezing = asyncio.create_task(_freeze(frozen, ordeal, chance.uniform(0, 2)))
    try:
        yield [node for node in stage.nodes if node is not frozen]
        await freezing
    finally:
        freezing.cancel()


async def _freeze(node: Node, ordeal: Ordeal, delay_seconds: float) -> None:
    await asyncio.sleep(delay_seconds)
    node.freeze()
    await asyncio.sleep(ordeal.frozen_seconds)
    node.thaw()


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def describe(ordeal: Ordeal, stage: Stage, outcome: Outcome) -> str:
    """Write down in words what was gone through, and what came of it."""
    end, before = outcome.in_the_end, outcome.at_closed_doors
    frozen = (
        f", one machine frozen for {ordeal.frozen_seconds:.0f} s" if ordeal.frozen_seconds else ""
    )
    troubles = stage.troubles.counts.most_common()
    wrong = Counter(finding.kind for finding in (*before.findings, *end.findings))
    lines: dict[str, str] = {
        "commands": f"{end.commands}, of which {end.undelivered} were seen to fail and typed anew",
        "repeats": f"{stage.driver.repeats} events that Slack sent again",
        "kills": f"{sum(node.kills for node in stage.nodes)}{frozen}",
        "troubles": ", ".join(f"{name}: {count}" for name, count in troubles),
        "shown": f"{end.shown} notifications",
        "waited": f"{before.waiting} while the portals took nothing; {end.waiting} in the end",
        "told failed": f"{end.told_failed}, with the reason",
        "marked": f"{end.marked} as possibly doubled; {end.rang_twice} did ring twice",
        **{kind: str(wrong[kind]) for kind in KINDS},
    }
    return "".join(f"{name:<13} {told}\n" for name, told in lines.items())
