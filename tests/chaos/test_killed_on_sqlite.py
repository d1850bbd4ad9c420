"""One machine with an SQLite file, killed again and again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.chaos.ordeal import Ordeal, describe, undergo
from tests.chaos.scenery import open_stage

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

SHORT = Ordeal(commands=200, kills=4)
LONG = Ordeal(commands=2_000, kills=20)


@pytest.mark.parametrize(
    "ordeal",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(LONG, id="long", marks=pytest.mark.chaos),
    ],
)
@pytest.mark.timeout(1800)
async def test_whoever_kills_the_bridge_loses_nothing(
    ordeal: Ordeal, tmp_path: Path, chance: Random
) -> None:
    async with open_stage(tmp_path, chance) as stage:
        outcome = await undergo(ordeal, stage, chance)
    sys.stdout.write(describe(ordeal, stage, outcome))
    assert not [*outcome.at_closed_doors.findings, *outcome.in_the_end.findings]
    assert outcome.at_closed_doors.waiting
    assert outcome.in_the_end.shown > ordeal.commands / 2
