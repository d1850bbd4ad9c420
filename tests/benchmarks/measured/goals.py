"""What is promised of speed and memory, and whether it is kept."""

from __future__ import annotations

from msgspec import Struct


class Goal(Struct, frozen=True):
    """A figure that is to be reached, or not to be exceeded.

    Attributes:
        figure: where the line is.
        unit: of the figure.
        is_most: whether the figure is the most that may be, not the least.
    """

    figure: float
    unit: str
    is_most: bool = False

    def is_kept(self, measured: float) -> bool:
        """Tell whether what was measured reaches it; what is no number never does."""
        return measured <= self.figure if self.is_most else measured >= self.figure


ACCEPTED = Goal(500, "commands/s")
DRAINED = Goal(2_000, "notifications/s")
LATENCY = Goal(15, "ms", is_most=True)
MEMORY = Goal(150, "MB", is_most=True)
CLAIMING = Goal(2, "× of 100", is_most=True)


class Report:
    """Prints figures as they come, and in the end how each goal fares."""

    def __init__(self) -> None:
        self._judged: list[str] = []

    def judge(self, what: str, goal: Goal, measured: float, beside: str = "") -> None:
        """Print a figure, and keep it beside its goal for the end."""
        self.tell(f"{what}: {measured:,.1f} {goal.unit}{beside and f'; {beside}'}")
        verdict = "kept  " if goal.is_kept(measured) else "MISSED"
        line = "at most" if goal.is_most else "at least"
        self._judged.append(
            f"  {verdict}  {what:58} {measured:9,.1f}  {line} {goal.figure:,g} {goal.unit}"
        )

    def tell(self, line: str) -> None:
        """Print a figure that no goal is set for."""
        print(f"  {line}", flush=True)

    def conclude(self) -> None:
        """Print all goals."""
        print("Goals:", *self._judged, sep="\n")
