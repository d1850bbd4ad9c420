"""How fast the bridge is, and how much memory it takes, beside bounds measured in the same run.

Run it as ``python tests/benchmarks/throughput.py``: some six minutes, and never more than seven on
whatever machine; ``throughput.py latency memory`` measures those parts alone. The bridges are real
ones, the portals and the chats run in processes of their own, and all of them on this machine.

accepted: commands committed and acknowledged a second, 32 at once, by a bridge on one core; beside
a bot made of the same library that stores nothing. Whatever was acknowledged is there after a kill.
latency: from an event to the portal's call, ten a second; beside a bot that calls it at once.
drained: 10,000 notifications that were queued before, until their outcome is written down; beside a
loop that sends the same batches, with as many under way.
claimed: taking 50 from a queue of 100,000; beside one of 100.
memory: the most that is ever resident with 100,000 queued, and while they are drained.
growth: one, two and four machines; one, ten and fifty portals.

In the end each goal is told as kept or missed; a missed one is no failure of the run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.measured.accepted import measure_accepted
from tests.benchmarks.measured.claimed import measure_claimed
from tests.benchmarks.measured.drained import measure_drained
from tests.benchmarks.measured.goals import Report
from tests.benchmarks.measured.growth import measure_growth
from tests.benchmarks.measured.latency import measure_latency
from tests.benchmarks.measured.memory import measure_memory

PARTS = {
    "accepted": measure_accepted,
    "latency": measure_latency,
    "drained": measure_drained,
    "claimed": measure_claimed,
    "memory": measure_memory,
    "growth": measure_growth,
}
MOST_SECONDS = 420


def main() -> None:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    names = parser.parse_args().parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error(f"there is no {', '.join(unknown)}")
    report = Report()
    end = time.monotonic() + MOST_SECONDS
    for name in names:
        began = time.monotonic()
        print(f"{name}:", flush=True)
        try:
            asyncio.run(asyncio.wait_for(PARTS[name](report), end - began))
        except TimeoutError:
            report.tell("stopped: the time is over")
        report.tell(f"({time.monotonic() - began:.0f} s)")
    report.conclude()


if __name__ == "__main__":
    main()
