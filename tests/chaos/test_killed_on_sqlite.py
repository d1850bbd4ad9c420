"""One machine with an SQLite file, killed again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.chaos.judge import judge
from tests.chaos.scenery import open_stage

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


async def test_whoever_kills_the_bridge_loses_nothing(tmp_path: Path, chance: Random) -> None:
    async with open_stage(tmp_path, chance) as stage:
        (node,) = stage.nodes
        breaking = asyncio.create_task(stage.troubles.run(0.3))
        for _ in range(4):
            stage.driver.type(50)
            await node.until_said("Started")
            await asyncio.sleep(chance.uniform(0, 2))
            await node.kill()
            await node.start()
        breaking.cancel()
        stage.troubles.end()
        await stage.until_settled()
        await node.stop()
        verdict = judge(await stage.collect())
        assert not verdict.findings
