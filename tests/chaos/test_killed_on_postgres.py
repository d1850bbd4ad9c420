"""Three machines on one PostgreSQL: some are killed again and again, and one is frozen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.chaos.ordeal import Ordeal, describe, undergo
from tests.chaos.scenery import open_stage

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.postgres import TestServer

SHORT = Ordeal(commands=200, kills=3, freezes=(12,))
LONG = Ordeal(commands=2_000, kills=20, freezes=(60, 12, 12, 12))


@pytest.mark.parametrize(
    "ordeal",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(LONG, id="long", marks=pytest.mark.chaos),
    ],
)
@pytest.mark.timeout(1800)
async def test_whoever_kills_and_freezes_machines_loses_nothing(
    ordeal: Ordeal, tmp_path: Path, chance: Random, postgres: TestServer
) -> None:
    with postgres.database() as url:
        async with open_stage(tmp_path, chance, database_url=url, nodes=3) as stage:
            outcome = await undergo(ordeal, stage, chance)
    sys.stdout.write(describe(ordeal, stage, outcome))
    assert not [*outcome.at_closed_doors.findings, *outcome.in_the_end.findings]
    assert outcome.at_closed_doors.waiting
    assert outcome.in_the_end.shown > ordeal.commands / 2
