"""Counts work instead of seconds, which depend on what else the machine does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def count_work(work: Callable[[], object]) -> int:
    """Count the lines that are run and the functions that are called.

    What happens within one call of a library is not seen, a search by a pattern in particular.
    """
    count = 0

    def tally(*_: object) -> Any:
        nonlocal count
        count += 1
        return tally

    traced, profiled = sys.gettrace(), sys.getprofile()
    sys.settrace(tally)
    sys.setprofile(tally)
    try:
        work()
    finally:
        sys.setprofile(profiled)
        sys.settrace(traced)
    return count
