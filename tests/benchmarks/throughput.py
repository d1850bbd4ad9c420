"""How fast the bridge is, and how much memory it takes, beside bounds measured in the same run."""

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


def main() -> None:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    report = Report()
    for name in parser.parse_args().parts or PARTS:
        began = time.monotonic()
        print(f"{name}:", flush=True)
        asyncio.run(PARTS[name](report))
        report.tell(f"({time.monotonic() - began:.0f} s)")
    report.conclude()


if __name__ == "__main__":
    main()
